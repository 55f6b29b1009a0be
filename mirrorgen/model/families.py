"""Families of tags: the versions of one thing, with the same suffix and in the same form."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mirrorgen.model.tags import is_fixed
from mirrorgen.model.versions import Version, parse_version

_PRERELEASE = re.compile(
    r"(?:a|alpha|b|beta|m|rc|pre|preview|dev|snapshot|nightly|ea|canary)(?![a-z]).*", re.IGNORECASE
)
# The numbers of a version, with those behind `_` that some images have for a build: `21.0.4_7-jre` of eclipse-temurin.
_TAG = re.compile(r"(v?[0-9]+(?:[._][0-9]+)*)(-.*)?", re.DOTALL)
_WIDE = 4
"""Digits from which on a first number is a year, a day or a build: it is then followed by those of as many alone."""


@dataclass(frozen=True, slots=True)
class Family:
    """What tags have in common of which each can follow another.

    Attributes:
        form: the version with a mark for each number, such as `v#.#.#`, as many as it has digits for a long first one.
        suffix: what follows it, with its dash.
    """

    form: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Member:
    """A tag of a family, and the version it is."""

    tag: str
    version: Version
    family: Family

    @property
    def is_prerelease(self) -> bool:
        """Whether the tag says that it is not released yet."""
        return is_prerelease(self.version)


def read_member(tag: str) -> Member | None:
    """Read a tag as a member of its family; None where it has no version, or names a build behind its version."""
    match = _TAG.fullmatch(tag)
    if match is None:
        return None
    numbers, suffix = match.group(1), match.group(2) or ""
    if is_fixed(suffix.removeprefix("-")):
        return None  # a day or a commit: no other tag has the same
    version = parse_version(numbers.replace("_", ".") + suffix)
    if version is None:
        return None
    form = re.sub("[0-9]+", "date", numbers) if is_snapshot(version, tag) else _form(numbers)
    return Member(tag, version, Family(form, suffix))


def is_prerelease(version: Version) -> bool:
    """Whether what follows the first `-` of a version says that it is not released yet."""
    return _PRERELEASE.match(version.prerelease) is not None


def is_snapshot(version: Version, tag: str) -> bool:
    """Whether a tag has a date, or the like, in the place of a version: `20240807` of alpine."""
    return len(version.numbers) == 1 and is_fixed(tag)


def _form(numbers: str) -> str:
    first = len(re.sub(r"[^0-9].*", "", numbers.removeprefix("v")))
    return re.sub(r"[0-9]+", "#", numbers).replace("#", "#" * first if first >= _WIDE else "#", 1)
