"""Exclusion filters: the few patterns that match every tag that may move, and no tag that may not.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html: five filters, each with two `*`.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence

from mirrorgen.destinations.ecr.wildcards import wildcard_matches

MAX_FILTERS = 5
_MAX_LENGTH = 128
_MOST_WORK = 3_000_000
"""Patterns to try, and fixed tags to hold them against, before the search is given up: seconds, not minutes."""


def exclusion_filters(moving: Sequence[str], fixed: Sequence[str]) -> tuple[str, ...]:
    """Find few filters that match every moving tag, or pattern of them, and no fixed one.

    Tags keep filters of their own as long as five suffice. Otherwise the two most alike are merged into
    `start*end`, again and again, as long as the result catches no fixed tag. Where that does not come down to five,
    every filter with two `*` is considered.

    Returns:
        The filters, sorted; more than five where there are no five that catch no fixed tag.
    """
    filters = set(moving)
    while len(filters) > MAX_FILTERS:
        merged = _best_merge(sorted(filters), fixed)
        if merged is None:
            return _cover(sorted(set(moving)), fixed) or tuple(sorted(filters))
        filters = {known for known in filters if not wildcard_matches(merged, known)} | {merged}
    return tuple(sorted(filters))


def _best_merge(filters: Sequence[str], fixed: Sequence[str]) -> str | None:
    candidates = {_merge(first, second) for first, second in itertools.combinations(filters, 2)}
    fitting = [
        pattern for pattern in candidates if pattern != "*" and not any(wildcard_matches(pattern, tag) for tag in fixed)
    ]
    return max(fitting, key=lambda pattern: (len(pattern), pattern), default=None)


def _merge(first: str, second: str) -> str:
    start = _common_start(first.partition("*")[0], second.partition("*")[0])
    # What both start with cannot be what they end with too.
    first_rest, second_rest = first[len(start) :], second[len(start) :]
    end = _common_start(first_rest.rpartition("*")[2][::-1], second_rest.rpartition("*")[2][::-1])[::-1]
    return f"{start}*{end}"


def _common_start(first: str, second: str) -> str:
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return "".join(char for char, _ in same)


def _cover(moving: Sequence[str], fixed: Sequence[str]) -> tuple[str, ...]:
    """Return five filters or fewer that match all of `moving`, found by trying all; nothing if there are none."""
    if sum(len(tag) ** 4 // 24 + len(tag) ** 2 // 2 * len(fixed) for tag in moving) > _MOST_WORK:
        return ()
    reach: dict[str, set[frozenset[str]]] = {}
    for tag in moving:
        caught = {frozenset(_matched(pattern, moving)) for pattern in _widest(tag, fixed)} | {frozenset({tag})}
        reach[tag] = {tags for tags in caught if not any(tags < others for others in caught)}
    groups = _groups(frozenset(moving), reach, MAX_FILTERS, set())
    return tuple(sorted(_narrowest(group, fixed) for group in groups or ()))


def _groups(
    left: frozenset[str],
    reach: dict[str, set[frozenset[str]]],
    filters: int,
    hopeless: set[tuple[frozenset[str], int]],
) -> list[frozenset[str]] | None:
    """Divide the tags that are left among so many filters; None if they are too few."""
    if not left:
        return []
    most = max(len(tags & left) for tag in left for tags in reach[tag])
    if (left, filters) in hopeless or len(left) > filters * most:
        return None
    hardest = min(sorted(left), key=lambda tag: len({tags & left for tags in reach[tag]}))
    for tags in sorted({tags & left for tags in reach[hardest]}, key=lambda tags: (-len(tags), sorted(tags))):
        rest = _groups(left - tags, reach, filters - 1, hopeless)
        if rest is not None:
            return [tags, *rest]
    hopeless.add((left, filters))
    return None


def _widest(tag: str, fixed: Sequence[str]) -> Iterator[str]:
    """Yield patterns that match `tag` and nothing fixed, of which every other such pattern is a narrower form."""
    for start, end in _ends(tag):
        between = tag[len(start) : len(tag) - len(end)]
        in_the_way = _between(start, end, fixed)
        if not in_the_way and start + end:
            yield f"{start}*{end}"
            continue
        wide: list[str] = []
        for middle in _parts(between):
            if not any(known in middle for known in wide) and not any(middle in text for text in in_the_way):
                wide.append(middle)
                yield f"{start}*{middle}*{end}"


def _narrowest(group: Collection[str], fixed: Sequence[str]) -> str:
    """Return the pattern with the most of text that matches every tag of a group and nothing fixed."""
    if len(group) == 1:
        return next(iter(group))
    best = ""
    for start, end in _ends(min(group, key=len)):
        texts = _between(start, end, sorted(group))
        if len(texts) < len(group):
            continue
        in_the_way = _between(start, end, fixed)
        for middle in ("", *_parts(min(texts, key=len))):
            if all(middle in text for text in texts) and not any(middle in text for text in in_the_way):
                pattern = f"{start}*{middle}*{end}" if middle else f"{start}*{end}"
                best = max(best, pattern, key=_narrowness)
    return best


def _narrowness(pattern: str) -> tuple[bool, int, int, str]:
    text = len(pattern.replace("*", ""))
    return (len(pattern) <= _MAX_LENGTH, text, text - len(pattern), pattern)


def _matched(pattern: str, tags: Sequence[str]) -> Iterator[str]:
    return (tag for tag in tags if wildcard_matches(pattern, tag))


def _ends(tag: str) -> Iterator[tuple[str, str]]:
    """Yield what a pattern that matches a tag can start and end with, and never the two overlapping."""
    for start in range(len(tag) + 1):
        for end in range(start, len(tag) + 1):
            if "*" not in tag[:start] + tag[end:]:
                yield tag[:start], tag[end:]


def _parts(text: str) -> Iterator[str]:
    """Yield each part of a text once, short ones first."""
    parts = (text[at : at + length] for length in range(1, len(text) + 1) for at in range(len(text) - length + 1))
    return (part for part in dict.fromkeys(parts) if "*" not in part)


def _between(start: str, end: str, tags: Sequence[str]) -> list[str]:
    """Return what lies between `start` and `end` of the tags that have both."""
    return [
        tag[len(start) : len(tag) - len(end)]
        for tag in tags
        if len(tag) >= len(start) + len(end) and tag.startswith(start) and tag.endswith(end)
    ]
