"""The steps of a move, each with rights of its own."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """What is done to give images another repository, in this order."""

    CREATE = "create"
    COPY = "copy"
    DESTROY = "destroy"
