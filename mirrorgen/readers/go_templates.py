"""Templates of Go in texts, as far as they only join and cut texts; whoever writes files of tools uses little else.

What a template says is looked up and cut here, never run: files are not read, and variables are those that were given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_ACTION = re.compile(r"(?:\s*\{\{-(?=\s)|\{\{)(.*?)(?:(?<=\s)-\}\}\s*|\}\})", re.DOTALL)
_PIECE = re.compile(r"""\s*(?:("(?:[^"\\\n]|\\.)*"|`[^`]*`)|(\d+)|(\.[A-Za-z0-9_.]*|\w+)|([()|]))""")
_ENV = re.compile(r"\s*\{\{-?\s*env\s+(?:\"(\w+)\"|`(\w+)`)\s*-?\}\}\s*")
_ESCAPES = {r"\"": '"', r"\\": "\\", r"\n": "\n", r"\t": "\t"}


class Unresolvable(Exception):
    """A template says what is known only when its tool runs; the text says what, without a final stop."""


def variable_in(text: str) -> str | None:
    """Return the name of the variable that a template is about and nothing else, `{{env "NAME"}}`; None for others."""
    match = _ENV.fullmatch(text)
    return (match[1] or match[2]) if match else None


def expanded(text: str, fields: Mapping[str, str], variables: Mapping[str, str]) -> str:
    """Return a text with its templates expanded.

    Args:
        text: with templates between `{{` and `}}`, or without any.
        fields: what stands for `.Sync.Source` and the like.
        variables: what `env` looks up.

    Raises:
        Unresolvable: a template asks for something else, or cannot be read.
    """
    if "{{" not in text:
        return text
    done = _ACTION.sub(lambda match: str(_Expression(match[1], fields, variables).value()), text)
    if "{{" in _ACTION.sub("", text):
        raise Unresolvable("it has `{{` without `}}`")
    return done


class _Expression:
    """One action: commands with their arguments, each handing its value to the next behind a `|`."""

    def __init__(self, text: str, fields: Mapping[str, str], variables: Mapping[str, str]) -> None:
        self._pieces = list(_pieces(text))
        self._fields = fields
        self._variables = variables
        self._place = 0

    def value(self) -> Any:
        value = self._pipeline()
        if self._place != len(self._pieces):
            raise Unresolvable("its template cannot be read")
        return value

    def _pipeline(self) -> Any:
        value = self._command(())
        while self._next() == "|":
            self._place += 1
            value = self._command((value,))
        return value

    def _command(self, last: tuple[Any, ...]) -> Any:
        piece = self._next()
        if piece is not None and re.match(r"[A-Za-z_]", piece):
            if piece not in _FUNCTIONS and piece != "env":
                raise Unresolvable(f"its template calls `{piece}`")
            self._place += 1
            arguments = []
            while self._next() not in {None, ")", "|"}:
                arguments.append(self._operand())
            return self._call(piece, (*arguments, *last))
        if last:
            raise Unresolvable("its template cannot be read")
        return self._operand()

    def _operand(self) -> Any:
        piece = self._next()
        self._place += 1
        if piece == "(":
            value = self._pipeline()
            if self._next() != ")":
                raise Unresolvable("its template has a `(` without `)`")
            self._place += 1
            return value
        if piece is None or piece in {")", "|"}:
            raise Unresolvable("its template cannot be read")
        if piece[0] == "`":
            return piece[1:-1]
        if piece[0] == '"':
            return re.sub(r"\\.", lambda match: _ESCAPES.get(match[0], match[0]), piece[1:-1])
        if piece.isdigit():
            return int(piece)
        if piece in self._fields:
            return self._fields[piece]
        raise Unresolvable(f"its template asks for `{piece}`")

    def _call(self, name: str, arguments: tuple[Any, ...]) -> Any:
        if name == "env" and len(arguments) == 1:
            variable = str(arguments[0])
            if variable not in self._variables:
                raise Unresolvable(f"its template needs the variable {variable}")
            return self._variables[variable]
        try:
            return _FUNCTIONS[name](*arguments)
        except (TypeError, ValueError, LookupError, AttributeError):
            raise Unresolvable(f"its template calls `{name}` with what does not fit") from None

    def _next(self) -> str | None:
        return self._pieces[self._place] if self._place < len(self._pieces) else None


def _pieces(text: str) -> list[str]:
    pieces, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _PIECE.match(text, place)
        if match is None:
            raise Unresolvable("its template cannot be read")
        pieces.append(match.group().strip() if not match[1] else match[1])
        place = match.end()
    return pieces


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "default": lambda fallback, value: value or fallback,
    "index": lambda values, index: values[index] if index >= 0 else values[len(values)],
    "join": lambda values, between: between.join(values),
    "lower": lambda text: text.lower(),
    "split": lambda text, between: text.split(between),
    "trimSpace": lambda text: text.strip(),
    "upper": lambda text: text.upper(),
}
"""Those of pkg/template of regclient that need nothing but their arguments, and `index` of Go itself."""
