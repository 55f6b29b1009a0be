"""A list: one reference a line, as `kubeadm config images list` prints it and many a release carries it."""

from __future__ import annotations

import re

from mirrorgen.readers.contract import Around, Format, Place, Reading
from mirrorgen.readers.gathering import Gathering
from mirrorgen.readers.taking import is_template, parse

_COMMENT = re.compile(r"(?:^|\s)#")
_EXPLICIT = re.compile("[/:@]")
_LOOKED_AT = 100
"""Lines from which a format is guessed."""


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether most of the first lines are the name of an image each, and one can hardly be anything else.

    Bare words are a password, numbers, or what a package needs; lines that end in a colon are keys of YAML.
    """
    written = [line for line in (_split(line)[1] for line in _lines(text[:20_000])[:_LOOKED_AT]) if line]
    if any(line.endswith(":") for line in written) or not any(_EXPLICIT.search(line) for line in written):
        return False
    return sum(parse(line) is not None for line in written) * 2 > len(written)


def read(text: str, around: Around) -> Reading:
    """Take what stands on each line; a line of several words is refused."""
    gathering = Gathering(FORMAT.name, around)
    for number, line in enumerate(_lines(text), start=1):
        column, written = _split(line)
        place = Place(around.file, number, column)
        if len(written.split()) > 1 and not is_template(written):
            gathering.refuse(written, place, "", "several words stand on one line", "write one image on a line")
        elif written:
            gathering.take(written, place)
    return gathering.reading()


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")


def _split(line: str) -> tuple[int, str]:
    """The column, from 1, and the text of what stands on a line, without a comment.

    A dash before it makes it a list of YAML as well, which may have quotes.
    """
    comment = _COMMENT.search(line)
    written = line[: comment.start()] if comment else line
    if written.lstrip().startswith("- "):
        written = written.replace("-", " ", 1)
    start = len(written) - len(written.lstrip())
    written = written.strip()
    if len(written) > 2 and written[0] == written[-1] and written[0] in "\"'":
        return start + 2, written[1:-1]
    return start + 1, written


FORMAT = Format("plain", "a list with one reference a line", recognizes, read)
