"""Additions to the text of a list, each put in where nothing that is there has to move."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mirrorgen.importing.drafts import Draft
from mirrorgen.importing.text import block_lines, in_brackets
from mirrorgen.master_list.document import Document
from mirrorgen.master_list.splicing import find_tags
from mirrorgen.master_list.writing import tags_document
from mirrorgen.problems import KeyPath

_COMMENT = re.compile(r"[ \t]*#")


@dataclass(frozen=True, slots=True)
class Splice:
    """What stands in the place of a part of a text; the part may be empty."""

    start: int
    end: int
    text: str


def spliced(document: Document, splices: Iterable[Splice]) -> str:
    """Return the text of a list with parts replaced, of those at the same place in their order."""
    text, pieces, done = _whole_lines(document), [], 0
    for splice in sorted(splices, key=lambda splice: splice.start):
        pieces += [text[done : splice.start], splice.text]
        done = splice.end
    made = "".join([*pieces, text[done:]])
    return made if document.text.endswith("\n") else made.rstrip("\r\n")


def add_entries(document: Document, entries: Sequence[Mapping[str, Any]]) -> Splice | None:
    """Return what puts new entries behind those of a list; None where that cannot be done without a guess."""
    last = ("images", len(document.data["images"]) - 1)
    items, item = document.span(("images",)), document.span(last)
    if items is None or item is None or document.is_shared(last) or item.start < items.start:
        return None
    text = document.text
    if text[items.start] == "[":
        return _behind(document, item.end, items.end, [in_brackets(entry) for entry in entries])
    line = text[text.rfind("\n", 0, item.start) + 1 : item.start]
    dash, _, rest = line.partition("-")
    if dash.strip() or rest.strip():
        return None
    lines = "".join(line + block_lines(entry, len(line)).lstrip() for entry in entries)
    return _below(document, item.end, lines, behind=len(line))


def add_to_entry(document: Document, draft: Draft) -> list[Splice] | None:
    """Return what puts tags and a rule to an entry of a list; None where that cannot be done without a guess."""
    assert draft.image
    path = (*draft.image.path, "tags")
    if document.is_shared(path):
        return None
    tags, has = tags_document(draft.added), draft.image.tags
    if not has.is_mapping:
        added = _extended(document, path, len(has.exact), list(draft.exact))
        others = {key: value for key, value in tags.items() if key != "exact"} if isinstance(tags, dict) else {}
        if added is None:
            return None
        return _as_mapping(document, path, added, others) if others else [added]
    splices = []
    new = dict(tags) if isinstance(tags, dict) else {"exact": tags}
    if has.exact and new.pop("exact", None):
        splices.append(_extended(document, (*path, "exact"), len(has.exact), list(draft.exact)))
    if has.digests and new.pop("digests", None):
        splices.append(_add_keys(document, (*path, "digests"), draft.digests))
    if new:
        splices.append(_add_keys(document, path, new))
    return None if None in splices else [splice for splice in splices if splice]


def add_registries(document: Document, settings: Mapping[str, Any]) -> Splice | None:
    """Return what gives a list settings of registries that it does not configure; None where it would be a guess."""
    if document.data.get("registries"):
        return _add_keys(document, ("registries",), settings)
    if "registries" in document.data or document.text.startswith("{"):
        return None
    end = len(_whole_lines(document))
    return Splice(end, end, _with_breaks(document, block_lines({"registries": settings}, 0)))


def _extended(document: Document, path: KeyPath, count: int, tags: Sequence[str]) -> Splice | None:
    place = find_tags(document, path, count)
    if place is None:
        return None
    longer = place.tags.extended(tags) if tags else place.tags
    if longer is None:
        return None
    # The last line of a file may lack its break, which the list of tags has.
    end = len(_whole_lines(document)) if longer.text.endswith("\n") and place.end == len(document.text) else place.end
    return Splice(place.start, end, longer.text)


def _as_mapping(document: Document, path: KeyPath, tags: Splice, others: Mapping[str, Any]) -> list[Splice] | None:
    """Put a list of tags under `exact`, beside other keys."""
    entry = document.span(path[:-1])
    if tags.text.startswith("["):
        rest = "".join(f", {in_brackets({key: value})[1:-1]}" for key, value in others.items())
        return [Splice(tags.start, tags.end, f"{{exact: {tags.text}{rest}}}")]
    if entry is None or document.text[entry.start] in "{&":
        return None
    indent = entry.column + 1
    first = next(line for line in tags.text.splitlines() if line.lstrip().startswith("-"))
    shift = " " * max(0, indent - (len(first) - len(first.lstrip())))
    lines = "".join(f"{shift}{line}" if line.strip() else line for line in tags.text.splitlines(keepends=True))
    head = _with_breaks(document, f"{' ' * indent}exact:\n")
    return [Splice(tags.start, tags.end, f"{head}{lines}{_with_breaks(document, block_lines(others, indent))}")]


def _add_keys(document: Document, path: KeyPath, data: Mapping[str, Any]) -> Splice | None:
    """Return what puts keys behind those of a mapping that has some."""
    has: Any = document.data
    for step in path:
        has = has[step]
    whole, last = document.span(path), document.span((*path, list(has)[-1]))
    if whole is None or last is None or document.is_shared((*path, list(has)[-1])) or last.start < whole.start:
        return None
    mark = document.text[whole.start]
    if mark == "{":
        pairs = [in_brackets({key: value})[1:-1] for key, value in data.items()]
        return _behind(document, last.end, whole.end, pairs)
    return None if mark in "&!" else _below(document, last.end, block_lines(data, whole.column - 1))


def _behind(document: Document, place: int, end: int, items: Sequence[str]) -> Splice | None:
    """Put items behind the last one between brackets, unless a comment there may be about that."""
    if "#" in document.text[place:end]:
        return None
    return Splice(place, place, "".join(f", {item}" for item in items))


def _below(document: Document, place: int, lines: str, *, behind: int | None = None) -> Splice:
    """Put lines below the one on which something ends, and below the comments that have at least so many blanks."""
    text = _whole_lines(document)
    # What ends in an alias ends, for the parser, where the next thing begins.
    is_beyond = text.endswith(("\n", " "), 0, place)
    start = _above_blanks(text, place) if is_beyond else text.index("\n", place) + 1
    while behind is not None and text[start : start + behind].isspace() and _COMMENT.match(text, start):
        start = text.index("\n", start) + 1
    return Splice(start, start, _with_breaks(document, lines))


def _above_blanks(text: str, place: int) -> int:
    """Where the line behind the last one starts, before a place, that says anything."""
    start = text.rfind("\n", 0, place) + 1
    while start:
        above = text.rfind("\n", 0, start - 1) + 1
        line = text[above:start].strip()
        if line and not line.startswith("#"):
            break
        start = above
    return start


def _whole_lines(document: Document) -> str:
    return document.text if document.text.endswith("\n") else document.text + _line_break(document)


def _with_breaks(document: Document, lines: str) -> str:
    return lines.replace("\n", _line_break(document))


def _line_break(document: Document) -> str:
    return "\r\n" if "\r\n" in document.text else "\n"
