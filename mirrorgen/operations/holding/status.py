"""Status: what the list asks for, held against what the target holds, tag by tag and setting by setting."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from mirrorgen.consumers.running import InUse
from mirrorgen.desired.state import Repository
from mirrorgen.destinations.port import Destination, Footprint, SettingDifference, StoredImage
from mirrorgen.model.images import Entry
from mirrorgen.model.tags import SIGNATURES, settled_digest
from mirrorgen.model.targets import Target
from mirrorgen.operations.holding.contents import lacking, whole
from mirrorgen.operations.holding.running import Held, Running, consumers_of, running_of, unclear
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.digests import upstream_digests
from mirrorgen.operations.upstream.selecting import Work, prepare
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.problems import Problem


class TagState(StrEnum):
    """How a tag in the target stands to the list."""

    PRESENT = "present"
    MISSING = "missing"
    DIFFERS = "differs"
    ARCHIVED = "archived"
    EXTRA = "extra"


_NOT_AS_ASKED = (TagState.MISSING, TagState.DIFFERS, TagState.ARCHIVED)


@dataclass(frozen=True, slots=True)
class TagStatus:
    """One tag.

    Attributes:
        tag: the tag.
        state: `differs` where the target holds another digest than the lock or upstream, `archived` where nobody can
            pull it.
        source: the upstream repository that it comes from; nothing for an extra tag.
        owner: who answers for it.
        image: what the target holds, with the size and findings of all that it names; None where it is missing.
        wanted_digest: what the target should hold, where that is known.
        expires_by: the lifecycle rule that would remove it at the next evaluation.
        consumers: what runs it; None where nobody said what runs.
    """

    tag: str
    state: TagState
    source: str
    owner: str
    image: StoredImage | None
    wanted_digest: str | None = None
    expires_by: str | None = None
    consumers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RepositoryStatus:
    """One repository of the list.

    Attributes:
        repository: what the list asks for.
        exists: whether the target has it.
        settings: what differs.
        tags: sorted; those of the list, and extra ones.
        untagged: images without a tag that no index names.
        size_bytes: of everything that the repository holds; None where the target does not tell.
    """

    repository: Repository
    exists: bool
    settings: tuple[SettingDifference, ...]
    tags: tuple[TagStatus, ...]
    untagged: int
    size_bytes: int | None

    def of(self, state: TagState) -> tuple[TagStatus, ...]:
        """Return the tags in a state."""
        return tuple(tag for tag in self.tags if tag.state is state)


@dataclass(frozen=True, slots=True)
class Stray:
    """A repository below the target's prefix that the list does not have, and what it weighs."""

    name: str
    footprint: Footprint


@dataclass(frozen=True, slots=True)
class Status:
    """The whole mirror at one moment.

    Attributes:
        at: when it was looked at.
        repositories: sorted by name.
        target: the registry that was looked at.
        strays: repositories below the target's prefix that the list does not have; None where nobody may know.
        failures: what could not be looked at, and rules that select nothing.
        problems: rules that select nothing now, with paths in the list.
        running: what runs, and whether it is held; None where nobody said what runs.
        registry: settings of the registry itself that are not as the list asks.
    """

    at: datetime
    target: Target
    repositories: tuple[RepositoryStatus, ...]
    strays: tuple[Stray, ...] | None
    failures: tuple[Failure, ...]
    problems: tuple[Problem, ...]
    running: tuple[Running, ...] | None = None
    registry: tuple[SettingDifference, ...] = ()

    def count(self, state: TagState) -> int:
        """How many tags are in a state."""
        return sum(len(repository.of(state)) for repository in self.repositories)

    @property
    def has_differences(self) -> bool:
        """Whether the target lacks something that the list asks for, or has it in another form."""
        return bool(
            any(map(self.count, _NOT_AS_ASKED))
            or self.running_without
            or self.registry
            or any(repository.settings or not repository.exists for repository in self.repositories)
        )

    @property
    def running_without(self) -> tuple[Running, ...]:
        """What runs, and is not held, so that it cannot be pulled again."""
        return tuple(running for running in self.running or () if running.held is Held.NO)

    @property
    def expiring(self) -> tuple[TagRef, ...]:
        """Tags of the list that the target's own rules would remove at the next evaluation."""
        return tuple(
            TagRef(repository.repository.name, tag.tag)
            for repository in self.repositories
            for tag in repository.tags
            if tag.expires_by is not None and tag.state is not TagState.EXTRA
        )

    @property
    def is_in_sync(self) -> bool:
        """Whether the target is known to hold what the list asks for; extra tags and strays do not matter."""
        return not (self.has_differences or self.failures)


def read_status(
    runtime: Runtime, *, upstream: bool, findings: bool = False, now: datetime, in_use: InUse | None = None
) -> Status:
    """Hold the list against what the target holds.

    Args:
        runtime: of the list.
        upstream: also compare digests with those of the sources, with a HEAD request for each tag.
        findings: also ask for the result of each image's scan.
        now: the time, for lifecycle rules.
        in_use: what runs; None where nobody said.

    Raises:
        ToolUnusable, ToolFailed, UsageError: nothing can be looked at.
    """
    destination = runtime.destination
    work = prepare(runtime)
    digests, failures = upstream_digests(runtime, _to_compare(work, upstream=upstream))
    wanted = {repository.name: repository.settings for repository in runtime.desired.repositories}
    settings, images = destination.differences(wanted), destination.images(wanted, findings=findings)
    found: list[RepositoryStatus] = []
    unusable: list[Failure] = []
    for repository in work.desired.repositories:
        held = images[repository.name] or ()
        expiring = destination.expiring(repository.settings, held, now=now)
        consumers = None if in_use is None else consumers_of(held, in_use.of(repository.name))
        status = _repository_status(repository, settings[repository.name], held, digests, expiring, consumers)
        found.append(_without_extra(status) if repository.name in work.uncertain else status)
        unusable += _unusable(repository, held)
    registry = destination.registry_differences()
    strays = _strays(destination, {*wanted, *runtime.left_alone})
    failures = (*work.failures, *failures, *unusable, *registry.failures(destination.target.host), *unclear(in_use))
    running = None if in_use is None else tuple(running_of(work.desired.repositories, images, in_use, now=now))
    return Status(now, destination.target, tuple(found), strays, failures, work.problems, running, registry.found)


def _strays(destination: Destination, names: Collection[str]) -> tuple[Stray, ...] | None:
    found = destination.strays(names)
    if found is None:
        return None
    footprints = destination.footprints(found)
    return tuple(Stray(name, footprints[name]) for name in found)


def _repository_status(
    repository: Repository,
    settings: Sequence[SettingDifference] | None,
    images: Sequence[StoredImage],
    upstream: Mapping[TagRef, str],
    expiring: Mapping[str, str],
    consumers: Mapping[str, tuple[str, ...]] | None,
) -> RepositoryStatus:
    by_digest = {image.digest: image for image in images}
    held = {tag: whole(image, by_digest) for image in images for tag in image.tags}
    named = {digest for image in images for digest in image.contains}
    tags = [
        _tag_status(entry, tag, held.get(tag), upstream.get(TagRef(repository.name, tag)), expiring)
        for entry, tag in repository.tagged()
    ]
    wanted = {tag.tag for tag in tags}
    tags += [
        TagStatus(tag, TagState.EXTRA, "", "", image, None, expiring.get(image.digest))
        for tag, image in held.items()
        if tag not in wanted and not _is_signature(repository, tag)
    ]
    sizes = [image.size_bytes for image in images]
    return RepositoryStatus(
        repository=repository,
        exists=settings is not None,
        settings=tuple(settings or ()),
        tags=tuple(sorted((_with_consumers(tag, consumers) for tag in tags), key=lambda tag: tag.tag)),
        untagged=sum(not (image.tags or image.is_archived or image.digest in named) for image in images),
        size_bytes=None if None in sizes else sum(size for size in sizes if size is not None),
    )


def _with_consumers(tag: TagStatus, consumers: Mapping[str, tuple[str, ...]] | None) -> TagStatus:
    if consumers is None:
        return tag
    return replace(tag, consumers=consumers.get(tag.image.digest, ()) if tag.image else ())


def _to_compare(work: Work, *, upstream: bool) -> dict[TagRef, Entry]:
    """Tags of which only where they are read can say what they should be; what the lock has settled stays so.

    That another target has them is asked of it in any case: it is near, and only so is the whole known to be a copy.
    """
    return {
        TagRef(repository.name, tag): entry
        for repository in work.desired.repositories
        for entry, tag in repository.tagged()
        if settled_digest(entry, tag) is None and (upstream or entry.read_from)
    }


def _unusable(repository: Repository, images: Sequence[StoredImage]) -> Iterator[Failure]:
    """Tags that are there, and whose image is not, or not as far as can be seen."""
    by_digest = {image.digest: image for image in images}
    by_tag = {tag: image for image in images if not image.is_archived for tag in image.tags}
    for entry, tag in repository.tagged():
        image = by_tag.get(tag)
        parts = lacking(image, by_digest) if image else ()
        reason = f"its index names {len(parts)} images that are not held, {parts[0]} first" if parts else ""
        reason = reason or (image.trouble if image else "")
        if reason:
            yield entry.failure(TagRef(repository.name, tag), Kind.CORRUPTED, reason)


def _without_extra(status: RepositoryStatus) -> RepositoryStatus:
    """While a rule of the repository is not known, nobody can say of a tag that the list does not ask for it."""
    return replace(status, tags=tuple(tag for tag in status.tags if tag.state is not TagState.EXTRA))


def _is_signature(repository: Repository, tag: str) -> bool:
    come_along = any(entry.copying.referrers or entry.copying.digest_tags for entry in repository.entries)
    return come_along and tag.startswith(SIGNATURES)


def _tag_status(
    entry: Entry, tag: str, image: StoredImage | None, upstream: str | None, expiring: Mapping[str, str]
) -> TagStatus:
    wanted = settled_digest(entry, tag) or upstream
    if image is None:
        return TagStatus(tag, TagState.MISSING, str(entry.source), entry.owner, None, wanted)
    if image.is_archived:
        state = TagState.ARCHIVED
    else:
        state = TagState.DIFFERS if wanted is not None and image.digest != wanted else TagState.PRESENT
    return TagStatus(tag, state, str(entry.source), entry.owner, image, wanted, expiring.get(image.digest))
