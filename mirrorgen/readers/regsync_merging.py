"""Where regsync reads a merge key (`<<`) in another way than YAML has it (goccy/go-yaml, which regsync uses)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from mirrorgen.master_list.document import LOADER

_MERGE = "tag:yaml.org,2002:merge"
_DEEPEST = 100
"""Merges within merges; people write two or three."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A merge key that is not what it seems; line and column from 1."""

    line: int
    column: int
    reason: str
    hint: str


def merge_troubles(text: str) -> Iterator[Trouble]:
    """Yield each merge of a list, with which regsync reads nothing of the file, and each that hides what stands above.

    YAML has it that what a mapping says itself always counts; to regsync whatever stands last does.

    Args:
        text: of one document that can be read.
    """
    if "<<" not in text:
        return
    try:
        waiting = [next(iter(yaml.compose_all(text, Loader=LOADER)))]
    except yaml.YAMLError:
        # What has an anchor twice can be read, but not composed.
        yield Trouble(1, 1, "an anchor stands there twice, and which of them is merged is not told", "rename one")
        return
    seen = {id(node) for node in waiting}
    while waiting:
        node = waiting.pop()
        children = [] if isinstance(node, yaml.ScalarNode) else node.value
        if isinstance(node, yaml.MappingNode):
            yield from _hidden(node)
            children = [child for pair in node.value for child in pair]
        fresh = {id(child): child for child in children if id(child) not in seen}
        seen |= fresh.keys()
        waiting += fresh.values()


def _hidden(node: yaml.MappingNode) -> Iterator[Trouble]:
    own: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if key.tag != _MERGE:
            own[key.value] = value
            continue
        line, column = key.start_mark.line + 1, key.start_mark.column + 1
        if isinstance(value, yaml.SequenceNode):
            yield Trouble(line, column, "regsync merges one mapping, and reads no file with a list here", "merge one")
            continue
        for name, merged in _members(value, frozenset()).items():
            if name in own and not _same(own[name], merged):
                reason = f"regsync takes {name!r} from what is merged here, and not from the lines above"
                yield Trouble(line, column, reason, "write the merge first")


def _members(node: yaml.Node, within: frozenset[int]) -> dict[str, yaml.Node]:
    """What a mapping gives to another, with what is merged into it."""
    found: dict[str, yaml.Node] = {}
    if isinstance(node, yaml.MappingNode) and len(within) < _DEEPEST:
        for key, value in node.value:
            found.update(_members(value, within | {id(node)}) if key.tag == _MERGE else {key.value: value})
    return found


def _same(first: yaml.Node, second: yaml.Node) -> bool:
    is_text = isinstance(first, yaml.ScalarNode) and isinstance(second, yaml.ScalarNode)
    return first is second or (is_text and first.value == second.value)
