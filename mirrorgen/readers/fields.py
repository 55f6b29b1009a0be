"""Fields of a mapping in a file of another program, with the types that this program wants there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers.contract import Place
from mirrorgen.readers.yaml_documents import Document

# Plain scalars that YAML reads as numbers, or as nothing, and that are not the same once they are text again.
_NUMBER = re.compile(
    r"[-+]?(?:\.?\d[\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?|0x[\da-fA-F_]+|0o[0-7_]+|0b[01_]+)|[-+]?\.inf", re.I
)
_SAME_AS_TEXT = re.compile(r"0|[1-9]\d{0,17}|(?=.{1,16}$)(?:0|[1-9]\d*)\.\d*[1-9]")
_ANCHOR = re.compile(r"&\S+\s+")


class Unfit(Exception):
    """A field says what cannot be kept.

    Attributes:
        reason: a plain sentence without a final stop.
        hint: what to do instead, or nothing.
        path: where it stands.
    """

    def __init__(self, reason: str, path: KeyPath, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping of a document.

    Attributes:
        document: that it is in.
        text: of the whole file.
        path: where it stands in the document.
        data: what it holds; a null counts as left out.
    """

    document: Document
    text: str = field(repr=False)
    path: KeyPath = ()
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def root(cls, document: Document, text: str) -> Fields:
        """Return the mapping that a document is.

        Raises:
            Unfit: it is none.
        """
        return cls(document, text).of(document.data, ())

    def of(self, data: Any, path: KeyPath) -> Fields:
        """Return the mapping that stands at a path.

        Raises:
            Unfit: something else stands there.
        """
        if data is None:
            data = {}
        if not isinstance(data, dict):
            raise Unfit("a mapping belongs here", path)
        return Fields(self.document, self.text, path, data)

    def place(self, *steps: str | int) -> Place:
        """Where the mapping stands, or what is in it."""
        return self.document.place((*self.path, *steps))

    def shown(self, *steps: str | int) -> str:
        """What leads to it, as a sentence names it."""
        return format_path((*self.path, *steps))

    def has(self, key: str) -> bool:
        """Whether something stands under a key."""
        return self.data.get(key) is not None

    def string(self, key: str) -> str:
        """Return the text under a key, nothing where it is left out.

        Raises:
            Unfit: something else stands there.
        """
        value = self.data.get(key)
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, str):
            raise Unfit(f"text belongs under `{key}`", (*self.path, key))
        return value

    def flag(self, key: str) -> bool | None:
        """Return whether a switch is on; None where it is left out.

        Raises:
            Unfit: neither true nor false stands there.
        """
        value = self.data.get(key)
        if value is not None and not isinstance(value, bool):
            raise Unfit(f"true or false belongs under `{key}`", (*self.path, key))
        return value

    def strings(self, key: str) -> list[tuple[str, KeyPath]]:
        """Return the texts in a list, each with its path; none where it is left out.

        Raises:
            Unfit: there is something else.
        """
        return self.strings_of(self.data.get(key), (*self.path, key))

    def strings_of(self, value: Any, path: KeyPath) -> list[tuple[str, KeyPath]]:
        """Return the texts in a list that stands at a path, each with its own; none for null.

        Raises:
            Unfit: it is no list, or there is something else in it.
        """
        if value is None:
            return []
        if not isinstance(value, list):
            raise Unfit(f"a list belongs under `{path[-1]}`", path)
        return [(self._item(item, (*path, index)), (*path, index)) for index, item in enumerate(value)]

    def numerals(self, key: str) -> list[tuple[str, KeyPath]]:
        """Return the texts in a list, as a program has them to which a plain `1.10` is a number, and so `1.1`.

        Raises:
            Unfit: there is something else, or a number that is another text to the program than to who reads the file.
        """
        found = self.strings(key)
        for value, path in found:
            if self._is_plain(value, path) and _NUMBER.fullmatch(value) and not _SAME_AS_TEXT.fullmatch(value):
                raise Unfit(f"{value} without quotes is a number, which becomes another text", path, f'write "{value}"')
        return found

    def child(self, key: str) -> Fields:
        """Return the mapping under a key, an empty one where it is left out.

        Raises:
            Unfit: something else stands there.
        """
        return self.of(self.data.get(key), (*self.path, key))

    def items(self, key: str) -> Iterator[tuple[Any, KeyPath]]:
        """Yield what is in a list, each with its path.

        Raises:
            Unfit: it is no list.
        """
        value = self.data.get(key)
        if value is not None and not isinstance(value, list):
            raise Unfit(f"a list belongs under `{key}`", (*self.path, key))
        yield from ((item, (*self.path, key, index)) for index, item in enumerate(value or ()))

    def _item(self, value: Any, path: KeyPath) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, str):
            raise Unfit("nothing stands here" if value is None else "text belongs here", path)
        return value

    def _is_plain(self, value: str, path: KeyPath) -> bool:
        start, end = self.document.extent(path)
        return _ANCHOR.sub("", self.text[start:end]) == value
