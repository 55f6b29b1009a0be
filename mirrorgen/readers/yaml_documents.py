"""YAML text, of one or many documents, and JSON: plain data, and where each value of it stands.

Files of other programs are read as these programs read them: aliases and merge keys are followed. Every scalar is the
text that stands there, so that `1.10` stays a tag; only null, true and false are values of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import yaml

from mirrorgen.master_list.document import LOADER
from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers.contract import Place, Refusal
from mirrorgen.readers.json_text import JsonPlaces, json_values
from mirrorgen.readers.yaml_trees import Tagged, Tree, Unreadable, YamlPlaces

__all__ = ["MAX_CHARACTERS", "Document", "Documents", "Tagged", "read_documents", "untagged", "walk"]

MAX_CHARACTERS = 256 * 1024 * 1024
"""The pods of a cluster of many thousand nodes."""

_DOCUMENT_START = re.compile(r"^---(?=\s|$)", re.MULTILINE)
# What a YAML text may consist of: https://yaml.org/spec/1.2.2/#51-character-set
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Text that is not Unicode, and numbers of characters that there are not, are errors of Python.
_BROKEN = (yaml.YAMLError, ValueError)


class _Places(Protocol):
    def extent(self, path: KeyPath) -> tuple[int, int, int, int]:
        """Start, end, line, column, the latter two from 1; of the nearest value above where there is none."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a text.

    Attributes:
        file: what the text is called.
        index: which document of the text it is, from 0; empty ones count.
        data: dicts, with keys that are text, and lists of `str`, `bool` and None; `Tagged` where a type tag says what
            no reader knows. Values that aliases share are the same objects: nothing may be changed in it.
    """

    file: str
    index: int
    data: Any
    _places: _Places

    def place(self, path: KeyPath) -> Place:
        """Return where the value at `path` stands; behind an alias, where its text is."""
        _, _, line, column = self._places.extent(path)
        return Place(self.file, line, column)

    def extent(self, path: KeyPath) -> tuple[int, int]:
        """Return which characters of the text, from the first to that behind the last, are the value at `path`.

        A scalar's quotes are within.
        """
        start, end, _, _ = self._places.extent(path)
        return start, end


@dataclass(frozen=True, slots=True)
class Documents:
    """What a text holds.

    Attributes:
        documents: those that could be read, without those that are empty, in the order of the text.
        refused: documents that could not be read, and keys of which one hides another.
    """

    documents: tuple[Document, ...] = ()
    refused: tuple[Refusal, ...] = ()


def read_documents(text: str, file: str) -> Documents:
    """Read a text of YAML or JSON; nothing is raised, whatever it is.

    Args:
        text: one document, several behind lines of `---`, or several values of JSON one after the other.
        file: what the text is called in places.
    """
    if len(text) > MAX_CHARACTERS:
        reason = f"the text has {len(text):,} characters, and at most {MAX_CHARACTERS:,} are read"
        return Documents(refused=(Refusal("", Place(file, 0), format_path(()), reason),))
    return _read_json(text, file) or _Stream(text, file).read()


def walk(data: Any) -> Iterator[tuple[KeyPath, Any]]:
    """Yield every value in `data` with the path to it, in the order of the text, itself first.

    Lists and mappings are without their type tag; what is `Tagged` is a scalar.
    """
    waiting: list[tuple[KeyPath, Any]] = [((), data)]
    while waiting:
        path, value = waiting.pop()
        value = untagged(value)
        yield path, value
        if isinstance(value, dict):
            waiting.extend(((*path, key), child) for key, child in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend(((*path, index), value[index]) for index in range(len(value) - 1, -1, -1))


def untagged(value: Any) -> Any:
    """Return a list or a mapping without its type tag, `!override`; anything else as it is."""
    return value.value if isinstance(value, Tagged) and isinstance(value.value, dict | list) else value


def _read_json(text: str, file: str) -> Documents | None:
    """None where the text is not JSON, or has more to say about it than JSON's parser knows: YAML's takes it then."""
    values = json_values(text)
    if values is None:
        return None
    documents = enumerate(values)
    return Documents(tuple(Document(file, i, data, JsonPlaces(text, start)) for i, (start, data) in documents))


class _Stream:
    """Reads the documents of a text; those behind one that is broken are read on their own."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._documents: list[Document] = []
        self._refused: list[Refusal] = []
        self._count = 0
        self._tree = Tree()
        # Where the document starts that is being read.
        self._index, self._line = 0, 0

    def read(self) -> Documents:
        self._index = 1 if self._text.startswith("\ufeff") else 0
        try:
            self._read_events(self._text[self._index :], self._index, 0)
        except _BROKEN:
            self._read_one_by_one()
        return Documents(tuple(self._documents), tuple(self._refused))

    def _read_one_by_one(self) -> None:
        """Read each document on its own, from that on in which the parser gave up."""
        line, last = self._line, self._index
        starts = [last, *(match.start() for match in _DOCUMENT_START.finditer(self._text, last + 1))]
        for start, end in zip(starts, [*starts[1:], len(self._text)], strict=True):
            line += self._text.count("\n", last, start)
            last, part = start, self._text[start:end]
            try:
                self._read_events(part, start, line)
            except _BROKEN as error:
                for trouble in self._tree.troubles if self._tree.is_broken else [_explained(error, part)]:
                    self._refuse(trouble, line)
                self._count += 1

    def _read_events(self, part: str, start: int, line: int) -> None:
        """Read a part of the text, which starts at an offset and on a line, both from 0."""
        self._tree = tree = Tree()
        for event in iter(LOADER(part).get_event, None):
            kind = type(event)
            if kind is yaml.DocumentStartEvent:
                self._index, self._line = event.start_mark.index + start, event.start_mark.line + line
                self._tree = tree = Tree()
            elif kind is yaml.DocumentEndEvent:
                self._finish(start, line)
            elif not tree.is_broken:
                tree.add(event)

    def _finish(self, start: int, line: int) -> None:
        tree = self._tree
        for trouble in tree.troubles:
            self._refuse(trouble, line)
        if not tree.is_broken and tree.data is not None:
            places = YamlPlaces(tree.root, start, line)
            self._documents.append(Document(self._file, self._count, tree.data, places))
        self._count += 1

    def _refuse(self, trouble: Unreadable, line: int) -> None:
        place = Place(self._file, trouble.line + line + 1, trouble.column + 1)
        self._refused.append(Refusal(trouble.written, place, format_path(trouble.path), trouble.reason, trouble.hint))


def _explained(error: Exception, part: str) -> Unreadable:
    """What is wrong in a part of a text that the parser gave up on."""
    bad = _NOT_YAML.search(part)
    mark = getattr(error, "problem_mark", None)
    if mark is None and bad:
        line = part.count("\n", 0, bad.start())
        column = bad.start() - (part.rfind("\n", 0, bad.start()) + 1)
        return Unreadable(line, column, f"the character U+{ord(bad[0]):04X} may not stand in YAML")
    what = ", ".join(filter(None, (getattr(error, "problem", None), getattr(error, "context", None))))
    line, column = (mark.line, mark.column) if mark else (0, 0)
    if line > part.count("\n"):  # the end, behind a line break that the parser puts there
        line, column = part.count("\n"), len(part) - (part.rfind("\n") + 1)
    return Unreadable(line, column, f"this is not YAML: {what or 'the parser gave up'}", hint=_hint(part, line))


def _hint(part: str, line: int) -> str:
    if "{{" in part:
        return "is it a template? Give what is made from it, as `helm template` does"
    lines = part.splitlines()
    indent = re.match(r"\s*", lines[line])[0] if line < len(lines) else ""  # type: ignore[index]
    return "indent with spaces; YAML does not allow tabs there" if "\t" in indent else ""
