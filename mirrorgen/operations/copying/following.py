"""Following: the gate before repositories from which ECR replicates to where Terraform has not made them yet."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorgen.operations.copying.evidence import brought
from mirrorgen.operations.copying.pending import Pending
from mirrorgen.operations.followers import unready
from mirrorgen.operations.runtime import Runtime
from mirrorgen.outcomes import Failure, Kind


@dataclass(frozen=True, slots=True)
class Following:
    """Holds back what would be replicated into a repository that is not there; with nothing to copy nobody is asked.

    Attributes:
        runtime: of the target that is filled.
    """

    runtime: Runtime

    def __call__(self, todo: Pending) -> tuple[Pending, tuple[Failure, ...]]:
        """Return what is left to look at, and a failure for each tag that is held back."""
        waiting = unready(self.runtime, [repository.name for repository in todo.desired.repositories])
        held_back = tuple(
            entry.failure(ref, Kind.NO_REPOSITORY, waiting[ref.repository])
            for ref, entry in brought(todo.desired).items()
            if ref.repository in waiting
        )
        return todo.without({failure.ref for failure in held_back}), held_back
