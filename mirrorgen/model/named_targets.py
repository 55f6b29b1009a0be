"""Several targets of one list: what each takes of it, and where it reads that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


def names_of(targets: Iterable[NamedTarget]) -> str:
    """Return the names of targets, for a sentence."""
    return ", ".join(named.name for named in targets)
