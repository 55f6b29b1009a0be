"""What every form answers: the text, or the files, that point a consumer at the mirror, and what stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from mirrorgen.consumers.mirrored import Finding, Mirror, MirroredSource
from mirrorgen.model.references import Source
from mirrorgen.readers.contract import NamedImage, Place


class Takes(Enum):
    """What is given to a form on the line, besides the list."""

    ANY_FILES = auto()
    """Files that name images, or none: then it is about everything that the list mirrors."""

    FILES = auto()
    """One file that names images, or several."""

    OWN_FILES = auto()
    """Files that the form reads itself, one at least."""

    FOLDER = auto()
    """A folder to write into, or none: then everything is shown."""


@dataclass(frozen=True, slots=True)
class Use:
    """An image that a file names, and what the list says of it."""

    image: NamedImage
    finding: Finding


@dataclass(frozen=True, slots=True)
class Left:
    """What is not pointed at the mirror, or not as it was asked.

    Attributes:
        written: the name of the image.
        reason: a plain sentence without a final stop.
        place: where it stands; None where no file names it.
        hint: what to do, or nothing.
    """

    written: str
    reason: str
    place: Place | None = None
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.written or 'not read'}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a form.

    Attributes:
        mirror: what the list mirrors.
        texts: what the given files say, by name.
        uses: the images that they name and that are not at the mirror yet, in their order.
        pin: whether images are named by digest, too.
        tls: how the mirror is reached: `enabled`, `disabled`, or `insecure` where its certificate is not checked.
        folder: that is written into; None where there is none.
    """

    mirror: Mirror
    texts: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()
    pin: bool = False
    tls: str = "enabled"
    folder: Path | None = None

    def sources(self) -> Iterator[tuple[Source, tuple[MirroredSource, ...]]]:
        """Yield the upstream repositories that it is about, with those of the target that they are brought into.

        Where files are given, these are the mirrored ones that they name.
        """
        named = {use.image.source for use in self.uses if use.finding.is_mirrored}
        for source, brought in self.mirror.sources.items():
            if not self.mirror.is_at(source) and (source in named or not self.texts):
                yield source, brought


@dataclass(frozen=True, slots=True)
class Written:
    """What a form answers.

    Attributes:
        text: for standard output; empty where files are written.
        files: text by name: those of the order, or of the folder; None for one that must not be there.
        left: what stays as it is.
    """

    text: str = ""
    files: Mapping[str, str | None] = field(default_factory=dict)
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A form.

    Attributes:
        name: as it stands on the line.
        title: what it writes, for the help.
        takes: what it is given.
        write: answers an order; raises `UsageError` or `InputError` where it cannot be met as a whole.
    """

    name: str
    title: str
    takes: Takes
    write: Callable[[Order], Written]


def left_of(order: Order) -> Iterator[Left]:
    """Yield the images of an order that are not mirrored."""
    for use in order.uses:
        if not use.finding.is_mirrored:
            yield Left(use.image.written, use.finding.reason, use.image.place, use.finding.hint)
