"""A small world: upstream registries and one ECR, what fails in them, and what others change in them meanwhile.

Time is counted in requests: what is to change at a moment changes before the request of that number is answered. Only
regsync and regctl make time pass, so that what ECR lists last is what it holds when a run has ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

AMD64, ARM64 = "linux/amd64", "linux/arm64"
INDEXES: Mapping[int, tuple[str, ...]] = {1: (AMD64, ARM64), 3: (AMD64, ARM64), 5: (AMD64, ARM64), 7: (ARM64,)}
"""Images of several platforms, by number. Those of even numbers are of one, and 9 is of a type nobody can copy."""

NUMBERS = (1, 2, 3, 4, 5, 7, 9)
STRANGE = 9

_STATUS = {403: "unauthorized", 404: "not found", 429: "rate limit exceeded"}


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def children(name: str) -> Mapping[str, str]:
    """Digest by platform of what an index names; empty for anything else."""
    number = int(name.removeprefix("sha256:"), 16)
    return {platform: digest(number * 256 + place) for place, platform in enumerate(INDEXES.get(number, ()))}


def media_type(name: str) -> str:
    if name == digest(STRANGE):
        return "application/x-strange"
    return f"application/vnd.oci.image.{'index' if children(name) else 'manifest'}.v1+json"


def for_platform(name: str, platform: str | None) -> str | None:
    """What is copied of an image where one platform is wanted; None where it is not there."""
    parts = children(name)
    return parts.get(platform) if platform and parts else name


class Refusal(Exception):
    """An answer that is an error, in regclient's words (internal/reghttp/http.go)."""

    def __init__(self, code: int, words: str = "") -> None:
        said = _STATUS.get(code, "unexpected http status code")
        super().__init__(f"request failed: {said} [http {code}]{words and ': ' + words}")
        self.code = code


@dataclass(frozen=True)
class Fault:
    """What goes wrong with requests of a kind at a place, from the `first` of them on, so many `times`."""

    kind: str
    where: str
    first: int = 1
    times: int = 1
    detail: int | str = 0


class Change(Protocol):
    """What others do, just before the request of the number `at`."""

    @property
    def at(self) -> int: ...

    def happen(self, world: World) -> None: ...


@dataclass(frozen=True)
class UpstreamMoves:
    """A tag names another image upstream; none where `number` is 0."""

    at: int
    source: str
    tag: str
    number: int

    def happen(self, world: World) -> None:
        tags = world.upstream[self.source]
        tags.pop(self.tag, None)
        if self.number:
            tags[self.tag] = self.number


@dataclass(frozen=True)
class EcrMoves:
    """Somebody else pushes a tag to ECR, or deletes it where `number` is 0."""

    at: int
    repository: str
    tag: str
    number: int

    def happen(self, world: World) -> None:
        shelf = world.shelves.get(self.repository)
        if shelf:
            shelf.tags.pop(self.tag, None)
            if self.number:
                shelf.put(self.tag, digest(self.number))


@dataclass(frozen=True)
class EcrArchives:
    """ECR archives the image of a tag."""

    at: int
    repository: str
    tag: str

    def happen(self, world: World) -> None:
        shelf = world.shelves.get(self.repository)
        if shelf and self.tag in shelf.tags:
            shelf.archived.add(shelf.tags[self.tag])


@dataclass(frozen=True)
class RepositoryGoes:
    """Somebody deletes a repository of ECR."""

    at: int
    repository: str

    def happen(self, world: World) -> None:
        world.shelves.pop(self.repository, None)


@dataclass
class Shelf:
    """A repository of ECR: its tags, all its images with their age in days, and those that are archived."""

    tags: dict[str, str] = field(default_factory=dict)
    images: dict[str, int] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)
    immutable: bool = False

    def put(self, reference: str, name: str, *, days_old: int = 0) -> None:
        for part in (name, *children(name).values()):
            self.images.setdefault(part, days_old)
        if not reference.startswith("sha256:"):
            self.tags[reference] = name

    def active(self) -> dict[str, str]:
        """Digest by tag of what can be pulled."""
        return {tag: name for tag, name in self.tags.items() if name not in self.archived}


@dataclass
class World:
    """Everything, and what has come to pass in it.

    Attributes:
        upstream: number of the image by tag, by source.
        shelves: the repositories of ECR.
        faults, changes: what goes wrong, and what others do.
        fired: faults and changes that have come to pass.
        told: digests that upstream has given for a tag, to the last program that asked; none where it had no such tag.
        listed: tags in the last listing of a source; None where it could not be listed.
        acknowledged: repository and tag of each push that ECR said it has taken.
        pulls: GET requests for manifests, by upstream registry.
        denied: source and tag of each question that upstream answered with `not found`.
    """

    upstream: dict[str, dict[str, int]]
    shelves: dict[str, Shelf]
    faults: tuple[Fault, ...] = ()
    changes: tuple[Change, ...] = ()
    now: int = 0
    program: int = 0
    fired: list[Fault | Change] = field(default_factory=list)
    told: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    listed: dict[str, list[frozenset[str] | None]] = field(default_factory=dict)
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    denied: set[tuple[str, str]] = field(default_factory=set)
    pulls: Counter[str] = field(default_factory=Counter)
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _asked_by: dict[tuple[str, str], int] = field(default_factory=dict)

    def calm(self) -> None:
        """Let nothing go wrong any more."""
        self.faults, self.changes = (), ()

    def forget(self) -> None:
        """Begin another run: what was told before counts no more."""
        for record in (self.fired, self.told, self.listed, self.acknowledged, self.denied, self.pulls):
            record.clear()

    def pass_time(self) -> None:
        self.now += 1
        for change in self.changes:
            if change.at == self.now:
                self.fired.append(change)
                change.happen(self)

    def fault(self, kind: str, where: str) -> Fault | None:
        """Count a request, and return what goes wrong with it."""
        key = (kind, where)
        count = self._counts[key] = self._counts.get(key, 0) + 1
        for fault in self.faults:
            if (fault.kind, fault.where) == key and fault.first <= count < fault.first + fault.times:
                self.fired.append(fault)
                return fault
        return None

    def has_fired(self, kinds: Iterable[str]) -> bool:
        return any(isinstance(event, Fault) and event.kind in kinds for event in self.fired)

    def list_upstream(self, source: str) -> list[str]:
        self.pass_time()
        seen = self.listed.setdefault(source, [])
        failing = self.fault("list-fails", source)
        if failing:
            seen.append(None)
            raise Refusal(int(failing.detail))
        tags = sorted(self.upstream[source])
        if self.fault("list-empty", source):
            tags = []
        omitting = self.fault("list-omits", source)
        tags = [tag for tag in tags if not (omitting and tag == omitting.detail)]
        seen.append(frozenset(tags))
        return tags

    def ask_upstream(self, source: str, reference: str, *, pull: bool = False) -> str:
        """Return the digest of a tag or digest, as a HEAD request would, or a pull."""
        self.pass_time()
        self.pulls[source.partition("/")[0]] += pull
        key = (source, reference)
        if self._asked_by.get(key) != self.program:
            self._asked_by[key] = self.program
            self.told[key] = set()
        failing = self.fault("pull-fails" if pull else "head-fails", f"{source}:{reference}")
        if failing:
            raise Refusal(int(failing.detail))
        if reference.startswith("sha256:"):
            return reference
        number = self.upstream[source].get(reference)
        if number is None:
            self.denied.add(key)
            raise Refusal(404)
        self.told[key].add(digest(number))
        return digest(number)

    def ask_for_referrers(self, source: str) -> None:
        """Answer that nothing is known to refer to an image: there is no such list, and no tag in its place."""
        self.pass_time()
        self.pulls[source.partition("/")[0]] += 1

    def ask_ecr(self, repository: str, reference: str) -> str:
        """Answer a HEAD request, which may come from a cache."""
        self.pass_time()
        where = f"{repository}:{reference}"
        if self.fault("ecr-head-fails", where):
            raise Refusal(500)
        stale = self.fault("ecr-head-stale", where)
        if stale:
            return digest(int(stale.detail))
        shelf = self.shelves.get(repository)
        name = reference if reference.startswith("sha256:") else (shelf.tags.get(reference) if shelf else None)
        if shelf is None or name is None or name not in shelf.images or name in shelf.archived:
            raise Refusal(404)
        return name

    def push(self, repository: str, reference: str, name: str) -> None:
        self.pass_time()
        where = f"{repository}:{reference}"
        failing = self.fault("push-fails", where)
        if failing:
            raise Refusal(int(failing.detail))
        shelf = self.shelves.get(repository)
        if shelf is None:
            raise Refusal(404, f"The repository with name '{repository}' does not exist in the registry")
        if shelf.immutable and shelf.tags.get(reference, name) != name:
            raise Refusal(400, f"the tag {reference} already exists in the repository and is immutable")
        if name in shelf.archived:
            raise Refusal(400, "the image is archived")
        if not self.fault("push-lost", where):
            shelf.put(reference, name)
        self.acknowledged.add((repository, reference))
