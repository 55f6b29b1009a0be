"""Lists of tags in the text of a file: a tag put in, replaced or taken out, and every other character as it was.

What cannot be done without a guess is not done: a comment is about the tag before or below it, and so is its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import yaml

from mirrorgen.master_list.document import LOADER, YAML, Document, Span, span_of
from mirrorgen.problems import KeyPath

_ITEM = re.compile(r"""(?P<anchor>&\S+\s+)?(?P<quote>["']?)(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]*)(?P=quote)""")
_DASH = re.compile(r"[ ]*-[ \t]+")
_REST = re.compile(r"[ \t]*(?P<comma>,?)(?P<rest>[^\r\n]*)")
_COMMENT = re.compile(r"[ \t]*#")


@dataclass(frozen=True, slots=True)
class TagList:
    """A list of tags, as it is written: `["1.25", "1.24"]`, or a line with a dash for each.

    Attributes:
        text: all of its lines, or what is between its brackets with them; a fragment of YAML in itself.
        line_break: of the file.
    """

    text: str
    line_break: str = "\n"

    @property
    def tags(self) -> list[str]:
        """The tags, in order; empty where one is written in a way that is left alone."""
        found = [_ITEM.fullmatch(self.text[item.start : item.end]) for item in self._items()]
        return [match["tag"] for match in found if match] if all(found) else []

    def replaced(self, tag: str, other: str) -> TagList:
        """Return the list with a tag in another's place, in the same quotes and beside the same comments."""
        item = self._item(tag)
        match = _ITEM.fullmatch(self.text[item.start : item.end])
        anchor = match["anchor"] or "" if match else ""
        return self._with(item.start, item.end, anchor + self._quoted(other, item))

    def added(self, tag: str, *, beside: str, before: bool) -> TagList | None:
        """Return the list with a tag more; None where that would part a tag from its comment.

        Args:
            tag: the new one.
            beside: the one next to it, whose quotes it gets.
            before: on which side, if there is no comment; otherwise on the one where it parts nothing.
        """
        item = self._item(beside)
        new = self._quoted(tag, item)
        sides: list[Callable[[Span, Sequence[str]], TagList | None]] = [self._before, self._after]
        for side in sides if before else reversed(sides):
            made = side(item, [new])
            if made is not None:
                return made
        return None

    def extended(self, tags: Sequence[str]) -> TagList | None:
        """Return the list with tags behind those that it has, or as near to its end as parts no tag from its comment.

        Args:
            tags: new ones, in order; each gets the quotes of the one next to it.

        Returns:
            The list; None where there is no such place.
        """
        for item in reversed(self._items()):
            new = [self._quoted(tag, item) for tag in tags]
            made = self._after(item, new) or self._before(item, new)
            if made is not None:
                return made
        return None

    def without(self, tag: str) -> TagList | None:
        """Return the list without a tag; None where a comment or an anchor is about it, or nothing would be left."""
        item = self._item(tag)
        start, end = self._line(item)
        if self.tags == [tag] or self.text[item.start] == "&" or _COMMENT.match(self._line_above(start)):
            return None
        if _DASH.fullmatch(self.text, start, item.start):
            return self._with(start, end, "") if self.text[item.end : end].isspace() else None
        if self.text[start : item.start].isspace() and re.fullmatch(r"[ \t]*,?\s*", self.text[item.end : end]):
            return self._with(start, end, "")
        return self._without_part(item)

    def _without_part(self, item: Span) -> TagList | None:
        """Of a list whose line holds more than the tag."""
        items = self._items()
        place = items.index(item)
        start = items[place - 1].end if place else 1
        end = items[place + 1].start if place + 1 < len(items) else len(self.text) - 1
        if "#" in self.text[start : item.start] + self.text[item.end : end]:
            return None
        return self._with(item.start, end, "") if place + 1 < len(items) else self._with(start, item.end, "")

    def _before(self, item: Span, new: Sequence[str]) -> TagList | None:
        start, _ = self._line(item)
        lead = self.text[start : item.start]
        if _COMMENT.match(self._line_above(start)):
            return None
        if _DASH.fullmatch(lead):
            return self._with(start, start, "".join(f"{lead}{tag}{self.line_break}" for tag in new))
        gap = f"{self.line_break}{lead}" if start and (not lead or lead.isspace()) else " "
        return self._with(item.start, item.start, "".join(f"{tag},{gap}" for tag in new))

    def _after(self, item: Span, new: Sequence[str]) -> TagList | None:
        start, end = self._line(item)
        lead = self.text[start : item.start]
        if _DASH.fullmatch(lead):
            return self._with(end, end, "".join(f"{lead}{tag}{self.line_break}" for tag in new))
        match = _REST.match(self.text, item.end)
        assert match
        comma, rest = match["comma"], match["rest"]
        if not rest.strip() or _COMMENT.match(rest):
            if not start or lead.strip():
                return None  # of several on a line, a comment may be about any
            line = f"{self.line_break}{lead}"
            text = self._with(match.end(), match.end(), line + f",{line}".join(new) + comma)
            return text if comma else text._with(item.end, item.end, ",")
        place = match.start("rest") if comma else item.end
        return self._with(place, place, "".join(f" {tag}," if comma else f", {tag}" for tag in new))

    def _quoted(self, tag: str, like: Span) -> str:
        match = _ITEM.fullmatch(self.text[like.start : like.end])
        quote = match["quote"] if match else '"'
        node = yaml.compose(tag, Loader=LOADER)
        return f"{quote}{tag}{quote}" if quote or (node and node.tag == f"{YAML}str") else f'"{tag}"'

    def _with(self, start: int, end: int, text: str) -> TagList:
        return TagList(self.text[:start] + text + self.text[end:], self.line_break)

    def _items(self) -> list[Span]:
        root = yaml.compose(self.text, Loader=LOADER)
        return [span_of(node) for node in root.value] if isinstance(root, yaml.SequenceNode) else []

    def _item(self, tag: str) -> Span:
        return self._items()[self.tags.index(tag)]

    def _line(self, item: Span) -> tuple[int, int]:
        """Where the line of an item starts, and where the next one does."""
        end = self.text.find("\n", item.end) + 1
        return self.text.rfind("\n", 0, item.start) + 1, end or len(self.text)

    def _line_above(self, start: int) -> str:
        return self.text[self.text.rfind("\n", 0, max(start - 1, 0)) + 1 : start]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list of tags is in the text of its file."""

    start: int
    end: int
    tags: TagList


def find_tags(document: Document, path: KeyPath, count: int) -> Place | None:
    """Find a list of tags; None where it, or a tag of it, is shared by an alias, or written in an unusual way.

    Args:
        document: the file.
        path: where the list stands in it.
        count: how many tags it has.
    """
    paths = [(*path, index) for index in range(count)]
    if any(document.is_shared(each) for each in paths):
        return None
    whole, items = document.span(path), [document.span(each) for each in paths]
    first, last = items[0], items[-1]
    if whole is None or first is None or last is None:
        return None
    text, start, end = document.text, whole.start, whole.end
    if text[start] != "[":
        start = text.rfind("\n", 0, first.start) + 1
        while start and _COMMENT.match(text, above := text.rfind("\n", 0, start - 1) + 1):
            start = above
        end = text.find("\n", last.end) + 1 or len(text)
    fragment = text[start:end]
    line_break = "\r\n" if "\r\n" in text[max(0, start - 2) : end] else "\n"
    if not fragment.startswith("[") and not fragment.endswith("\n"):
        fragment += line_break  # which the last line of the file lacks
    tags = TagList(fragment, line_break)
    return Place(start, end, tags) if len(tags.tags) == count else None


def with_tags(document: Document, places: list[Place]) -> str:
    """Return the text of a file with lists of tags put in, each where it was found."""
    pieces, done = [], 0
    for place in sorted(places, key=lambda place: place.start):
        pieces += [document.text[done : place.start], place.tags.text]
        done = place.end
    text = "".join([*pieces, document.text[done:]])
    return text if document.text.endswith("\n") else text.rstrip("\r\n")
