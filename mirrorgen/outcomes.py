"""What comes of asking, copying and comparing: tags, failures with their kind, and the exit code of it all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any


class ExitCode(IntEnum):
    """Every exit code of the program; the table in docs/cli.md is checked against this class."""

    OK = 0
    PROBLEMS = 1
    USAGE = 2
    DIFFERENT = 3
    TOOL_UNUSABLE = 4
    FAILED = 5
    BUG = 70
    INTERRUPTED = 130


class Kind(StrEnum):
    """Why a tag is not mirrored, as one of few words; docs/reliability.md has a row for each."""

    NOT_UPSTREAM = "not-upstream"
    NO_REPOSITORY = "no-repository"
    UNMANAGED = "unmanaged"
    UNAUTHORIZED = "unauthorized"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    OVER_BUDGET = "over-budget"
    RATE_LIMITED = "rate-limited"
    UNAVAILABLE = "unavailable"
    CORRUPTED = "corrupted"
    NOT_AS_LOCKED = "not-as-locked"
    DIFFERS = "differs"
    RULE = "rule"
    OTHER = "other"


RETRYABLE = frozenset({Kind.RATE_LIMITED, Kind.UNAVAILABLE, Kind.CORRUPTED})
"""What may be gone after a while; a refusal is not."""


@dataclass(frozen=True, slots=True, order=True)
class TagRef:
    """A tag in a target repository; without `tag`, the whole repository."""

    repository: str
    tag: str = ""

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}" if self.tag else self.repository

    def document(self) -> dict[str, Any]:
        """Return the tag as it stands in JSON."""
        return {"repository": self.repository, "tag": self.tag}


@dataclass(frozen=True, slots=True)
class Failure:
    """Something asked for that could not be done or looked at.

    Attributes:
        ref: the tag, or the repository, that it concerns.
        kind: given where the failure is noticed, and never read back from `reason`.
        reason: a sentence, or the words of a tool.
        owner: who answers for the image.
        source: the upstream repository, where one is concerned.
    """

    ref: TagRef
    kind: Kind
    reason: str
    owner: str = ""
    source: str = ""

    def document(self) -> dict[str, Any]:
        """Return the failure as it stands in JSON, in every command."""
        return {
            **self.ref.document(),
            "source": self.source,
            "kind": str(self.kind),
            "reason": self.reason,
            "owner": self.owner,
        }


_EXIT_CODES: Mapping[Kind, ExitCode] = {Kind.RULE: ExitCode.PROBLEMS}
"""A rule that chooses nothing is a mistake in the list; whatever else fails, images are not there."""

_WORST_FIRST = (ExitCode.FAILED, ExitCode.TOOL_UNUSABLE, ExitCode.USAGE, ExitCode.PROBLEMS, ExitCode.DIFFERENT)


def exit_code(
    failures: Iterable[Failure] = (), *, has_problems: bool = False, has_differences: bool = False
) -> ExitCode:
    """Return the exit code of a command: the same fact has the same code in each, and the worst one counts.

    Args:
        failures: what could not be done or looked at.
        has_problems: whether something in the list is wrong.
        has_differences: whether something is not as the list asks.
    """
    found = {_EXIT_CODES.get(failure.kind, ExitCode.FAILED) for failure in failures}
    if has_problems:
        found.add(ExitCode.PROBLEMS)
    if has_differences:
        found.add(ExitCode.DIFFERENT)
    return worst(found)


def worst(codes: Collection[ExitCode]) -> ExitCode:
    """Return the exit code of several things of which each has its own."""
    return next((code for code in _WORST_FIRST if code in codes), ExitCode.OK)
