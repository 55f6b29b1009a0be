"""Pending: what ECR lacks of the desired state, or may hold in an old version. The rest need not be looked at."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from mirrorgen.desired.state import DesiredState, Repository
from mirrorgen.destinations.ecr.api import Holdings
from mirrorgen.model.tags import is_moving
from mirrorgen.operations.copying.work import TagRef


@dataclass(frozen=True, slots=True)
class Pending:
    """What a run has to look at.

    Attributes:
        desired: the desired state, with these tags and no others.
        missing: tags that ECR does not have.
        doubtful: tags that ECR has, and that upstream may have moved or signed since.
    """

    desired: DesiredState
    missing: tuple[TagRef, ...]
    doubtful: tuple[TagRef, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look at."""
        return not self.desired.repositories


def everything(desired: DesiredState, held: Holdings) -> Pending:
    """Look at every tag."""
    refs = [TagRef(one.name, tag) for one in desired.repositories for tag in one.tags]
    missing = tuple(ref for ref in refs if ref.tag not in (held[ref.repository] or {}))
    there = tuple(ref for ref in refs if ref.tag in (held[ref.repository] or {}))
    return Pending(desired, missing, there)


def pending(desired: DesiredState, held: Holdings) -> Pending:
    """Look at what ECR lacks and at what may have changed.

    Args:
        desired: the desired state in which every tag is known.
        held: what ECR holds, for each of its repositories.
    """
    missing: list[TagRef] = []
    doubtful: list[TagRef] = []
    kept: list[Repository] = []
    for repository in desired.repositories:
        tags = held[repository.name] or {}
        absent = [tag for tag in repository.tags if tag not in tags]
        unsure = [tag for tag in repository.tags if tag in tags and _may_differ(repository, tag, tags[tag])]
        missing += [TagRef(repository.name, tag) for tag in absent]
        doubtful += [TagRef(repository.name, tag) for tag in unsure]
        if absent or unsure:
            kept.append(reduced(repository, {*absent, *unsure}))
    return Pending(replace(desired, repositories=tuple(kept)), tuple(missing), tuple(doubtful))


def restricted(todo: Pending, without: AbstractSet[TagRef]) -> Pending:
    """Return what is left to look at without some tags."""
    if not without:
        return todo
    kept = []
    for repository in todo.desired.repositories:
        tags = {tag for tag in repository.tags if TagRef(repository.name, tag) not in without}
        if tags:
            kept.append(reduced(repository, tags))
    desired = replace(todo.desired, repositories=tuple(kept))
    return Pending(desired, tuple(ref for ref in todo.missing if ref not in without), todo.doubtful)


def _may_differ(repository: Repository, tag: str, digest: str) -> bool:
    copying = repository.copying
    if copying.referrers or copying.digest_tags:
        return True
    if tag in repository.pinned and copying.platform is None:
        return digest != repository.pinned[tag]
    return is_moving(repository.rule, tag)


def reduced(repository: Repository, tags: set[str]) -> Repository:
    """Return a repository with some of its tags alone."""
    digests = {tag: digest for tag, digest in repository.digests.items() if tag in tags}
    return replace(repository, tags=tuple(tag for tag in repository.tags if tag in tags), digests=digests)
