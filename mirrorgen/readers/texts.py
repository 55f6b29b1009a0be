"""Images in text that has no field for them: arguments, values of variables, files within ConfigMaps, annotations.

Only what can hardly be anything else is taken: the name of an image with a registry and a tag or digest, and what the
name of a flag, a variable or an annotation calls an image.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import accumulate
from typing import Any

from mirrorgen.model.references import is_host
from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers.contract import Place
from mirrorgen.readers.gathering import Gathering
from mirrorgen.readers.taking import is_template, parse
from mirrorgen.readers.yaml_documents import Document

_WORD = re.compile(r"[^\s\"'`,;=()<>\[\]|\\]+")
_FLAG = re.compile(r"(?P<name>--?[A-Za-z0-9_.-]+|[A-Z0-9_]+)=(?P<value>.*)", re.DOTALL)
# `--image`, `SIDECAR_IMAGE`, `sidecar.istio.io/proxyImage`, and what the operators of OpenShift are given.
_CALLED_IMAGE = re.compile(r"(?:.*[-_./a-z])?image|RELATED_IMAGE_.*", re.IGNORECASE | re.DOTALL)
_NO_IMAGES = frozenset({"true", "false", "yes", "no"})
_NOT_SEARCHED = frozenset({"kubectl.kubernetes.io/last-applied-configuration"})

Read = Callable[[str], list[tuple[int, int, str]]]
"""What finds images by their fields in a text of YAML: line and column, from 1, and what is written."""


def take_texts(document: Document, text: str, taken: set[KeyPath], gathering: Gathering, read_fields: Read) -> None:
    """Take what the texts of a document name.

    Args:
        document: Kubernetes objects.
        text: what the document was read from.
        taken: paths of what was taken by its field.
        gathering: gets what is found.
        read_fields: what reads a text in which objects stand.
    """
    for path, value, name in _texts(document.data):
        if path not in taken:
            _Text(document, text, path, value, gathering).take(name, read_fields)


class _Text:
    """One text of a document."""

    def __init__(self, document: Document, whole: str, path: KeyPath, value: str, gathering: Gathering) -> None:
        self._value = value
        self._path = format_path(path)
        self._gathering = gathering
        self._place = document.place(path)
        start, end = document.extent(path)
        written = whole[start:end]
        # A text in a block keeps its lines, each behind an indentation.
        self._lines = written.split("\n")[1:] if written.startswith("|") else []
        self._shift = written.find(value) if "\n" not in value else -1
        self._inner_lines = value.split("\n")
        self._offsets = [0, *accumulate(len(line) + 1 for line in self._inner_lines[:-1])]

    def take(self, name: str, read_fields: Read) -> None:
        """Take what the text names, once at each place."""
        flag = _FLAG.fullmatch(self._value)
        if flag and _CALLED_IMAGE.fullmatch(flag["name"]):
            self._take_called(flag["value"], flag.start("value"))
        elif name and _CALLED_IMAGE.fullmatch(name):
            self._take_called(self._value, 0)
        else:
            self._take_words(read_fields(self._value) if "image" in self._value and "\n" in self._value else [])

    def _take_called(self, written: str, offset: int) -> None:
        if is_template(written) or (parse(written) and written.lower() not in _NO_IMAGES and not written.isdigit()):
            self._gathering.take(written, self._at(offset), self._path)

    def _take_words(self, fields: list[tuple[int, int, str]]) -> None:
        for line, column, written in fields:
            self._gathering.take(written, self._inner(line, column), self._path)
        seen = {(line, written) for line, _, written in fields}
        for word in _WORD.finditer(self._value):
            written = word[0].rstrip(".:")
            if is_whole(written) and (self._line(word.start()), written) not in seen:
                self._gathering.take(written, self._at(word.start()), self._path)

    def _line(self, offset: int) -> int:
        return bisect_right(self._offsets, offset)

    def _at(self, offset: int) -> Place:
        line = self._line(offset)
        return self._inner(line, offset - self._offsets[line - 1] + 1)

    def _inner(self, line: int, column: int) -> Place:
        """The place in the file of a line and a column, from 1, of the text; the text's own for lines not kept."""
        if self._shift >= 0:
            return replace(self._place, column=self._place.column + self._shift + column - 1)
        if line > len(self._lines):
            return self._place
        shift = len(self._lines[line - 1]) - len(self._inner_lines[line - 1])
        return Place(self._place.file, self._place.line + line, column + max(shift, 0))


def is_whole(text: str) -> bool:
    """Whether a word is an image wherever it stands: it has a registry, and a tag or a digest."""
    first, slash, _ = text.partition("/")
    reference = parse(text) if slash and is_host(first) else None
    return reference is not None and bool(reference.tag or reference.digest)


def _texts(data: Any) -> Iterator[tuple[KeyPath, str, str]]:
    """Yield every text of Kubernetes objects with its path, and with what names it: a key, a flag, a variable."""
    waiting: list[tuple[KeyPath, Any, str]] = [((), data, "")]
    while waiting:
        path, value, name = waiting.pop()
        if isinstance(value, str):
            yield path, value, name
        elif isinstance(value, list):
            names = ["", *(before if isinstance(before, str) and before.startswith("-") else "" for before in value)]
            waiting.extend(((*path, i), value[i], names[i]) for i in range(len(value) - 1, -1, -1))
        elif isinstance(value, dict):
            waiting.extend(reversed(list(_members(path, value))))


def _members(path: KeyPath, items: dict[str, Any]) -> Iterator[tuple[KeyPath, Any, str]]:
    if items.get("kind") == "Secret" and "apiVersion" in items:
        return
    variable = items.get("name")
    for key, value in items.items():
        if key == "metadata" and isinstance(value, dict):
            notes = value.get("annotations")
            for note, text in notes.items() if isinstance(notes, dict) else []:
                if note not in _NOT_SEARCHED:
                    yield (*path, key, "annotations", note), text, note
        elif key not in {"metadata", "status"}:
            yield (*path, key), value, variable if key == "value" and isinstance(variable, str) else key
