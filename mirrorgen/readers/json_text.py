"""JSON text: its values, by Python's own parser, many times faster than one for YAML, and where each of them stands."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from itertools import count
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from mirrorgen.problems import KeyPath

_SPACE = re.compile(r"[ \t\n\r]*")
_NEWLINE = re.compile("\n")


class _Unusual(Exception):
    """Something in JSON that its parser would hide."""


def json_values(text: str) -> list[tuple[int, Any]] | None:
    """Return each value of a text of JSON with its offset; numbers are text.

    Returns:
        The values that stand one after the other; None where the text is not JSON, has an object with a key twice, or
        is nested deeper than Python's parser goes.
    """
    end = _skip(text, 1 if text.startswith("\ufeff") else 0)
    if text[end : end + 1] not in {"{", "["}:
        return None
    values = []
    try:
        while end < len(text):
            start = end
            value, end = _VALUES.raw_decode(text, start)
            values.append((start, value))
            end = _skip(text, end)
    except (ValueError, RecursionError, _Unusual):
        return None
    return values


def _skip(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise _Unusual
    return data


_VALUES = json.JSONDecoder(object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=str)
_SKIPPING = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


class JsonPlaces:
    """Where the values of one JSON value are: found when they are asked for, container by container."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        self._extents: dict[KeyPath, dict[str | int, tuple[int, int]]] = {}
        self._lines: list[int] | None = None

    def extent(self, path: KeyPath) -> tuple[int, int, int, int]:
        """Return start, end, line and column of the value at a path, or of the nearest above that there is."""
        start, end = self._start, -1
        for depth, step in enumerate(path):
            found = self._children(path[:depth], start).get(step)
            if found is None:
                break
            start, end = found
        if end < 0:
            end = _SKIPPING.raw_decode(self._text, start)[1]
        if self._lines is None:
            self._lines = [0, *(match.end() for match in _NEWLINE.finditer(self._text))]
        line = bisect_right(self._lines, start)
        return start, end, line, start - self._lines[line - 1] + 1

    def _children(self, path: KeyPath, start: int) -> dict[str | int, tuple[int, int]]:
        if path not in self._extents:
            self._extents[path] = self._scan(start)
        return self._extents[path]

    def _scan(self, start: int) -> dict[str | int, tuple[int, int]]:
        """Find the members of the container at `start`, each skipped by the parser that read it before."""
        text, children = self._text, {}
        opened = text[start]
        if opened not in {"{", "["}:
            return {}
        end = _skip(text, start + 1)
        for index in count():
            if text[end] in {"}", "]"}:
                break
            key: str | int = index
            if opened == "{":
                key, end = scanstring(text, end + 1)
                end = _skip(text, _skip(text, end) + 1)
            _, after = _SKIPPING.raw_decode(text, end)
            children[key] = (end, after)
            end = _skip(text, after)
            if text[end] == ",":
                end = _skip(text, end + 1)
        return children
