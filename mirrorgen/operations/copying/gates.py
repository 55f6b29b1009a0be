"""Gates: what holds tags back before a copy. Each lets through what may be copied now, and says why of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mirrorgen.operations.copying.pending import Pending
from mirrorgen.outcomes import Failure


class Gate(Protocol):
    """One reason to hold tags back."""

    def __call__(self, todo: Pending) -> tuple[Pending, tuple[Failure, ...]]:
        """Return what is left to look at, and a failure for each tag that is held back."""


def pass_gates(todo: Pending, gates: Sequence[Gate]) -> tuple[Pending, tuple[Failure, ...]]:
    """Let pending tags through one gate after the other."""
    held_back: list[Failure] = []
    for gate in gates:
        todo, failures = gate(todo)
        held_back += failures
    return todo, tuple(held_back)
