"""Tag mutability of a repository, and the exclusion filters that let moving tags move."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

MUTABLE = "MUTABLE"
IMMUTABLE = "IMMUTABLE"
IMMUTABLE_WITH_EXCLUSION = "IMMUTABLE_WITH_EXCLUSION"

MAX_FILTERS = 5
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html; a filter may have two `*`, ours
have at most one."""


@dataclass(frozen=True, slots=True)
class Mutability:
    """ECR's setting for a repository, and the filters it has with `IMMUTABLE_WITH_EXCLUSION`."""

    setting: str
    exclusions: tuple[str, ...] = ()


def exclusion_filters(moving: Sequence[str], fixed: Sequence[str]) -> tuple[str, ...] | None:
    """Find at most five filters that match every moving tag and no fixed one.

    Tags keep filters of their own as long as five suffice. Otherwise the two most alike are merged into
    `start*end`, again and again, as long as the result catches no fixed tag.

    Returns:
        The filters, sorted, or None where there are none.
    """
    filters = set(moving)
    while len(filters) > MAX_FILTERS:
        merged = _best_merge(sorted(filters), fixed)
        if merged is None:
            return None
        filters = {known for known in filters if not _matches(merged, known)} | {merged}
    return tuple(sorted(filters))


def _best_merge(filters: Sequence[str], fixed: Sequence[str]) -> str | None:
    candidates = {_merge(first, second) for first, second in itertools.combinations(filters, 2)}
    fitting = [one for one in candidates if one != "*" and not any(_matches(one, tag) for tag in fixed)]
    return max(fitting, key=lambda one: (len(one), one), default=None)


def _merge(first: str, second: str) -> str:
    start = _common_start(first.partition("*")[0], second.partition("*")[0])
    # What both start with cannot be what they end with too.
    first_rest, second_rest = first[len(start) :], second[len(start) :]
    end = _common_start(first_rest.rpartition("*")[2][::-1], second_rest.rpartition("*")[2][::-1])[::-1]
    return f"{start}*{end}"


def _common_start(first: str, second: str) -> str:
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return "".join(char for char, _ in same)


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text) is not None
