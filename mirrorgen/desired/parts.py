"""Parts of a list: how many there may be."""

from __future__ import annotations

MAX_PARTS = 1000
"""More machines than any list needs; every number of parts from outside is held against it before it is counted to."""
