"""From the bytes of a file to plain data, keeping the place of every value.

YAML 1.2 habits on a YAML 1.1 parser: duplicate keys, merge keys, explicit type tags and exploding aliases are
problems, and what an unquoted value looked like is remembered for the checks that want text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from mirrorgen.problems import KeyPath, Problem

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: slower, same result
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MAX_BYTES = 32 * 1024 * 1024
"""Forty times a list of 10,000 images; anything larger is a mistake."""
MAX_DEPTH = 20
"""The format itself is five deep; libyaml's composer recurses on the C stack and would crash far below."""
MAX_ALIASED_VALUES = 100_000
"""How many values aliases may repeat altogether."""

_YAML = "tag:yaml.org,2002:"
_PLAIN_TAGS = {_YAML + name for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")}
_KINDS = {"int": "a number", "float": "a number", "bool": "a boolean", "timestamp": "a date", "null": "null"}


@dataclass(frozen=True, slots=True)
class Written:
    """How a scalar stands in the file: its text, and what YAML takes it for ("a number", "text", ...)."""

    text: str
    kind: str


@dataclass(slots=True)
class Document:
    """One YAML file.

    Attributes:
        file: its name, as the user gave it.
        data: the plain data: dicts, lists and scalars; None where nothing could be read.
        problems: what reading it found.
    """

    file: str
    data: Any = None
    problems: list[Problem] = field(default_factory=list)
    _root: yaml.Node | None = None

    def place(self, problem: Problem) -> Problem:
        """Return `problem` with file, line and column filled in from its path."""
        if problem.file:
            return problem
        if problem.line:
            return problem.at(self.file, problem.line, problem.column, problem.related_line)
        line, column = self._position(problem.path, on_key=problem.on_key)
        related_line = self._position(problem.related)[0] if problem.related is not None else 0
        return problem.at(self.file, line, column, related_line)

    def written(self, path: KeyPath) -> Written | None:
        """Return how the scalar at `path` stands in the file, or None where there is no scalar."""
        node = self._node(path)
        if not isinstance(node, yaml.ScalarNode):
            return None
        return Written(node.value, _KINDS.get(node.tag.removeprefix(_YAML), "text"))

    def _node(self, path: KeyPath) -> yaml.Node | None:
        node = self._root
        for step in path:
            found = _child(node, step)
            if found is None:
                return None
            node = found[1]
        return node

    def _position(self, path: KeyPath, *, on_key: bool = False) -> tuple[int, int]:
        """Line and column of a value, from 1; of the nearest parent where the value is not there."""
        if self._root is None:
            return 0, 0
        node = self._root
        mark = node.start_mark
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            key, node = found
            # A block mapping starts on its first key, which says less than the key that leads to it.
            mark = key.start_mark if on_key and key is not None else node.start_mark
        return mark.line + 1, mark.column + 1


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None


def read_file(path: Path) -> Document:
    """Read a file; whatever is wrong with it is in the result's `problems`."""
    content = read_content(path)
    if isinstance(content, bytes):
        return read_bytes(content, file=str(path))
    return Document(str(path), problems=[content])


def read_content(path: Path) -> bytes | Problem:
    """Return what is in a file, or why it cannot be had."""
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
        size = path.stat().st_size / 1024 / 1024
        message = f"the file has {size:.0f} MiB; a list may have {MAX_BYTES // 1024 // 1024} MiB"
        return Problem("file-too-large", message, hint="is this the right file?")
    return None


def read_bytes(content: bytes, *, file: str) -> Document:
    """Read the content of a file named `file`; whatever is wrong with it is in the result's `problems`."""
    document = Document(file)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        problem = Problem("not-utf8", f"byte {content[error.start]:#04x} is not UTF-8", hint="save the file as UTF-8")
        document.problems.append(problem.at(file, line, column))
        return document
    try:
        problem_found = _too_deep(text)
        if problem_found:
            document.problems.append(problem_found.at(file, problem_found.line, problem_found.column))
            return document
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        document.problems.append(_syntax_problem(error, text, file))
        return document
    if root is None:
        hint = "a list starts with `images:`"
        document.problems.append(Problem("file-empty", "the file is empty", hint=hint).at(file, 1, 1))
        return document
    document._root = root
    walk = _Walk(document)
    document.data = walk.value(root, ())
    document.problems = [document.place(problem) for problem in document.problems]
    return document


def _too_deep(text: str) -> Problem | None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark = cast(yaml.Mark, event.start_mark)
                message = f"lists and mappings are nested more than {MAX_DEPTH} deep"
                return Problem("too-deep", message, line=mark.line + 1, column=mark.column + 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _syntax_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML"
    context = getattr(error, "context", None)
    if isinstance(error, yaml.composer.ComposerError) and "another document" in what:
        what, context = "a second document starts here; the list is one document", None
    line, column = (mark.line + 1, mark.column + 1) if mark else _reader_position(error, text)
    message = f"{what}, {context}" if context else str(what)
    return Problem("yaml-syntax", message, hint=_syntax_hint(what, text, line, column)).at(file, line, column)


def _reader_position(error: yaml.YAMLError, text: str) -> tuple[int, int]:
    offset = getattr(error, "position", None)
    if not isinstance(offset, int):
        return 1, 1
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _syntax_hint(what: str, text: str, line: int, column: int) -> str:
    if "second document" in what:
        return "keep one document, and remove the line `---`"
    if "escape" in what:
        return "in double quotes a backslash starts an escape; single quotes take it as it is"
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    indent = written[: len(written) - len(written.lstrip())]
    if "\t" in indent:
        return "indent with spaces; YAML does not allow tabs there"
    if written[column - 1 : column] in {"@", "`", "%", "*", "&", "!"} or "alias" in what:
        return 'put the value in quotes: "..."'
    if "mapping values" in what:
        return "is the indentation right, and is a value that holds `: ` in quotes?"
    if "end of stream" in what:
        return "is a closing quote missing?"
    if "expected ',' or" in what or "node content" in what:
        return "is a comma or a closing bracket missing?"
    return "compare the indentation with the lines around it"


class _Walk:
    """Turns nodes into data and collects what is wrong on the way."""

    def __init__(self, document: Document) -> None:
        self._problems = document.problems
        self._constructor = yaml.constructor.SafeConstructor()
        self._open: set[int] = set()
        self._seen: set[int] = set()
        self._aliased = 0
        self._bomb_reported = False

    def _add(self, code: str, message: str, path: KeyPath, hint: str = "", **place: Any) -> None:
        self._problems.append(Problem(code, message, path, hint, **place))

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
        written = node.tag.replace(_YAML, "!!")
        self._add("yaml-tag", f"the type tag {_shown(written)} is not allowed here", path, "remove the tag")

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        if node.tag == _YAML + "str":
            if not node.value.isascii() or not node.value.isprintable() or "{{" in node.value or "}}" in node.value:
                self._check_text(node.value, path)
            return node.value
        try:
            return self._constructor.construct_object(node)
        except (ValueError, OverflowError):
            kind = _KINDS.get(node.tag.removeprefix(_YAML), "another type")
            message = f"YAML takes {_shown(node.value)} for {kind}, but it is not one"
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
                mark = key_node.start_mark
                message = f"the key {_shown(key)!r} stands here a second time; the first is on line {line}"
                self._add(
                    "duplicate-key", message, (*path, key), "keep one of the two", line=mark.line + 1,
                    column=mark.column + 1, related_line=line,
                )  # fmt: skip
                continue
            first[key] = key_node
            data[key] = self.value(value_node, (*path, key))
        return data

    def _key(self, node: yaml.Node, path: KeyPath) -> str | None:
        mark = node.start_mark
        place = {"line": mark.line + 1, "column": mark.column + 1}
        if node.tag == _YAML + "merge":
            hint = "repeat the keys, or use `defaults`"
            self._add("merge-key", "merge keys (`<<`) are not supported", path, hint, **place)
            return None
        if not isinstance(node, yaml.ScalarNode) or node.tag != _YAML + "str":
            shown = f" {_shown(node.value)}" if isinstance(node, yaml.ScalarNode) else ""
            self._add("key-not-text", f"the key{shown} is not text", path, "put the key in quotes", **place)
            return None
        self._check_text(node.value, (*path, node.value))
        return str(node.value)


def _shown(text: str) -> str:
    """A user's text as it may stand in a message: one line, printable, not endless."""
    printable = "".join(char if char.isprintable() else "?" for char in text)
    return printable if len(printable) <= 80 else printable[:77] + "..."
