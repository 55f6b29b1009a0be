"""Several targets of one list: what each takes of it, and where it reads that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mirrorgen.model.targets import Target

if TYPE_CHECKING:
    from mirrorgen.model.images import Image


@dataclass(frozen=True, slots=True)
class Share:
    """Which entries of a list a target takes; all of them where nothing is said.

    Attributes:
        sources: wildcard patterns, of which one must match the source.
        labels: of which the entry must have one.
    """

    sources: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def takes(self, image: Image) -> bool:
        """Whether the target takes an entry."""
        if not (self.sources or self.labels):
            return True
        return any(fits_source(image, pattern) for pattern in self.sources) or bool({*self.labels} & {*image.labels})


@dataclass(frozen=True, slots=True)
class NamedTarget:
    """One of several targets of a list.

    Attributes:
        target: the registry, which knows the name.
        share: which entries it takes.
        reads_first: whether what the first target of the list holds is read there, and not upstream.
    """

    target: Target
    share: Share = Share()
    reads_first: bool = False

    @property
    def name(self) -> str:
        """What the list calls it."""
        return self.target.list_name


def fits_source(image: Image, pattern: str) -> bool:
    """Whether a wildcard pattern matches the source of an entry."""
    return fnmatchcase(str(image.source), pattern)


def claimed_alone(targets: Sequence[NamedTarget], name: str, image: Image) -> tuple[str, ...] | str:
    """Return the labels with which one of several targets takes an entry, and none of the others does.

    Args:
        targets: of the list.
        name: of the one; anything where the list has no such targets, since then nobody else takes an entry.
        image: the entry, without labels.

    Returns:
        No labels where it needs none; why no labels do it, a sentence without a final stop.
    """
    one = next((named for named in targets if named.name == name), None)
    if one is None:
        return ()
    ways = [replace(image, labels=labels) for labels in ((), *((label,) for label in one.share.labels))]
    taken = [way for way in ways if one.share.takes(way)]
    if not taken:
        return f"{name} takes no entry of {image.source}: no pattern of its `images.sources` fits"
    others = [[named for named in targets if named is not one and named.share.takes(way)] for way in taken]
    alone = [way.labels for way, takers in zip(taken, others, strict=True) if not takers]
    if alone:
        return alone[0]
    fewest = min(others, key=len)
    return f"{names_of(fewest)} would take its entry, too, and be asked for the repository"


def names_of(targets: Iterable[NamedTarget]) -> str:
    """Return the names of targets, for a sentence."""
    return ", ".join(named.name for named in targets)
