"""JSON text: its values, by Python's own parser, many times faster than one for YAML, and where each of them stands."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import count
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from mirrorgen.problems import KeyPath

_SPACE = re.compile(r"[ \t\n\r]*")
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,?[ \t\n\r]*")
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
    return _behind(_SPACE, text, start)


def _behind(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise _Unusual
    return data


_VALUES = json.JSONDecoder(object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=str)
_SKIPPING = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


class JsonPlaces:
    """Where the values of one JSON value are: found when they are asked for, and no further than to those."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        self._members: dict[KeyPath, _Members] = {}
        self._ends: dict[int, int] = {}
        self._lines: list[int] | None = None

    def extent(self, path: KeyPath) -> tuple[int, int, int, int]:
        """Return start, end, line and column of the value at a path, or of the nearest above that there is."""
        start = self._start
        for depth, step in enumerate(path):
            above = path[:depth]
            if above not in self._members:
                self._members[above] = _Members(self._text, start)
            found = self._members[above].start(step)
            if found is None:
                break
            start = found
        if start not in self._ends:
            self._ends[start] = _SKIPPING.raw_decode(self._text, start)[1]
        if self._lines is None:
            self._lines = [0, *(match.end() for match in _NEWLINE.finditer(self._text))]
        line = bisect_right(self._lines, start)
        return start, self._ends[start], line, start - self._lines[line - 1] + 1


class _Members:
    """Where the members of the container at `start` are; none of what is no container."""

    def __init__(self, text: str, start: int) -> None:
        self._known: dict[str | int, int] = {}
        self._others = _members(text, start)

    def start(self, step: str | int) -> int | None:
        """Return where a member starts; None where there is none."""
        if step not in self._known:
            for key, start in self._others:
                self._known[key] = start
                if key == step:
                    break
        return self._known.get(step)


def _members(text: str, start: int) -> Iterator[tuple[str | int, int]]:
    """Yield each member of a container with where it starts; the parser that read it before skips it for the next."""
    opened = text[start]
    if opened not in {"{", "["}:
        return
    end = _skip(text, start + 1)
    for index in count():
        if text[end] in {"}", "]"}:
            return
        key: str | int = index
        if opened == "{":
            key, end = scanstring(text, end + 1)
            end = _behind(_COLON, text, end)
        yield key, end
        end = _behind(_COMMA, text, _SKIPPING.raw_decode(text, end)[1])
