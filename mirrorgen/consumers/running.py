"""What runs from the mirror: which of its images somebody's files name, and who runs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mirrorgen.consumers.mirrored import LATEST, Mirror
from mirrorgen.desired.mapping import is_usual_name
from mirrorgen.model.references import Source
from mirrorgen.readers.contract import NamedImage, Reading, Refusal

_Key = tuple[str, str | None, str | None]
"""Repository, tag and digest of what runs."""


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """An image of the target that runs.

    Attributes:
        repository: in the target.
        tag: by which it is pulled; None where it is pulled by its digest.
        digest: by which it is pulled, or that it runs with; None where that is not known.
        consumers: what runs it, sorted, each once.
    """

    repository: str
    tag: str | None
    digest: str | None
    consumers: tuple[str, ...]

    @property
    def image(self) -> str:
        """The image within the target, as people name it."""
        return f"{self.repository}:{self.tag}" if self.tag else f"{self.repository}@{self.digest}"


@dataclass(frozen=True, slots=True)
class InUse:
    """What runs.

    Attributes:
        uses: sorted; also of tags, and of repositories of the registry, that the list does not ask for.
        upstream: what runs by its name upstream, by its source, whatever the list has of it; `repository` is empty.
        elsewhere: how many images run that are from nowhere there.
        refused: what could not be understood, so that it may be an image of the target.
    """

    uses: tuple[Use, ...]
    upstream: Mapping[Source, tuple[Use, ...]] = field(default_factory=dict)
    elsewhere: int = 0
    refused: tuple[Refusal, ...] = ()

    @property
    def unclear(self) -> str:
        """What could not be understood, as a sentence; nothing where all could."""
        if not self.refused:
            return ""
        first, more = self.refused[0], len(self.refused) - 1
        said = f"{first.place}: {first.written!r}: {first.reason}"
        return f"what runs is not known of all: {said}{f', and {more} more' if more else ''}"

    def of(self, repository: str) -> tuple[Use, ...]:
        """Return what runs of a repository."""
        return tuple(use for use in self.uses if use.repository == repository)

    def perhaps_of(self, repository: str) -> Iterator[tuple[Source, Use]]:
        """Yield what may run of a repository by a name upstream that the list has had, or has elsewhere by now."""
        for source, uses in self.upstream.items():
            if is_usual_name(repository, source):
                yield from ((source, replace(use, repository=repository)) for use in uses)


def in_use(readings: Iterable[Reading], mirror: Mirror) -> InUse:
    """Find the images of a mirror among those that files name.

    An image is of the target by its place there, or by its name upstream, since a node may be told to pull that from
    the mirror.

    Args:
        readings: of files that say what runs.
        mirror: of the list.
    """
    consumers: dict[_Key, set[str]] = {}
    upstream: dict[Source, dict[_Key, set[str]]] = {}
    refused: list[Refusal] = []
    elsewhere = 0
    for reading in readings:
        refused += reading.refused
        for image in reading.images:
            repositories, consumer = _repositories(image, mirror), image.consumer or str(image.place)
            tag = None if image.digest else image.tag or LATEST
            pulled = (tag, image.digest or image.running)
            if not mirror.is_at(image.source):
                upstream.setdefault(image.source, {}).setdefault(("", *pulled), set()).add(consumer)
            elsewhere += not repositories
            for name in repositories:
                consumers.setdefault((name, *pulled), set()).add(consumer)
    named = {source: _uses(found) for source, found in sorted(upstream.items())}
    return InUse(_uses(consumers), named, elsewhere, tuple(refused))


def _uses(consumers: Mapping[_Key, set[str]]) -> tuple[Use, ...]:
    return tuple(sorted((Use(*key, tuple(sorted(names))) for key, names in consumers.items()), key=_order))


def _order(use: Use) -> tuple[str, str, str]:
    return use.repository, use.tag or "", use.digest or ""


def _repositories(image: NamedImage, mirror: Mirror) -> Sequence[str]:
    if mirror.is_at(image.source):
        return (image.source.path,)
    return sorted({each.repository for each in mirror.sources.get(image.source, ())})
