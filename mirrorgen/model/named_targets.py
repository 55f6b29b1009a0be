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


@dataclass(frozen=True, slots=True)
class Claim:
    """What makes a target take an entry.

    Attributes:
        labels: that the entry needs for it.
        others: targets that take it then, too.
    """

    labels: tuple[str, ...] = ()
    others: tuple[NamedTarget, ...] = ()


def claim(targets: Sequence[NamedTarget], name: str, image: Image) -> Claim | None:
    """Return how one of several targets takes an entry, as few others as possible with it.

    Args:
        targets: of the list; none where it has one alone, which takes everything.
        name: of the one.
        image: the entry, without labels.

    Returns:
        None where it takes it with no label.
    """
    if not targets:
        return Claim()
    asking = next(named for named in targets if named.name == name)
    ways = [replace(image, labels=labels) for labels in ((), *((label,) for label in asking.share.labels))]
    claims = [
        Claim(way.labels, tuple(named for named in targets if named is not asking and named.share.takes(way)))
        for way in ways
        if asking.share.takes(way)
    ]
    return min(claims, key=lambda found: len(found.others), default=None)


def names_of(targets: Iterable[NamedTarget]) -> str:
    """Return the names of targets, for a sentence."""
    return ", ".join(named.name for named in targets)
