"""Which of the tags that upstream has an entry keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cmp_to_key

from mirrorgen.master_list.rules import passes
from mirrorgen.model.images import TagRule
from mirrorgen.model.tags import is_moving
from mirrorgen.model.versions import Version, parse_version


@dataclass(frozen=True, slots=True, order=True)
class Selected:
    """A tag that an entry keeps.

    Attributes:
        tag: the tag.
        selected_by: the part of the rule that chose it: `exact`, `match` or `semver`.
        moving: whether upstream moves it.
    """

    tag: str
    selected_by: str
    moving: bool


def select(rule: TagRule, available: Iterable[str]) -> tuple[Selected, ...]:
    """Choose from the tags that upstream has; sorted by tag.

    An exact tag that upstream does not have is not among the result.
    """
    tags = sorted(set(available))
    exact = set(rule.exact)
    chosen_by = {tag: "exact" for tag in tags if tag in exact}
    if rule.is_open:
        name = "match" if rule.match else "semver"
        chosen = _newest(rule, [tag for tag in tags if passes(rule, tag)])
        chosen_by |= {tag: name for tag in chosen if tag not in exact}
    return tuple(Selected(tag, chosen_by[tag], is_moving(rule, tag)) for tag in sorted(chosen_by))


def _newest(rule: TagRule, tags: list[str]) -> list[str]:
    if rule.newest is None:
        return tags
    if rule.order == "alphabetical":
        return tags[-rule.newest :]
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
