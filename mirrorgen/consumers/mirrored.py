"""Whether a list mirrors what somebody names, and what that is called in the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from mirrorgen.desired.state import DesiredState
from mirrorgen.model.images import Entry
from mirrorgen.model.references import Reference, Source, parse_reference
from mirrorgen.model.tags import passes, settled_digest
from mirrorgen.model.targets import Target
from mirrorgen.problems import Problem

LATEST = "latest"
"""The tag of a reference that has neither tag nor digest."""

_NO_LOCK = "run `mirrorgen lock`, which writes down the digests"


class Lack(StrEnum):
    """Why an image is not mirrored, as one of few words."""

    NAME = "name"
    SOURCE = "source"
    TAG = "tag"
    DIGEST = "digest"
    UNKNOWN_DIGEST = "unknown-digest"
    PLATFORM = "platform"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Copy:
    """One place in the target where the list puts an image.

    Attributes:
        host: of the target.
        repository: its name there.
        tag: under which it is there.
        entry: of the list, that brings it.
        digest: what the tag names there for good; None where that is not settled, or not known before it is copied.
        doubt: why the list alone cannot promise it, a sentence without a final stop; nothing where it can.
    """

    host: str
    repository: str
    tag: str
    entry: Entry
    digest: str | None = None
    doubt: str = ""

    @property
    def name(self) -> str:
        """The repository with its host."""
        return f"{self.host}/{self.repository}"

    @property
    def reference(self) -> str:
        """What it is called in the target, by its tag."""
        return f"{self.name}:{self.tag}"

    @property
    def pinned(self) -> str:
        """What it is called in the target, with the digest behind the tag where that is settled."""
        return f"{self.reference}@{self.digest}" if self.digest else self.reference

    @property
    def original(self) -> str:
        """What it is called upstream: by its digest where upstream need not have the tag."""
        given = self.entry.rule.digests.get(self.tag)
        return f"{self.entry.source}@{given}" if given else f"{self.entry.source}:{self.tag}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a list says of an image that somebody names.

    Attributes:
        copies: where it is in the target, what the list can promise first, then by name; several where the list brings
            the source into several repositories; none where it is not mirrored.
        lack: why it is not mirrored; None where it is.
        reason: the same as a sentence without a final stop.
        hint: what to do, or nothing.
    """

    copies: tuple[Copy, ...] = ()
    lack: Lack | None = None
    reason: str = ""
    hint: str = ""

    @property
    def is_mirrored(self) -> bool:
        """Whether the list brings it into the target."""
        return bool(self.copies)

    @property
    def copy(self) -> Copy:
        """The one to use, where it is mirrored."""
        return self.copies[0]


@dataclass(frozen=True, slots=True)
class MirroredSource:
    """An upstream repository, and one in the target that the list brings tags of it into.

    Attributes:
        host: of the target.
        repository: its name there.
        entry: of the list, that brings them.
    """

    host: str
    repository: str
    entry: Entry

    @property
    def source(self) -> Source:
        """The upstream repository."""
        return self.entry.source

    @property
    def name(self) -> str:
        """The repository in the target with its host."""
        return f"{self.host}/{self.repository}"


@dataclass(frozen=True)
class Mirror:
    """What a list brings into its target, by the names of both sides.

    Attributes:
        target: the registry, with everything filled in that the list leaves out.
        sources: every upstream repository of the list, by its name; with the repositories of the target that tags of it
            are brought into, by name.
    """

    target: Target
    sources: Mapping[Source, tuple[MirroredSource, ...]]
    _known: dict[int, _Tags] = field(default_factory=dict, repr=False, compare=False)

    @property
    def host(self) -> str:
        """The host of the target."""
        return self.target.host

    def is_at(self, source: Source) -> bool:
        """Whether a repository is one of the target, by any name that the target has."""
        return self.target.is_called(source.host)

    def resolve(self, text: str) -> Finding:
        """Say the same as `find` of what somebody wrote; what names no image is not mirrored."""
        reference = parse_reference(text)
        if isinstance(reference, Problem):
            return Finding(lack=Lack.NAME, reason=reference.message, hint=reference.hint)
        return self.find(reference)

    def resolve_back(self, text: str) -> Finding:
        """Say the same of what somebody wrote who names the target: `Copy.original` is what it is upstream."""
        reference = parse_reference(text)
        if isinstance(reference, Reference) and not self.is_at(reference.source):
            return Finding(lack=Lack.SOURCE, reason=f"it does not name the target, {self.host}")
        return self.resolve(text)

    def find(self, reference: Reference) -> Finding:
        """Say whether an image is mirrored, and where.

        A digest counts more than the tag before it, as for those who pull. What is named by its place in the target is
        mirrored if the list puts it there.
        """
        both = (*self.sources.get(reference.source, ()), *self._in_target(reference.source))
        brought = {(each.repository, each.entry.image.index): each for each in both}.values()
        if not brought:
            return self._unlisted(reference)
        copies = [copy for each in brought if (copy := self._copy(each, reference))]
        if copies:
            return Finding(tuple(sorted(copies, key=lambda copy: (bool(copy.doubt), copy.repository))))
        return _why_not(reference, [each.entry for each in brought])

    def others_in(self, brought: MirroredSource) -> list[Source]:
        """Return the other upstream repositories whose tags are in the same one of the target, sorted."""
        return sorted({each.source for each in self._repositories[brought.repository]} - {brought.source})

    @cached_property
    def _repositories(self) -> Mapping[str, tuple[MirroredSource, ...]]:
        found: dict[str, tuple[MirroredSource, ...]] = {}
        for brought in self.sources.values():
            for each in brought:
                found[each.repository] = (*found.get(each.repository, ()), each)
        return found

    def _in_target(self, source: Source) -> tuple[MirroredSource, ...]:
        return self._repositories.get(source.path, ()) if self.is_at(source) else ()

    def _copy(self, brought: MirroredSource, reference: Reference) -> Copy | None:
        entry = brought.entry
        tags = self._known.setdefault(entry.image.index, _Tags(entry))
        tag = reference.tag or LATEST
        if reference.digest:
            found = tags.holding(reference.digest, tag)
            if found is None:
                return None
            doubt = "" if tags.settled(found) else f"the tag {found!r} moves, and was locked with this digest"
            return Copy(brought.host, brought.repository, found, entry, reference.digest, doubt)
        if tag in tags.known:
            return Copy(brought.host, brought.repository, tag, entry, tags.settled(tag))
        if entry.is_open and passes(entry.rule, tag):
            return Copy(brought.host, brought.repository, tag, entry, doubt="it fits a rule, which no lock has settled")
        return None

    def _unlisted(self, reference: Reference) -> Finding:
        if self.is_at(reference.source):
            reason = f"the list fills no repository {reference.source.path!r} in {self.host}"
        else:
            reason = f"the list has no entry for {reference.source}"
        return Finding(lack=Lack.SOURCE, reason=reason)


def mirror_of(desired: DesiredState, environ: Mapping[str, str]) -> Mirror:
    """Return what a list brings into its target.

    Args:
        desired: what the list asks for.
        environ: says which registry is meant where the list leaves it open, as for every command.

    Raises:
        UsageError: neither of them says it.
    """
    target = desired.target.named(environ)
    sources: dict[Source, tuple[MirroredSource, ...]] = {}
    for repository, entry in desired.entries:
        each = MirroredSource(target.host, repository.name, entry)
        sources[entry.source] = (*sources.get(entry.source, ()), each)
    return Mirror(target, dict(sorted(sources.items())))


class _Tags:
    """The tags of an entry, to be found by name and by digest."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.known = frozenset(entry.tags)
        self._by_digest: dict[str, list[str]] = {}
        for tag, digest in _digests(entry):
            self._by_digest.setdefault(digest, []).append(tag)

    def settled(self, tag: str) -> str | None:
        """Return what a tag names for good."""
        return settled_digest(self.entry, tag)

    def holding(self, digest: str, preferred: str) -> str | None:
        """Return a tag that a digest is kept under: the preferred one, otherwise one that does not move."""
        tags = self._by_digest.get(digest, [])
        return min(tags, key=lambda tag: (tag != preferred, self.settled(tag) is None, tag), default=None)


def _digests(entry: Entry) -> Iterator[tuple[str, str]]:
    """What the list and its lock say that tags name in the target: nothing of an image that is copied in part."""
    if entry.copying.platform:
        return
    for tag in entry.tags:
        digest = entry.pinned(tag) or entry.locked.get(tag)
        if digest:
            yield tag, digest


def _why_not(reference: Reference, entries: list[Entry]) -> Finding:
    source, tag = entries[0].source, reference.tag or LATEST
    if reference.digest is None:
        reason = f"the list does not ask for the tag {tag!r} of {source}"
        if any(entry.rule.is_open and passes(entry.rule, tag) for entry in entries):
            hint = f"it fits the rule, and the lock does not have it: `mirrorgen lock --update {source}` looks again"
            return Finding(lack=Lack.TAG, reason=reason, hint=hint)
        return Finding(lack=Lack.TAG, reason=reason)
    platforms = {entry.copying.platform for entry in entries if entry.copying.platform}
    if platforms:
        reason = f"of {source} the list copies {' and '.join(sorted(platforms))} alone, which has a digest of its own"
        return Finding(lack=Lack.UNKNOWN_DIGEST, reason=reason, hint="name the image by its tag")
    asked = [entry for entry in entries if tag in entry.tags or (entry.is_open and passes(entry.rule, tag))]
    known = next(filter(None, (entry.pinned(tag) or entry.locked.get(tag) for entry in asked)), None)
    if known:
        reason = f"the list has {tag!r} of {source} with the digest {known}"
        return Finding(lack=Lack.DIGEST, reason=reason)
    if any(not entry.locked for entry in entries):
        reason = f"neither the list nor a lock says which digests are kept of {source}"
        return Finding(lack=Lack.UNKNOWN_DIGEST, reason=reason, hint=_NO_LOCK)
    return Finding(lack=Lack.DIGEST, reason=f"neither the list nor its lock has this digest of {source}")
