"""Pending: what the target lacks of the desired state, or may hold in an old version, and what holds it back.

A gate is one reason to hold tags back before a copy: it lets through what may be copied now, and says why of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Protocol

from mirrorgen.desired.state import DesiredState, Repository
from mirrorgen.destinations.port import Holdings
from mirrorgen.model.images import Entry
from mirrorgen.model.tags import is_moving
from mirrorgen.outcomes import Failure, TagRef


@dataclass(frozen=True, slots=True)
class Pending:
    """What a run has to look at.

    Attributes:
        desired: the desired state, with these tags and no others.
        missing: tags that the target does not have.
        doubtful: tags that the target has, and that upstream may have moved or signed since.
    """

    desired: DesiredState
    missing: tuple[TagRef, ...]
    doubtful: tuple[TagRef, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look at."""
        return not self.desired.repositories

    def without(self, refs: AbstractSet[TagRef]) -> Pending:
        """Return what is left to look at without some tags."""
        if not refs:
            return self
        return Pending(
            reduced(self.desired, lambda repository, tag: TagRef(repository, tag) not in refs),
            tuple(ref for ref in self.missing if ref not in refs),
            tuple(ref for ref in self.doubtful if ref not in refs),
        )


def pending(desired: DesiredState, held: Holdings, *, full: bool = False) -> Pending:
    """Look at what the target lacks and at what may have changed.

    Args:
        desired: the desired state in which every tag is known.
        held: what the target holds, for each of its repositories.
        full: look at every tag.
    """
    missing: list[TagRef] = []
    doubtful: list[TagRef] = []
    for repository in desired.repositories:
        tags = held[repository.name] or {}
        for entry, tag in repository.tagged():
            if tag not in tags:
                missing.append(TagRef(repository.name, tag))
            elif full or _may_differ(entry, tag, tags[tag]):
                doubtful.append(TagRef(repository.name, tag))
    wanted = {*missing, *doubtful}
    return Pending(
        reduced(desired, lambda repository, tag: TagRef(repository, tag) in wanted),
        tuple(sorted(missing)),
        tuple(sorted(doubtful)),
    )


def reduced(desired: DesiredState, is_kept: Callable[[str, str], bool]) -> DesiredState:
    """Return a desired state with some of its tags alone, and the repositories that have any of them.

    Args:
        desired: the desired state in which every tag is known.
        is_kept: tells by repository and tag.
    """
    kept: list[Repository] = []
    for repository in desired.repositories:
        tags = {tag for tag in repository.tags if is_kept(repository.name, tag)}
        if tags:
            kept.append(repository.reduced(tags))
    return replace(desired, repositories=tuple(kept))


def _may_differ(entry: Entry, tag: str, digest: str) -> bool:
    if entry.copying.referrers or entry.copying.digest_tags:
        return True
    pinned = entry.pinned(tag)
    if pinned is not None and entry.copying.platform is None:
        return digest != pinned
    return is_moving(entry.rule, tag)


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
