"""How many examples a test that makes them up looks at: few in every run, many in `make soak`."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("SOAK", "1"))
"""As many times the usual number."""

TEXTS = int(os.environ.get("TEXTS", "100000"))
"""Hostile ones, for each medium that they are written into."""

SCENARIOS = int(os.environ.get("SCENARIOS", "1000"))
"""Of the audit."""


def examples(usual: int) -> int:
    """Return how many there are in this run."""
    return usual * TIMES
