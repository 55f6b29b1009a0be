"""ECR's own patterns for tags, in lifecycle rules and exclusion filters: text in which `*` stands for any text."""

from __future__ import annotations

import re
from functools import cache


def wildcard_matches(pattern: str, tag: str) -> bool:
    """Whether a pattern matches the whole of a tag."""
    return _compiled(pattern).fullmatch(tag) is not None


def can_both_match(first: str, second: str) -> bool:
    """Whether there is a text that two patterns both match."""
    # reachable[j]: the part of `first` seen so far and the first j characters of `second` can match one text.
    reachable = [set(second[:j]) <= {"*"} for j in range(len(second) + 1)]
    for char in first:
        row = [reachable[0] and char == "*"]
        for j, other in enumerate(second):
            if "*" in (char, other):
                row.append(row[j] or reachable[j + 1])
            else:
                row.append(char == other and reachable[j])
        reachable = row
    return reachable[-1]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
