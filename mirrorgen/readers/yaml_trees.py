"""One document of YAML, built from the events of the parser: data, and the nodes that say where it stands.

What aliases repeat is shared, not copied, and counted: what would unfold to more than any real document is not read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from mirrorgen.problems import KeyPath, printable

MAX_DEPTH = 200
"""Schemas of custom resources are some sixty deep."""

MAX_REPEATED_VALUES = 1_000_000
"""How many values aliases may repeat altogether: twenty for each of 50,000 entries."""

_YAML = "tag:yaml.org,2002:"
_PLAIN_TAGS = {_YAML + name for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")} | {"!"}
# The core schema of https://yaml.org/spec/1.2.2/#1032-tag-resolution
_CONSTANTS = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_CONSTANTS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
_MERGE = "<<"

Event = Any
"""An event of the parser, with its marks, which its published types do not promise."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with a type tag that only another program knows, such as `!Sub` of CloudFormation or `!reset` of compose.

    Attributes:
        tag: as it is written, `!Sub`.
        value: what it stands before.
    """

    tag: str
    value: Any


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What of a document cannot be read; line and column count from 0, from where its part of the text starts."""

    line: int
    column: int
    reason: str
    hint: str = ""
    written: str = ""
    path: KeyPath = ()


@dataclass(slots=True)
class Node:
    """A value with the event that started it, and the one that ended it.

    Attributes:
        data: what it stands for.
        children: by key or index.
        size: how many values it unfolds to.
    """

    start: Event
    end: Event
    data: Any
    children: dict[Any, Node]
    size: int = 1


@dataclass(slots=True)
class _Open:
    """A collection that is being read."""

    node: Node
    items: Any
    is_mapping: bool
    anchor: str | None
    key: str | None = None
    has_key: bool = False
    is_merge: bool = False
    merged: list[Node] = field(default_factory=list)


_NONE: dict[Any, Node] = {}


class Tree:
    """Builds one document."""

    def __init__(self) -> None:
        self.troubles: list[Unreadable] = []
        self.is_broken = False
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._repeated = 0

    @property
    def data(self) -> Any:
        """What the document stands for; None where it is empty."""
        return self.root.data if self.root else None

    def add(self, event: Event) -> None:
        """Take the next event of the document; once it `is_broken` the others are of no interest."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._add_scalar(event)
        elif kind in {yaml.MappingStartEvent, yaml.SequenceStartEvent}:
            self._start(event, is_mapping=kind is yaml.MappingStartEvent)
        elif kind in {yaml.MappingEndEvent, yaml.SequenceEndEvent}:
            self._end(event)
        elif kind is yaml.AliasEvent:
            self._add_alias(event)

    def _give_up(self, event: Event, reason: str, hint: str = "") -> None:
        self.is_broken = True
        self.troubles.append(Unreadable(event.start_mark.line, event.start_mark.column, reason, hint))

    def _add_scalar(self, event: Event) -> None:
        data: Any = event.value
        if not event.style and data in _CONSTANTS and event.tag in {None, _YAML + "null", _YAML + "bool"}:
            data = _CONSTANTS[data]
        node = Node(event, event, _tagged(event.tag, data), _NONE)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._put(node)

    def _start(self, event: Event, *, is_mapping: bool) -> None:
        if len(self._open) == MAX_DEPTH:
            self._give_up(event, f"lists and mappings are nested more than {MAX_DEPTH} deep")
            return
        items: Any = {} if is_mapping else []
        node = Node(event, event, _tagged(event.tag, items), {})
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open(node, items, is_mapping, event.anchor))

    def _end(self, event: Event) -> None:
        opened = self._open.pop()
        opened.node.end = event
        for merged in opened.merged:
            self._merge(opened, merged)
        if opened.anchor is not None:
            self._anchors[opened.anchor] = opened.node
        self._put(opened.node)

    def _add_alias(self, event: Event) -> None:
        if event.anchor not in self._anchors:
            hint = "put it in quotes if it is text that starts with a star"
            self._give_up(event, f"no anchor stands before the alias {_shown('*' + event.anchor)}", hint)
            return
        node = self._anchors[event.anchor]
        if node is None:
            self._give_up(event, f"the alias {_shown('*' + event.anchor)} stands within what it repeats")
            return
        self._count(node.size, event)
        self._put(node)

    def _count(self, repeated: int, event: Event) -> None:
        self._repeated += repeated
        if self._repeated > MAX_REPEATED_VALUES and not self.is_broken:
            self._give_up(event, f"aliases repeat more than {MAX_REPEATED_VALUES:,} values")

    def _put(self, node: Node) -> None:
        """Put a value where it belongs: into the collection that is being read, as a key or as a value."""
        if not self._open:
            self.root = node
            return
        opened = self._open[-1]
        if not opened.is_mapping:
            opened.node.children[len(opened.items)] = node
            opened.node.size += node.size
            opened.items.append(node.data)
        elif not opened.has_key:
            self._put_key(opened, node)
        else:
            opened.has_key = False
            if opened.is_merge:
                self._take_merged(opened, node)
            elif opened.key is not None:
                self._put_member(opened, opened.key, node)

    def _put_key(self, opened: _Open, node: Node) -> None:
        event = node.start
        is_text = isinstance(event, yaml.ScalarEvent)
        opened.has_key, opened.key = True, event.value if is_text else None
        opened.is_merge = is_text and event.value == _MERGE and not event.style
        if not is_text:
            reason = "a list or a mapping stands here as a key, and what belongs to it is not read"
            hint = "is it a template, with braces and without quotes?"
            self._note(node, reason, hint)

    def _put_member(self, opened: _Open, key: str, node: Node) -> None:
        earlier = opened.node.children.get(key)
        if earlier is not None and earlier.data != node.data:
            reason = "this key stands a second time in one mapping, and what stood there first is not read"
            self._note(node, reason, "keep one of the two", key)
        opened.node.children[key] = node
        opened.node.size += node.size
        opened.items[key] = node.data

    def _note(self, node: Node, reason: str, hint: str, key: str = "") -> None:
        path = [step for opened in self._open for step in [opened.key if opened.is_mapping else len(opened.items)]]
        mark = node.start.start_mark
        known = tuple("?" if step is None else step for step in path)
        self.troubles.append(Unreadable(mark.line, mark.column, reason, hint, _shown(key), known))

    def _take_merged(self, opened: _Open, node: Node) -> None:
        merged = list(node.children.values()) if isinstance(node.data, list) else [node]
        opened.merged += merged
        if not all(isinstance(each.data, dict) for each in merged):
            self._note(node, "only mappings can be merged (`<<`)", "", _MERGE)

    def _merge(self, opened: _Open, merged: Node) -> None:
        """Add the keys that are not there yet: https://yaml.org/type/merge.html."""
        if not isinstance(merged.data, dict):
            return
        for key, child in merged.children.items():
            if key not in opened.node.children:
                opened.node.children[key] = child
                opened.node.size += child.size
                opened.items[key] = child.data


class YamlPlaces:
    """Where the values of one document are, in the text that its part starts in at `start`, on line `line` from 0."""

    def __init__(self, root: Node | None, start: int, line: int) -> None:
        self._root = root
        self._start = start
        self._line = line

    def extent(self, path: KeyPath) -> tuple[int, int, int, int]:
        """Return start, end, line and column of the value at a path, or of the nearest above that there is."""
        node = self._root
        assert node is not None
        for step in path:
            if step not in node.children:
                break
            node = node.children[step]
        start, end = node.start.start_mark, node.end.end_mark
        return start.index + self._start, end.index + self._start, start.line + self._line + 1, start.column + 1


def _tagged(tag: str | None, data: Any) -> Any:
    if tag is None or tag in _PLAIN_TAGS:
        return data
    return Tagged(tag.replace(_YAML, "!!"), data)


def _shown(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= 80 else shown[:77] + "..."
