"""From a file, or its bytes, to a document: what can be read at all, as plain data.

YAML 1.2 habits on a YAML 1.1 parser: duplicate keys, merge keys, explicit type tags and exploding aliases are problems.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import yaml

from mirrorgen.master_list.document import KINDS, LOADER, YAML, Document, span_of
from mirrorgen.master_list.syntax import depth_problem, syntax_problem
from mirrorgen.problems import KeyPath, Problem, printable

MAX_BYTES = 32 * 1024 * 1024
"""Forty times a list of 10,000 images; anything larger is a mistake."""

MAX_ALIASED_VALUES = 100_000
"""How many values aliases may repeat altogether."""

MAX_NUMBER = 100
"""Characters of a number or a date. YAML takes `1:1:1:...` for one, in time that grows with the square."""

_PLAIN_TAGS = {YAML + name for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")}


def read_file(path: Path) -> Document:
    """Read a file; whatever is wrong with it is in the result's `problems`."""
    content = _read_content(path)
    if isinstance(content, bytes):
        return read_bytes(content, file=str(path))
    return Document(str(path), problems=[content])


def _read_content(path: Path) -> bytes | Problem:
    """What is in a file, or why it cannot be had."""
    problem = _file_problem(path)
    if problem is None:
        try:
            return path.read_bytes()
        except OSError as error:
            problem = Problem("file-unreadable", f"the file cannot be read: {error.strerror}")
    return problem.at(str(path), 0, 0)


def _file_problem(path: Path) -> Problem | None:
    if path.is_dir():
        return Problem("file-is-directory", "this is a directory", hint="give the path of the list itself")
    if not path.exists():
        hint = "run the command in the folder of your list, or give its path"
        return Problem("file-missing", "there is no such file", hint=hint)
    if not path.is_file():
        return Problem("file-unreadable", "this is not a regular file")
    if path.stat().st_size > MAX_BYTES:
        return too_large(path.stat().st_size)
    return None


def too_large(size: int) -> Problem:
    """Return the problem of a file with more than `MAX_BYTES`."""
    message = f"the file has {size / 1024 / 1024:.0f} MiB; a list may have {MAX_BYTES // 1024 // 1024} MiB"
    return Problem("file-too-large", message, hint="is this the right file?")


def read_bytes(content: bytes, *, file: str) -> Document:
    """Read the content of a file named `file`; whatever is wrong with it is in the result's `problems`."""
    document = Document(file)
    try:
        document.text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        document.problems.append(_not_utf8(error, content).at(file, *_place(content, error.start)))
        return document
    try:
        deep = depth_problem(document)
        root = None if deep else yaml.compose(document.text, Loader=LOADER)
    except yaml.YAMLError as error:
        document.problems.append(syntax_problem(error, document))
        return document
    if deep:
        document.problems.append(deep)
    elif root is None:
        hint = "a list starts with `images:`"
        document.problems.append(Problem("file-empty", "the file is empty", hint=hint).at(file, 1, 1))
    else:
        _fill_in_data(document, root)
    return document


def _not_utf8(error: UnicodeDecodeError, content: bytes) -> Problem:
    return Problem("not-utf8", f"byte {content[error.start]:#04x} is not UTF-8", hint="save the file as UTF-8")


def _place(content: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte, from 1."""
    return content.count(b"\n", 0, offset) + 1, offset - content.rfind(b"\n", 0, offset)


def _fill_in_data(document: Document, root: yaml.Node) -> None:
    """Give a document its tree, the plain data made from it, and what was wrong on the way."""
    document.root = root
    document.data = _Walk(document).value(root, ())


class _Walk:
    """Turns nodes into data and collects what is wrong on the way."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._constructor = yaml.constructor.SafeConstructor()
        self._open: set[int] = set()
        self._seen: set[int] = set()
        self._aliased = 0
        self._bomb_reported = False

    def _add(
        self,
        code: str,
        message: str,
        path: KeyPath,
        hint: str = "",
        *,
        node: yaml.Node | None = None,
        related: yaml.Node | None = None,
    ) -> None:
        """Note a problem at a node, or at a path that leads to its place."""
        problem, document = Problem(code, message, path, hint), self._document
        if node is None:
            document.problems.append(document.place(problem))
        else:
            document.problems.append(document.locate(problem, span_of(node), span_of(related) if related else None))

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        if node.tag not in _PLAIN_TAGS:
            return self._unknown_tag(node, path)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if id(node) in self._open:
            self._add("alias-loop", "this alias refers to a value that contains it", path, "write the value out")
            return None
        if self._is_bomb(node, path):
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return self._sequence(node, path)
            return self._mapping(cast(yaml.MappingNode, node), path)
        finally:
            self._open.discard(id(node))

    def _is_bomb(self, node: yaml.Node, path: KeyPath) -> bool:
        if id(node) not in self._seen:
            self._seen.add(id(node))
            return False
        self._aliased += 1 + len(cast(yaml.CollectionNode, node).value)
        if self._aliased > MAX_ALIASED_VALUES and not self._bomb_reported:
            self._bomb_reported = True
            message = f"aliases repeat more than {MAX_ALIASED_VALUES:,} values"
            self._add("alias-bomb", message, path[:1], "write the values out, or use `defaults`")
        return self._bomb_reported

    def _unknown_tag(self, node: yaml.Node, path: KeyPath) -> None:
        written = node.tag.replace(YAML, "!!")
        self._add("yaml-tag", f"the type tag {_shown(written)} is not allowed here", path, "remove the tag")

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        if node.tag == YAML + "str":
            if not node.value.isascii() or not node.value.isprintable() or "{{" in node.value or "}}" in node.value:
                self._check_text(node.value, path)
            return node.value
        try:
            if len(node.value) <= MAX_NUMBER:
                return self._constructor.construct_object(node)
            trouble = f"and it has {len(node.value):,} characters"
        except (ValueError, OverflowError):
            trouble = "but it is not one"
        kind = KINDS.get(node.tag.removeprefix(YAML), "another type")
        message = f"YAML takes {_shown(node.value)} for {kind}, {trouble}"
        self._add("unreadable-value", message, path, f'put it in quotes: "{_shown(node.value)}"')
        return None

    def _check_text(self, text: str, path: KeyPath) -> None:
        if "{{" in text or "}}" in text:
            message = "`{{` and `}}` are not allowed: regsync would expand them as a template"
            self._add("template-braces", message, path, "write the value itself")
        # Line breaks, escape sequences and the like have no place in any value of the format, and would let a
        # value forge lines in generated files, logs and reports.
        if not text.isprintable():
            bad = next(char for char in text if not char.isprintable())
            message = f"the character U+{ord(bad):04X} is not allowed in a value"
            self._add("control-character", message, path, "write the value on one line, without it")

    def _sequence(self, node: yaml.SequenceNode, path: KeyPath) -> list[Any]:
        return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        first: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key is None:
                continue
            if key in first:
                line = first[key].start_mark.line + 1
                message = f"the key {_shown(key)!r} stands here a second time; the first is on line {line}"
                hint = "keep one of the two"
                self._add("duplicate-key", message, (*path, key), hint, node=key_node, related=first[key])
                continue
            first[key] = key_node
            data[key] = self.value(value_node, (*path, key))
        return data

    def _key(self, node: yaml.Node, path: KeyPath) -> str | None:
        if node.tag == YAML + "merge":
            hint = "repeat the keys, or use `defaults`"
            self._add("merge-key", "merge keys (`<<`) are not supported", path, hint, node=node)
            return None
        if not isinstance(node, yaml.ScalarNode) or node.tag != YAML + "str":
            shown = f" {_shown(node.value)}" if isinstance(node, yaml.ScalarNode) else ""
            self._add("key-not-text", f"the key{shown} is not text", path, "put the key in quotes", node=node)
            return None
        self._check_text(node.value, (*path, node.value))
        return str(node.value)


def _shown(text: str) -> str:
    """A user's text as it may stand in a message: one line, printable, not endless."""
    shown = printable(text)
    return shown if len(shown) <= 80 else shown[:77] + "..."
