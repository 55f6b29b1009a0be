"""The newest of many tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cmp_to_key

from mirrorgen.model.images import TagRule
from mirrorgen.model.versions import Version, parse_version


def newest(rule: TagRule, tags: Sequence[str]) -> list[str]:
    """Return as many of the newest tags as a rule keeps; all of them where it does not count.

    Args:
        rule: its `newest` and `order`.
        tags: sorted alphabetically.
    """
    if rule.newest is None:
        return list(tags)
    if rule.order == "alphabetical":
        return list(tags[-rule.newest :])
    versions = [(version, tag) for tag in tags if (version := parse_version(tag)) is not None]
    return [tag for _, tag in sorted(versions, key=cmp_to_key(_compare))[-rule.newest :]]


def _compare(first: tuple[Version, str], second: tuple[Version, str]) -> int:
    """By version, and where regsync holds two for equal (`1.0-alpha.1` and `1.0-alpha.2`) as a person would."""
    order = first[0].compare(second[0])
    if order:
        return order
    mine, theirs = _natural(first[1]), _natural(second[1])
    return (mine > theirs) - (mine < theirs)


def _natural(tag: str) -> list[tuple[int, int, str]]:
    """Runs of digits as numbers, the rest as text; then the tag itself, so that no two are equal."""
    parts = re.findall(r"[0-9]+|[^0-9]+", tag)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts] + [(-1, 0, tag)]
