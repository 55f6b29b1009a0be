"""Variables in compose files and Dockerfiles, `${NAME:-default}` and its kin, and the files that hold their values."""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_CHARACTERS = 10_000
"""Of a value, and of a text with its variables filled in: values may be made of one another."""

_MAX_DEPTH = 20
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_START = re.compile(rf"\$(?:\{{(?P<braced>{_NAME})|(?P<plain>{_NAME})|(?P<dollar>\$))")
_OPERATOR = re.compile(r":?[-?+]")
_LINE = re.compile(rf"\s*(?:export\s+)?(?P<name>{_NAME})\s*[=:](?P<value>.*)")
_COMMENT = re.compile(r"(?:^|\s)#.*")


class Unfilled(Exception):
    """A text has a variable that nothing stands for; it says why in a plain sentence."""


def fill(text: str, variables: Mapping[str, str]) -> str:
    """Put values in the place of variables, as docker compose does.

    `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?reason}`, `${NAME?reason}`, `${NAME:+instead}`,
    `${NAME+instead}`, one within the other, and `$$` for a dollar: https://docs.docker.com/reference/compose-file/interpolation/

    Raises:
        Unfilled: a variable is not set and has no default, where docker compose would take an empty text or stop.
    """
    if "$" not in text:
        return text
    filled, end = _Filling(text, variables).until(0, "", 0)
    assert end == len(text)
    return filled


class _Filling:
    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self._text = text
        self._variables = variables
        self._made = 0

    def until(self, start: int, stop: str, depth: int) -> tuple[str, int]:
        """Return what stands from `start` to the character `stop`, or to the end, filled in; and where it ends."""
        if depth > _MAX_DEPTH:
            raise Unfilled(f"variables stand more than {_MAX_DEPTH} deep in one another")
        text, parts, at = self._text, [], start
        while at < len(text) and text[at] != stop:
            match = _START.match(text, at) if text[at] == "$" else None
            if match is None:
                if text.startswith("${", at):
                    raise Unfilled("it has a `${` without the name of a variable behind it")
                parts.append(text[at])
                at += 1
            elif match["dollar"]:
                parts.append("$")
                at += 2
            elif match["plain"]:
                parts.append(self._value(match["plain"]))
                at = match.end()
            else:
                value, at = self._braced(match, depth)
                parts.append(value)
        return "".join(parts), at

    def _braced(self, match: re.Match[str], depth: int) -> tuple[str, int]:
        """Fill in what a `${` opens; `match` ends behind the name."""
        name, operator = match["braced"], _OPERATOR.match(self._text, match.end())
        if operator is None:
            if not self._text.startswith("}", match.end()):
                raise Unfilled(f"the variable {name} is not closed with a brace, or is used in a way that is not known")
            return self._value(name), match.end() + 1
        value = self._variables.get(name)
        is_set = bool(value) if operator[0].startswith(":") else value is not None
        start = operator.end()
        try:
            other, end = self.until(start, "}", depth + 1)
        except Unfilled:
            # What is not needed may hold what nothing stands for.
            if not is_set or operator[0].endswith("+"):
                raise
            other, end = "", self._closing(start)
        if end >= len(self._text):
            raise Unfilled(f"the variable {name} is not closed with a brace")
        if operator[0].endswith("+"):
            return other if is_set else "", end + 1
        if operator[0].endswith("?") and not is_set:
            raise Unfilled(f"the variable {name} must be set")
        return (self._limited(value) if value is not None and is_set else other), end + 1

    def _closing(self, start: int) -> int:
        depth = 0
        for at in range(start, len(self._text)):
            depth += (self._text[at] == "{") - (self._text[at] == "}")
            if depth < 0:
                return at
        return len(self._text)

    def _value(self, name: str) -> str:
        if name not in self._variables:
            raise Unfilled(f"the variable {name} is not set")
        return self._limited(self._variables[name])

    def _limited(self, value: str) -> str:
        self._made += len(value)
        if self._made > MAX_CHARACTERS:
            raise Unfilled(f"with its variables it has more than {MAX_CHARACTERS:,} characters")
        return value


def read_variables(text: str) -> dict[str, str]:
    """Read a file such as `.env`: one variable a line; values may be quoted, and made of variables before them.

    What is no variable, or cannot be filled in, is left out: where it is used, it is then named as not set.
    """
    variables: dict[str, str] = {}
    for line in text.removeprefix("\ufeff").splitlines():
        match = None if line.lstrip().startswith("#") else _LINE.fullmatch(line)
        if match is None:
            continue
        try:
            variables[match["name"]] = _read_value(match["value"].strip(), variables)
        except Unfilled:
            variables.pop(match["name"], None)
    return variables


def _read_value(written: str, variables: Mapping[str, str]) -> str:
    if written[:1] in {"'", '"'}:
        quote = written[0]
        end = written.find(quote, 1)
        if end > 0:
            return written[1:end] if quote == "'" else fill(written[1:end], variables)
    return fill(_COMMENT.sub("", written).rstrip(), variables)
