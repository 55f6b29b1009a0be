"""Which tags a rule takes; which of them are fixed, so that their content must never change, and which ones move."""

from __future__ import annotations

import re
from functools import cache

from mirrorgen.model.images import Entry, TagRule
from mirrorgen.model.patterns import matches
from mirrorgen.model.versions import Range, parse_range, parse_version

SIGNATURES = "sha256-"
"""What tags of signatures and the like start with, `sha256-<digest>.sig`: they move whenever one more is added."""

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
    if tag in rule.digests:
        return False
    if rule.moving == "auto":
        return not is_fixed(tag)
    if isinstance(rule.moving, str):
        return rule.moving == "all"
    return any(matches(pattern, tag) for pattern in rule.moving)


def settled_digest(entry: Entry, tag: str) -> str | None:
    """Return the digest that the list or its lock has settled for a tag; None where the tag may name any.

    That of one platform is not written down anywhere: the digests of list and lock are those of the whole image.
    """
    if entry.copying.platform:
        return None
    pinned = entry.pinned(tag)
    return entry.locked.get(tag) if pinned is None and not is_moving(entry.rule, tag) else pinned


def passes(rule: TagRule, tag: str) -> bool:
    """Whether a tag is chosen by `match`, `semver` and `exclude` together, before `newest` narrows."""
    version = parse_version(tag) if rule.semver else None
    return (
        (not rule.semver or (version is not None and any(wanted.contains(version) for wanted in _ranges(rule.semver))))
        and (not rule.match or any(matches(pattern, tag) for pattern in rule.match))
        and not any(matches(pattern, tag) for pattern in rule.exclude)
    )


@cache
def _ranges(texts: tuple[str, ...]) -> tuple[Range, ...]:
    return tuple(read for text in texts if isinstance(read := parse_range(text), Range))
