"""The newest of many tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cmp_to_key

from mirrorgen.model.families import is_prerelease, is_snapshot
from mirrorgen.model.images import TagRule
from mirrorgen.model.versions import Version, parse_version

_Versions = Sequence[tuple[Version, str]]


def newest(rule: TagRule, tags: Sequence[str]) -> list[str]:
    """Return as many of the newest tags as a rule keeps; all of them where it does not count.

    Args:
        rule: its `newest`, `order` and `suffix`; its exact tags are not counted.
        tags: sorted alphabetically.
    """
    if rule.newest is None:
        return list(tags)
    counted = [tag for tag in tags if tag not in rule.exact]
    if rule.order == "alphabetical":
        return counted[-rule.newest :]
    versions = sorted(_versions(counted), key=cmp_to_key(_compare))
    if rule.suffix is not None:
        versions = _releases(versions, rule.suffix)
    return [tag for _, tag in versions[-rule.newest :]]


def oddity(rule: TagRule, tags: Iterable[str]) -> str | None:
    """Say in what the newest tags that a rule keeps are hardly what was meant; None where nothing is odd.

    Args:
        rule: of an entry.
        tags: that it has chosen, without exact ones.
    """
    versions = list(_versions(tags))
    if rule.newest is None or rule.order != "version" or rule.suffix is not None or not versions:
        return None
    if all(is_prerelease(version) for version, _ in versions):
        return "only prereleases"
    numbers = {_numbers(version) for version, _ in versions}
    if len(numbers) < len(versions):
        return "one version in several forms" if len(numbers) == 1 else "some versions in several forms"
    return None


def _releases(versions: _Versions, suffix: str) -> list[tuple[Version, str]]:
    """Keep the releases with a suffix, each once; `17` beside `17.2` is a name for the newest of them, no release.

    Snapshots with a date for a version (`20240807` of alpine) are none where others have a dot.
    """
    family = [(version, tag) for version, tag in versions if version.prerelease == suffix]
    short = {version.numbers[:length] for version, _ in family for length in range(1, len(version.numbers))}
    dated = any(len(version.numbers) > 1 for version, _ in family)
    once: dict[tuple[int, ...], tuple[Version, str]] = {}
    for version, tag in family:
        if version.numbers not in short and not (dated and is_snapshot(version, tag)):
            once[_numbers(version)] = (version, tag)
    return list(once.values())


def _versions(tags: Iterable[str]) -> Iterable[tuple[Version, str]]:
    return ((version, tag) for tag in tags if (version := parse_version(tag)) is not None)


def _numbers(version: Version) -> tuple[int, ...]:
    """The parts without zeros at the end, which make no difference."""
    last = max((place for place, number in enumerate(version.numbers, start=1) if number), default=0)
    return version.numbers[:last]


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
