"""Entries that fill one repository together: real lists move from one registry to another, and keep the old tags.

They may, as long as no tag comes from two of them and they ask for the same settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from mirrorgen.model.images import Entry
from mirrorgen.model.references import Source
from mirrorgen.model.tags import passes
from mirrorgen.problems import KeyPath, Problem


def sharing_problems(name: str, entries: Sequence[Entry]) -> Iterator[Problem]:
    """Yield why entries cannot fill one repository together.

    Args:
        name: of the repository.
        entries: those that fill it, in the order of the list.
    """
    by_source: dict[Source, Entry] = {}
    for entry in entries:
        first = by_source.setdefault(entry.source, entry)
        if first is not entry:
            message = (
                f"this entry and images[{first.image.index}] both bring {first.source} into the repository {name!r}"
            )
            yield Problem("duplicate-target", message, _path(entry), "put all tags in one entry", related=_path(first))
        elif entry.image.settings != entries[0].image.settings:
            asked = entries[0].image
            message = f"this entry and images[{asked.index}] ask for different settings of the repository {name!r}"
            hint = "give both the same settings, or one of them another `repository:`"
            yield Problem("shared-settings", message, _path(entry), hint, related=_path(entries[0]))
    for first, second in combinations(by_source.values(), 2):
        yield from _shared_tags(name, first, second)


def tags_in_two(entries: Sequence[Entry]) -> dict[str, tuple[Entry, Entry]]:
    """Return the tags that two entries bring, each with the first two of them."""
    first: dict[str, Entry] = {}
    twice: dict[str, tuple[Entry, Entry]] = {}
    for entry in entries:
        for tag in entry.tags:
            if tag in first:
                twice.setdefault(tag, (first[tag], entry))
            else:
                first[tag] = entry
    return twice


def _shared_tags(name: str, first: Entry, second: Entry) -> Iterator[Problem]:
    known = sorted(tags_in_two([first, second]))
    known += sorted(tag for tag in first.tags if second.is_open and tag not in second.tags and passes(second.rule, tag))
    known += sorted(tag for tag in second.tags if first.is_open and tag not in first.tags and passes(first.rule, tag))
    if known:
        shown = ", ".join(known[:5]) + (f" and {len(known) - 5} more" if len(known) > 5 else "")
        message = f"{first.source} and {second.source} would both bring {shown} into the repository {name!r}"
        hint = "take the tag from one of them, or give one another `repository:`"
        path = second.image.tag_path(known[0])
        yield Problem("shared-tag", message, path, hint, related=first.image.tag_path(known[0]))


def _path(entry: Entry) -> KeyPath:
    return (*entry.image.path, "repository" if entry.image.repository else "source")
