"""Policies: which newer tags may follow one that a list writes out."""

from __future__ import annotations

from enum import StrEnum

from mirrorgen.model.patterns import matches
from mirrorgen.model.versions import Version


class Level(StrEnum):
    """A number of a version, by its place; of two versions, the first that they do not share."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


Policy = str | tuple[str, ...]
"""`none`; the highest `Level` that may change; or patterns, of which one must match the whole of the newer tag."""

NONE: Policy = "none"
DEFAULT: Policy = Level.MINOR.value

# How many numbers, from the first on, stay as they are.
_KEPT = {Level.PATCH: 2, Level.MINOR: 1, Level.MAJOR: 0}


def line_of(policy: Policy, version: Version) -> tuple[int, ...]:
    """Return the numbers that a policy lets no successor change: versions with the same ones are one line."""
    return version.numbers[: _KEPT[Level(policy)]] if isinstance(policy, str) else ()


def allows(policy: Policy, version: Version, tag: str, newer: Version) -> bool:
    """Whether a policy lets a version be followed by a tag, which is a newer one."""
    if isinstance(policy, str):
        return line_of(policy, version) == line_of(policy, newer)
    return any(matches(pattern, tag) for pattern in policy)


def level_between(old: Version, new: Version) -> Level:
    """Return which number is the first that two different versions do not share."""
    if old.part(0) != new.part(0):
        return Level.MAJOR
    return Level.MINOR if old.part(1) != new.part(1) else Level.PATCH
