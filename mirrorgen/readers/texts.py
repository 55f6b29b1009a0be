"""Images in text that has no field for them: arguments, values of variables, files within ConfigMaps, annotations.

Only what can hardly be anything else is taken: the name of an image with a registry and a tag or digest, and what the
name of a flag, a variable or an annotation calls an image.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from mirrorgen.model.references import is_host
from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers.gathering import Gathering
from mirrorgen.readers.inner import InnerText
from mirrorgen.readers.taking import is_template, parse
from mirrorgen.readers.yaml_documents import Document

_WORD = re.compile(r"[^\s\"'`,;=()<>\[\]|\\]+")
_FLAG = re.compile(r"(?P<name>--?[A-Za-z0-9_.-]+|[A-Z0-9_]+)=(?P<value>.*)", re.DOTALL)
# `--image`, `SIDECAR_IMAGE`, `sidecar.istio.io/proxyImage`, and what the operators of OpenShift are given.
_CALLED_IMAGE = re.compile(r"(?:.*[-_./a-z])?image|RELATED_IMAGE_.*", re.IGNORECASE | re.DOTALL)
_NO_IMAGES = frozenset({"true", "false", "yes", "no"})
# Descriptions, of which schemas of custom resources are full, have examples.
_LEFT_OUT = frozenset({"metadata", "status"})
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
            inner = InnerText(document, text, path, value)
            _Text(value, format_path(path), inner, gathering).take(name, read_fields)


class _Text:
    """One text of a document."""

    def __init__(self, value: str, path: str, inner: InnerText, gathering: Gathering) -> None:
        self._value = value
        self._path = path
        self._inner = inner
        self._gathering = gathering

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
            self._gathering.take(written, self._inner.at(offset), self._path)

    def _take_words(self, fields: list[tuple[int, int, str]]) -> None:
        for line, column, written in fields:
            self._gathering.take(written, self._inner.place(line, column), self._path)
        seen = {(line, written) for line, _, written in fields}
        for word in _WORD.finditer(self._value):
            written = word[0].rstrip(".:")
            if is_whole(written) and (self._inner.line(word.start()), written) not in seen:
                self._gathering.take(written, self._inner.at(word.start()), self._path)


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
        elif key not in _LEFT_OUT and not (key == "description" and isinstance(value, str)):
            yield (*path, key), value, variable if key == "value" and isinstance(variable, str) else key
