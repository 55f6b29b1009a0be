"""A YAML file with its text: its plain data, and where every key and value of it stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from mirrorgen.problems import Excerpt, KeyPath, Problem

# Without libyaml PyYAML is slower, with the same result.
LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""What parses YAML."""
YAML = "tag:yaml.org,2002:"
"""What the tags of YAML's own types start with."""
KINDS = {"int": "a number", "float": "a number", "bool": "a boolean", "timestamp": "a date", "null": "null"}
"""What a type of YAML is called in a sentence, where it is not text."""

# What libyaml counts as the end of a line.
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_COMMENT = re.compile(r"\s+(#.*)?$")
_SHOWN_BEFORE, _SHOWN_AFTER = 40, 70
"""How many characters of a line are shown around what is wrong: a list of tags may be one line of a megabyte."""

_SECRET_KEY = re.compile("cred|passw|secret|token|user", re.IGNORECASE)
# `user:password@host` and `token@host`, but not a digest behind a name.
_USER_INFO = re.compile(r"[^\s@'\"]@(?![a-z0-9+._-]+:[A-Fa-f0-9]+$)")
_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Written:
    """How a scalar stands in the file: its text, and what YAML takes it for ("a number", "text", ...)."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Where a key or a value stands.

    Attributes:
        start, end: offsets in the text, in characters; `text[start:end]` is all of it.
        line, column: of the start, from 1.
        end_line, end_column: of the end, from 1; the column is that behind the last character.
    """

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


def span_of(node: yaml.Node) -> Span:
    """Return where a node stands, without the comments behind it."""
    start, end = cast(yaml.Mark, node.start_mark), _end_of(node)
    return Span(start.index, end.index, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def span_at(mark: yaml.Mark) -> Span:
    """Return the span of the one character at a mark."""
    line, column = mark.line + 1, mark.column + 1
    return Span(mark.index, mark.index + 1, line, column, line, column + 1)


def _end_of(node: yaml.Node) -> yaml.Mark:
    """The parser ends a collection in block style only where the next thing begins."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        *_, previous, last = (node, *node.value[-1]) if isinstance(node.value[-1], tuple) else (node, *node.value[-2:])
        if last.start_mark.index <= max(node.start_mark.index, previous.start_mark.index):
            break  # an alias: what it stands for is somewhere before
        node = last
    return cast(yaml.Mark, node.end_mark)


@dataclass(slots=True)
class Document:
    """One YAML file.

    Attributes:
        file: its name, as the user gave it.
        data: the plain data: dicts, lists and scalars; None where nothing could be read.
        problems: what reading it found.
        text: what the file says, and empty where it is not text.
        root: the tree that the data was made from; None where it is not YAML.
    """

    file: str
    data: Any = None
    problems: list[Problem] = field(default_factory=list)
    text: str = ""
    root: yaml.Node | None = None
    _secrets: list[Span] | None = None
    _shared: frozenset[int] | None = None

    def place(self, problem: Problem) -> Problem:
        """Return `problem` with its place filled in from its path."""
        if problem.file:
            return problem
        span = self.span(problem.path, on_key=problem.on_key)
        related = self.span(problem.related) if problem.related is not None else None
        return self.locate(problem, span, related)

    def locate(self, problem: Problem, span: Span | None, related: Span | None = None) -> Problem:
        """Return `problem` with its place filled in.

        Args:
            problem: without a place.
            span: where it is; None for the whole file.
            related: where the other value that takes part is, if there is one.
        """
        related_line = related.line if related else 0
        if span is None:
            return problem.at(self.file, 0, 0, related_line)
        return problem.at(self.file, span.line, span.column, related_line, self._excerpt(span))

    def written(self, path: KeyPath) -> Written | None:
        """Return how the scalar at `path` stands in the file, or None where there is no scalar."""
        nodes = self._nodes(path)
        if len(nodes) <= len(path) or not isinstance(nodes[-1][1], yaml.ScalarNode):
            return None
        node = nodes[-1][1]
        return Written(node.value, KINDS.get(node.tag.removeprefix(YAML), "text"))

    def span(self, path: KeyPath, *, on_key: bool = False) -> Span | None:
        """Return where the value at `path` stands, or the nearest one around it; None without any.

        Args:
            path: keys and indexes.
            on_key: whether the key that leads to the value is meant.
        """
        nodes = self._nodes(path)
        if not nodes:
            return None
        key, node = nodes[-1]
        # A block mapping starts on its first key, which says less than the key that leads to it.
        return span_of(key if on_key and key is not None else node)

    def is_shared(self, path: KeyPath) -> bool:
        """Whether the value at `path`, or what it stands in, stands elsewhere, too, by an alias."""
        if self._shared is None:
            self._shared = frozenset(_shared_nodes(self.root))
        return any(id(node) in self._shared for _, node in self._nodes(path))

    def _nodes(self, path: KeyPath) -> list[tuple[yaml.Node | None, yaml.Node]]:
        """The root and what each step of a path leads to, with the key, as far as it leads."""
        nodes: list[tuple[yaml.Node | None, yaml.Node]] = [] if self.root is None else [(None, self.root)]
        for step in path:
            found = _child(nodes[-1][1], step) if nodes else None
            if found is None:
                break
            nodes.append(found)
        return nodes

    def _excerpt(self, span: Span) -> Excerpt | None:
        """The line on which a span starts, cut where it is long, and without what may be secret."""
        if self.root is None and self._may_tell_secrets(span):
            return None
        line_start = span.start - span.column + 1
        start = max(line_start, span.start - _SHOWN_BEFORE)
        limit = min(span.start + _SHOWN_AFTER, len(self.text))
        line_break = _LINE_BREAK.search(self.text, span.start, limit)
        end = line_break.start() if line_break else limit
        marked_end = min(span.end, end)
        before, marked, after = (
            self._shown(*offsets) for offsets in ((start, span.start), (span.start, marked_end), (marked_end, end))
        )
        if span.end_line > span.line:
            marked, after = _COMMENT.sub("", marked), ""
        before = f"…{before}" if start > line_start else before
        after = after if line_break or limit == len(self.text) else f"{after}…"
        return Excerpt(before + marked + after, len(before), len(before) + len(marked))

    def _may_tell_secrets(self, span: Span) -> bool:
        """Where a file cannot be parsed, only words can tell what a line is about, and the line before it."""
        end = _LINE_BREAK.search(self.text, span.start)
        lines = _LINE_BREAK.split(self.text[: end.start() if end else len(self.text)])
        return any(_SECRET_KEY.search(line) or _USER_INFO.search(line) for line in lines[-2:])

    def _shown(self, start: int, end: int) -> str:
        """The text between two offsets, with a mark for each secret."""
        if self._secrets is None:
            self._secrets = sorted({span_of(node) for node in _secret_nodes(self.root)}) if self.root else []
        shown = ""
        # Scalars do not overlap, so that they end in the order in which they start.
        index = bisect_right(self._secrets, start, key=lambda secret: secret.end)
        while index < len(self._secrets) and self._secrets[index].start < end:
            shown += self.text[start : max(start, self._secrets[index].start)] + _HIDDEN
            start = min(end, self._secrets[index].end)
            index += 1
        return shown + self.text[start:end]


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None


def _shared_nodes(root: yaml.Node | None) -> Iterator[int]:
    """Yield what aliases refer to, by identity: nodes to which more than one way leads."""
    waiting, seen = [root] if root else [], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            yield id(node)
            continue
        seen.add(id(node))
        if isinstance(node, yaml.CollectionNode):
            for child in node.value:
                waiting += child if isinstance(child, tuple) else [child]


def _secret_nodes(root: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """Yield what stands under a key that sounds like credentials, and addresses with a user name in them.

    What is wrong with a list may be that a secret stands in it, where it does not belong.
    """
    waiting, seen = [(root, False)], set()
    while waiting:
        node, is_secret = waiting.pop()
        if isinstance(node, yaml.ScalarNode):
            if node.value and (is_secret or _USER_INFO.search(node.value)):
                yield node
        elif (id(node), is_secret) not in seen:
            seen.add((id(node), is_secret))
            for child in cast(yaml.CollectionNode, node).value:
                key, value = child if isinstance(child, tuple) else (None, child)
                if isinstance(key, yaml.ScalarNode):
                    waiting.append((value, is_secret or bool(_SECRET_KEY.search(key.value))))
                else:
                    waiting += [(part, is_secret) for part in (key, value) if part is not None]
