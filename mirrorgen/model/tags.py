"""Which tags are fixed, so that their content must never change, and which ones upstream moves."""

from __future__ import annotations

import re

from mirrorgen.model.images import TagRule
from mirrorgen.model.patterns import matches

_FIXED = re.compile(
    r"""
      v?\d+\.\d+\.\d+ (?: [^0-9] .* )?                      # a full three-part version: v2.48.0, 1.25.3-alpine
    | (?: .* [-_.] )? (?:19|20)\d\d [-_.]? (?:0[1-9]|1[0-2]) [-_.]? (?:0[1-9]|[12]\d|3[01]) (?: [^0-9] .* )?   # a date
    | (?: sha- | git- | g )? (?= [a-f]*[0-9] ) (?= [0-9]*[a-f] ) [0-9a-f]{7,40}      # a commit
    """,
    re.VERBOSE | re.DOTALL,
)


def is_fixed(tag: str) -> bool:
    """Whether a tag by its form names one content for ever; all other tags are moving."""
    return _FIXED.fullmatch(tag) is not None


def is_moving(rule: TagRule, tag: str) -> bool:
    """Whether an entry's tag is one that upstream moves: by its form, or as the entry's `moving` says."""
    if rule.moving == "auto":
        return not is_fixed(tag)
    if isinstance(rule.moving, str):
        return rule.moving == "all"
    return any(matches(pattern, tag) for pattern in rule.moving)
