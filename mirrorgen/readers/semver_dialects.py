"""Ranges of versions as the libraries of other tools understand them, said as rules of a list.

Both order releases as regsync does. They differ in what they take for a version, and in what `1.2` alone means, so
that a rule says those things as well.
"""

from __future__ import annotations

import re

from mirrorgen.model.images import TagRule
from mirrorgen.readers.tag_sets import UnusableRule, rule_of

_RELEASE = r"v?\d+(\.\d+){0,2}"
"""What is a version to Masterminds/semver, without a prerelease: version.go, looseSemVerRegex."""

_BOUND = re.compile(
    r"\s*(!=|=>|>=|=<|<=|~>|[=~^<>]|)\s*v?([\dxX*]+)(?:\.([\dxX*]+))?(?:\.([\dxX*]+))?(-[^\s,]+)?(?:\s*,\s*|\s+|$)"
)
_LONGEST = 1000
_HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)")

_NO_VERSIONS = (
    r"v?\d+(\.\d+)?-.*",
    r"v?\d+(\.\d+){3,}(-.*)?",
    r".*_.*",
    r"[^-]*-(.*\.)?(0\d+)?(\..*)?",
)
"""What is a version to regsync, and none to ParseTolerant of blang/semver: short ones with a suffix, those of four
parts, and suffixes that semver.org does not allow."""

_BLANG = re.compile(r"\s*(==|!=|>=|<=|[=!<>]|)\s*(\d+)(?:\.(\d+|x))?(?:\.(\d+|x))?(?=\s|$)")


def masterminds(text: str) -> TagRule:
    """Return what `text` means to https://github.com/Masterminds/semver (v3, constraints.go), which skopeo asks.

    A range without a prerelease takes releases alone, and a version with parts left out is a range of its own.

    Raises:
        UnusableRule: it is no range, or no rule of a list means the same.
    """
    _check_length(text)
    alternatives = [_HYPHEN.sub(r">=\1 <=\2", alternative) for alternative in text.split("||")]
    return rule_of(
        [_RELEASE], semver=[" ".join(_masterminds_bounds(alternative, text)) for alternative in alternatives]
    )


def blang(text: str) -> TagRule:
    """Return what `text` means to https://github.com/blang/semver (v4, range.go), which dregsy asks.

    Raises:
        UnusableRule: it is no range, or no rule of a list means the same.
    """
    _check_length(text)
    ranges = []
    for alternative in text.split("||"):
        place, bounds = 0, list[str]()
        while place < len(alternative.rstrip()):
            match = _BLANG.match(alternative, place)
            if match is None:
                raise UnusableRule(f"the range {text.strip()!r} cannot be read")
            bounds += _blang_bounds(match, text)
            place = match.end()
        if not bounds:
            raise UnusableRule(f"the range {text.strip()!r} cannot be read")
        ranges.append(" ".join(bounds))
    return rule_of(None, semver=ranges, exclude=_NO_VERSIONS)


def _check_length(text: str) -> None:
    if len(text) > _LONGEST:
        raise UnusableRule(f"a range of {len(text):,} characters is not read")


def _masterminds_bounds(alternative: str, text: str) -> list[str]:
    place, bounds = 0, list[str]()
    while place < len(alternative.rstrip()):
        match = _BOUND.match(alternative, place)
        if match is None or not match.group():
            raise UnusableRule(f"the range {text!r} cannot be read")
        operator, *parts, prerelease = match.groups()
        if prerelease:
            raise UnusableRule(f"the range {text!r} takes prereleases, which are compared in another way here")
        bounds += _bounds(operator, _numbers(parts, text), text)
        place = match.end()
    return bounds or [">=0"]


def _numbers(parts: list[str | None], text: str) -> tuple[int, ...]:
    """The parts up to the first that is left out, or is an x."""
    numbers: list[int] = []
    for part in parts:
        if part is None or part in {"x", "X", "*"}:
            break
        if not part.isdigit() or (part[0] == "0" and part != "0"):
            raise UnusableRule(f"the range {text!r} cannot be read")
        numbers.append(int(part))
    return tuple(numbers)


def _bounds(operator: str, numbers: tuple[int, ...], text: str) -> list[str]:
    """Bounds with the meaning of one constraint of Masterminds; parts that are left out make it one of all patches."""
    if not numbers or operator == "!=":
        if operator in {"", "="}:
            return [">=0"]
        raise UnusableRule(f"no range of a list means what {text!r} does")
    lowest = ".".join(map(str, numbers))
    after = _raised(numbers, len(numbers) - 1)
    is_full = len(numbers) == 3
    match operator:
        case ">":
            return [f">{lowest}"] if is_full else [f">={after}"]
        case ">=" | "=>":
            return [f">={lowest}"]
        case "<":
            return [f"<{lowest}"]
        case "<=" | "=<":
            return [f"<={lowest}"] if is_full else [f"<{after}"]
        case "^":
            return [f">={lowest}", f"<{_raised(numbers, _first_that_counts(numbers))}"]
        case _ if operator in {"", "="} and is_full:
            return [f"={lowest}"]
        case _ if numbers == (0, 0, 0):
            return [">=0"]
        case _:
            return [f">={lowest}", f"<{_raised(numbers, min(1, len(numbers) - 1))}"]


def _first_that_counts(numbers: tuple[int, ...]) -> int:
    return next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)


def _raised(numbers: tuple[int, ...], index: int) -> str:
    """The first version behind all that agree with another up to one of its parts."""
    return ".".join(map(str, (*numbers[:index], numbers[index] + 1)))


def _blang_bounds(match: re.Match[str], text: str) -> list[str]:
    operator, major, minor, patch = match.groups()
    if minor is None or (patch is None and minor != "x"):
        raise UnusableRule(f"the range {text.strip()!r} cannot be read: its versions need three parts")
    if operator in {"!", "!="}:
        raise UnusableRule(f"no range of a list means what {text.strip()!r} does")
    if "x" not in {minor, patch}:
        return [f"{'=' if operator in {'', '=='} else operator}{major}.{minor}.{patch}"]
    numbers = (int(major),) if minor == "x" else (int(major), int(minor))
    lowest, after = ".".join(map(str, (*numbers, 0, 0)[:3])), _raised(numbers, len(numbers) - 1)
    wild = {">": [f">={after}"], ">=": [f">={lowest}"], "<": [f"<{lowest}"], "<=": [f"<{after}"]}
    return wild.get(operator, [f">={lowest}", f"<{after}"])
