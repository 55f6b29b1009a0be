"""What becomes of each image that a file names: it is in the list now, it was there before, or it is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mirrorgen.readers.contract import NamedImage, Refusal


class How(StrEnum):
    """What became of an image that was not refused."""

    ADDED = "added"
    HELD = "held"
    TWICE = "twice"
    OWN = "own"


Key = tuple[int, str, str]
"""What of a list something is about: the position of an entry, then `exact`, `digests` or `rule`, and the tag."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An image that the list asks for.

    Attributes:
        image: as it was named.
        how: `added` to the list; `held` by it before; named `twice`, so that nothing more is added; or `own`, which
            comes from the target and is there.
        repository: name of the target repository; nothing for `own`.
        tags: those that it has in the target, as far as a file names them.
        note: what somebody should know of it, a sentence without a final stop; or nothing.
        keys: what in the list asks for it.
    """

    image: NamedImage
    how: How
    repository: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    keys: tuple[Key, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Added:
    """The text of a list to which images were added.

    Attributes:
        text: of the whole file; what it was where nothing was added, and nothing where no list can be made.
        taken: what the list asks for now, in the order in which it was named.
        refused: what it does not, in the order in which it was named.
    """

    text: str
    taken: tuple[Taken, ...]
    refused: tuple[Refusal, ...]

    def count(self, how: How) -> int:
        """Return how many images became of in this way."""
        return sum(taken.how is how for taken in self.taken)
