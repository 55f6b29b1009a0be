"""Which fields of YAML documents the images of a file stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mirrorgen.problems import KeyPath
from mirrorgen.readers.contract import Place
from mirrorgen.readers.yaml_documents import Document, read_documents, untagged, walk


@dataclass(frozen=True, slots=True)
class Field:
    """A field that holds text.

    Attributes:
        document: that it stands in.
        path: to it.
        text: that it holds.
    """

    document: Document
    path: KeyPath
    text: str

    def in_object(self) -> tuple[Mapping[str, Any], KeyPath]:
        """Return the Kubernetes object around it, the nearest, and the path from there; all of the document if none."""
        data: Any = untagged(self.document.data)
        found, start = data, 0
        for index, step in enumerate(self.path):
            data = untagged(data[step])
            if isinstance(data, dict) and "apiVersion" in data and "kind" in data:
                found, start = data, index + 1
        return (found if isinstance(found, dict) else {}), self.path[start:]


def fields_of(text: str, file: str) -> dict[Place, list[Field]]:
    """Return the fields of a text by the places where their values stand; several share one through an alias.

    Args:
        text: YAML, or JSON.
        file: what it is called in places.
    """
    found: dict[Place, list[Field]] = {}
    for field in _fields(text, file):
        found.setdefault(field.document.place(field.path), []).append(field)
    return found


def _fields(text: str, file: str) -> Iterator[Field]:
    for document in read_documents(text, file).documents:
        for path, value in walk(document.data):
            if isinstance(value, str):
                yield Field(document, path, value)
