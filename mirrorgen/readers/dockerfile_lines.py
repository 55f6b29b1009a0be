"""The instructions of a Dockerfile: directives, continued lines, comments between them, and here-documents.

As the parser of BuildKit reads them: https://github.com/moby/buildkit/tree/master/frontend/dockerfile/parser.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

_DIRECTIVE = re.compile(r"\s*#\s*(?P<key>[a-zA-Z][a-zA-Z0-9]*)\s*=\s*(?P<value>\S.*?)\s*")
_COMMENT = re.compile(r"\s*#")
_INSTRUCTION = re.compile(r"\s*(?P<name>\S+)\s*")
_WORD = re.compile(r"""(?:[^\s"']|"(?:[^"\\]|\\.)*"|'[^']*'|["'])+""")
_HERE = re.compile(r"\d*<<(?P<dash>-?)(?P<name>[^<]+)")
_WITH_HERE_DOCUMENTS = frozenset({"RUN", "COPY", "ADD"})


@dataclass(slots=True)
class Instruction:
    """One instruction with what belongs to it, its lines joined.

    Attributes:
        name: in capitals, `FROM`.
        text: what stands behind the name, on one line.
        unclosed: the name of a here-document whose end is not there, or nothing.
    """

    name: str
    text: str
    unclosed: str = ""
    _starts: list[int] = field(default_factory=list)
    _places: list[tuple[int, int]] = field(default_factory=list)

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column, from 1, of a character of the text."""
        piece = max(bisect_right(self._starts, offset) - 1, 0)
        line, column = self._places[piece]
        return line, column + offset - self._starts[piece]

    def words(self, start: int = 0) -> Iterator[tuple[int, str]]:
        """Yield each word of the text, as it is written, with its offset."""
        for match in _WORD.finditer(self.text, start):
            yield match.start(), match[0]

    def inner(self) -> Instruction:
        """Return the instruction that stands behind this one's name, as behind `ONBUILD`."""
        match = _INSTRUCTION.match(self.text)
        if match is None:
            return Instruction("", "", "", self._starts, self._places)
        starts = [start - match.end() for start in self._starts]
        return Instruction(match["name"].upper(), self.text[match.end() :], self.unclosed, starts, self._places)


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive of the parser, `# syntax=docker/dockerfile:1`."""

    key: str
    value: str
    line: int
    column: int


def read_directives(text: str) -> list[Directive]:
    """Return the directives, which stand before everything else.

    Behind a first line of `#!` only `syntax` is found, since BuildKit looks for that alone there.
    """
    found = []
    lines = _lines(text)
    is_script = lines[0].startswith("#!")
    for number, line in enumerate(lines, start=1):
        match = _DIRECTIVE.fullmatch(line)
        if match and (match["key"].lower() == "syntax" or not is_script):
            found.append(Directive(match["key"].lower(), match["value"], number, match.start("value") + 1))
        elif not match and not (number == 1 and is_script):
            break
    return found


def read_instructions(text: str) -> Iterator[Instruction]:
    """Yield all instructions."""
    escape = next((each.value for each in read_directives(text) if each.key == "escape"), "\\")
    continued = re.compile(rf"(?:^|(?<!{re.escape(escape)})){re.escape(escape)}[ \t]*$")
    lines = _lines(text)
    at = 0
    while at < len(lines):
        if _is_nothing(lines[at]):
            at += 1
            continue
        pieces, at = _join(lines, at, continued)
        instruction = _instruction(pieces)
        at = _skip_here_documents(instruction, lines, at)
        yield instruction


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]


def _is_nothing(line: str) -> bool:
    return not line.strip() or _COMMENT.match(line) is not None


def _join(lines: list[str], at: int, continued: re.Pattern[str]) -> tuple[list[tuple[int, str]], int]:
    """The lines, from 0, that one instruction has, each with its text; and the line behind them."""
    pieces = []
    while at < len(lines):
        end = continued.search(lines[at])
        pieces.append((at, lines[at][: end.start()] if end else lines[at]))
        at += 1
        if not end:
            break
        while at < len(lines) and _is_nothing(lines[at]):
            at += 1
    return pieces, at


def _instruction(pieces: list[tuple[int, str]]) -> Instruction:
    starts, offset = [], 0
    for _, text in pieces:
        starts.append(offset)
        offset += len(text)
    whole = Instruction("", "".join(text for _, text in pieces), "", starts, [(line + 1, 1) for line, _ in pieces])
    return whole.inner()


def _skip_here_documents(instruction: Instruction, lines: list[str], at: int) -> int:
    """Return the line behind the here-documents of an instruction; say if one of them does not end."""
    inner = instruction.inner() if instruction.name == "ONBUILD" else instruction
    if inner.name not in _WITH_HERE_DOCUMENTS or "<<" not in inner.text:
        return at
    for _, word in inner.words():
        match = _HERE.fullmatch(word)
        if match is None:
            continue
        name = re.sub("[\"']", "", match["name"])
        while at < len(lines) and (lines[at].lstrip("\t") if match["dash"] else lines[at]) != name:
            at += 1
        if at == len(lines):
            instruction.unclosed = name
        at += 1
    return at
