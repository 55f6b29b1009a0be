"""Versions and ranges of them, with exactly the meaning regsync gives them: regclient's internal/semver/semver.go.

It is not the semver of semver.org. A version may have any number of parts, missing ones count as 0, and whatever
follows the first `-` is a prerelease, which is less than the version without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest

# Go's strconv.Atoi takes no more.
_MAX_NUMBER = 2**63 - 1
_SPLIT = re.compile(r"([^0-9]*)([0-9]*)(.*)", re.DOTALL)
_OPERATORS = (">=", "<=", ">", "<", "=")


@dataclass(frozen=True, slots=True)
class Version:
    """The parts of a version, and what follows its first `-`."""

    numbers: tuple[int, ...]
    prerelease: str = ""

    def compare(self, other: Version) -> int:
        """Return a negative number if this is the lesser version, 0 if both are equal, else a positive one."""
        for mine, theirs in zip_longest(self.numbers, other.numbers, fillvalue=0):
            if mine != theirs:
                return -1 if mine < theirs else 1
        if bool(self.prerelease) != bool(other.prerelease):
            return -1 if self.prerelease else 1
        return 0 if self.prerelease == other.prerelease else _compare_prereleases(self.prerelease, other.prerelease)

    def part(self, index: int) -> int:
        """Return one of the parts, 0 where there is none."""
        return self.numbers[index] if index < len(self.numbers) else 0


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds that a version must keep, all of them: operator and version."""

    bounds: tuple[tuple[str, Version], ...]

    def contains(self, version: Version) -> bool:
        """Whether a version keeps every bound."""
        return all(_holds(operator, version.compare(bound)) for operator, bound in self.bounds)

    def is_contradictory(self) -> bool:
        """Whether no version can keep every bound.

        Between two different versions there is always another, so only the tightest bounds matter.
        """
        exact = [bound for operator, bound in self.bounds if operator == "="]
        if exact:
            return not self.contains(exact[0])
        lower = [(operator, bound) for operator, bound in self.bounds if operator[0] == ">"]
        upper = [(operator, bound) for operator, bound in self.bounds if operator[0] == "<"]
        return any(_excludes(low, high) for low in lower for high in upper)


def parse_version(text: str) -> Version | None:
    """Read a tag as a version, with or without `v`; None where it is none."""
    without_metadata = text.removeprefix("v").partition("+")[0]
    numbers, _, prerelease = without_metadata.partition("-")
    parts = tuple(_number(part) for part in numbers.split("."))
    known = tuple(part for part in parts if part is not None)
    return Version(known, prerelease) if len(known) == len(parts) else None


def parse_range(text: str) -> Range | str:
    """Read bounds that stand apart by spaces, such as `>=2.45 <3`, `^1.2` or `~1.2.3`.

    Returns:
        The range, or the part that cannot be read.
    """
    bounds: list[tuple[str, Version]] = []
    for part in text.split():
        read = _bounds(part)
        if read is None:
            return part
        bounds += read
    return Range(tuple(bounds)) if bounds else text


def _bounds(part: str) -> list[tuple[str, Version]] | None:
    if part[0] in "^~":
        version = parse_version(part[1:])
        return None if version is None else [(">=", version), ("<", _ceiling(part[0], version))]
    operator = next((known for known in _OPERATORS if part.startswith(known)), "")
    version = parse_version(part.removeprefix(operator))
    return None if version is None else [(operator or "=", version)]


def _ceiling(operator: str, version: Version) -> Version:
    """The first version outside: of the minor version for `~`, of the first part that is not 0 for `^`."""
    major, minor, patch = (version.part(index) for index in range(3))
    if operator == "~":
        return Version((major, _next(minor), 0))
    if major:
        return Version((_next(major), 0, 0))
    return Version((0, _next(minor), 0)) if minor else Version((0, 0, _next(patch)))


def _next(number: int) -> int:
    """The number after another; after Go's greatest comes its least, so that nothing is in such a range."""
    return number + 1 if number < _MAX_NUMBER else -_MAX_NUMBER - 1


def _holds(operator: str, order: int) -> bool:
    match operator:
        case "=":
            return order == 0
        case ">":
            return order > 0
        case ">=":
            return order >= 0
        case "<":
            return order < 0
        case _:
            return order <= 0


def _excludes(low: tuple[str, Version], high: tuple[str, Version]) -> bool:
    order = low[1].compare(high[1])
    return order > 0 or (order == 0 and (low[0] != ">=" or high[0] != "<="))


def _number(text: str) -> int | None:
    significant = text.lstrip("0")
    if not (text.isascii() and text.isdigit()) or len(significant) > len(str(_MAX_NUMBER)):
        return None
    number = int(significant or "0")
    return number if number <= _MAX_NUMBER else None


def _compare_prereleases(first: str, second: str) -> int:
    mine, theirs = first.split("."), second.split(".")
    for ours, other in zip(mine, theirs, strict=False):
        order = _compare_identifiers(ours, other)
        if order is not None:
            return order
    return (len(mine) > len(theirs)) - (len(mine) < len(theirs))


def _compare_identifiers(first: str, other: str) -> int | None:
    """Compare letters as text and digits as numbers, in turn; None where the next identifier decides.

    Two identifiers that end in the same letters at the same place end the whole comparison as equal, so that
    `alpha.1` and `alpha.2` are one version to regsync.
    """
    while first and other:
        (head, digits, rest), (other_head, other_digits, other_rest) = _split(first), _split(other)
        if head != other_head:
            return -1 if head < other_head else 1
        number, other_number = _number(digits), _number(other_digits)
        if number is None or other_number is None:
            return (number is not None) - (other_number is not None)
        if number != other_number:
            return -1 if number < other_number else 1
        first, other = rest, other_rest
    return (bool(first) - bool(other)) or None


def _split(text: str) -> tuple[str, str, str]:
    match = _SPLIT.fullmatch(text)
    assert match
    return match.group(1), match.group(2), match.group(3)
