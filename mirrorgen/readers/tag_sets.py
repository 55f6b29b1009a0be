"""Which tags other tools select, as rules of a list: their patterns made whole-tag ones, and several rules made one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from mirrorgen.master_list.rules import build_rule
from mirrorgen.model.images import TagRule
from mirrorgen.model.patterns import compile_pattern, literals, pattern_trouble
from mirrorgen.model.references import is_tag
from mirrorgen.model.tags import passes
from mirrorgen.problems import Problem

EVERYTHING = TagRule(match=(".*",))
"""Every tag there is; a list has no such rule, only one with something taken out of it."""

TAKES_ALL = "it copies every tag there is, which a list does not say"
"""Why a rule that bounds nothing is none of a list."""

_PIECE = re.compile(r"\\.|\[\^?\]?(?:\[:[^\]]*:\]|\\.|[^\]\\])*\]|.", re.DOTALL)
"""A character of a pattern, an escaped one, or a class of them."""
_GROUP = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_FLAGS = re.compile(r"\(\?[a-zA-Z-]+\)")
_ANCHORED = re.compile(r"(\^*)((?![*+?{])(?:\\.|[^\\$])*|)(\$*)", re.DOTALL)
"""Anchors at both ends of a pattern, with no `$` between them."""


class UnusableRule(Exception):
    """No rule of a list means the same; the text says why, without a final stop."""


def anchored(pattern: str) -> tuple[str, ...]:
    """Return whole-tag patterns, one of which matches where `^pattern$` does in Go.

    No group is put around it there, so that `1\\.2|1\\.3` also takes `1.20`: what starts with the first alternative,
    and what ends with the last (filterRegexAllow in cmd/regsync/root.go of regclient).

    Raises:
        UnusableRule: Go takes no such pattern, or a list does not.
    """
    _usable((pattern,))
    alternatives = _alternatives(pattern)
    is_whole = "|" not in pattern or (alternatives is not None and len(alternatives) == 1)
    return (pattern,) if is_whole else _found(f"^{pattern}$")


def found_within(pattern: str) -> tuple[str, ...]:
    """Return whole-tag patterns, one of which matches where a pattern is found anywhere in a tag.

    Raises:
        UnusableRule: Go takes no such pattern, or a list does not.
    """
    return _found(pattern)


def replaced(pattern: str, text: str, replacement: str) -> str:
    """Return a text with what a pattern finds in it replaced, as `ReplaceAllString` of Go does: `$1` is a group.

    Raises:
        UnusableRule: Go takes no such pattern, or the replacement names a group that there is not.
    """
    _usable((pattern,))
    parts, end = list[str](), 0
    for match in compile_pattern(pattern).finditer(text):
        parts += [text[end : match.start()], *_filled(replacement, match)]
        end = match.end()
    return "".join(parts) + text[end:]


def _filled(replacement: str, match: Any) -> Iterator[str]:
    end = 0
    for group in _GROUP.finditer(replacement):
        yield replacement[end : group.start()]
        yield _group(group[1] or group[2], match)
        end = group.end()
    yield replacement[end:]


def _group(name: str, match: Any) -> str:
    if not name.isdigit() or int(name) > len(match.groups()):
        raise UnusableRule(f"the replacement names a group {name!r}, which is none by its number")
    return match.group(int(name)) or ""


def rule_of(
    allow: Iterable[str] | None, *, semver: Sequence[str] = (), exclude: Iterable[str] = (), exact: Iterable[str] = ()
) -> TagRule:
    """Return the rule for tags that match and are in a range and are not excluded, and for tags written out.

    Args:
        allow: whole-tag patterns; None for all tags.
        semver: ranges, one of which must contain the tag; none for any.
        exclude: whole-tag patterns.
        exact: tags that are taken whatever the rest says.
    """
    rest = TagRule(semver=tuple(semver), exclude=tuple(dict.fromkeys(exclude)))
    written: dict[str, None] = dict.fromkeys(exact)
    if allow is None:
        # A rule needs something that chooses, beside what takes away.
        rest = rest if rest.semver else replace(rest, match=EVERYTHING.match)
        return replace(rest, exact=tuple(written))
    patterns: dict[str, None] = {}
    for pattern in allow:
        named = literals(pattern)
        if named is None:
            patterns[pattern] = None
        else:
            written.update(dict.fromkeys(tag for tag in named if is_tag(tag) and passes(rest, tag)))
    if not patterns:
        return TagRule(exact=tuple(written))
    return replace(rest, exact=tuple(written), match=tuple(patterns))


def united(rules: Sequence[TagRule]) -> TagRule:
    """Return the one rule that takes what any of several takes.

    Raises:
        UnusableRule: there is no such rule, or one tag is given two digests.
    """
    exact: dict[str, None] = {}
    digests: dict[str, str] = {}
    for rule in rules:
        exact.update(dict.fromkeys(rule.exact))
        for tag, digest in rule.digests.items():
            if digests.setdefault(tag, digest) != digest:
                raise UnusableRule(f"the tag {tag} is given two digests")
    if twice := sorted(digests.keys() & exact.keys()):
        raise UnusableRule(f"the tag {twice[0]} is copied as upstream has it, and with a digest, too")
    opened = list({(rule.match, rule.semver, rule.exclude): rule for rule in rules if rule.is_open}.values())
    rest = _united_open(opened) if opened else TagRule()
    return replace(rest, exact=tuple(exact), digests=digests)


def checked(rule: TagRule) -> TagRule:
    """Return a rule that a list takes as it is.

    Raises:
        UnusableRule: a list refuses it, and says why.
    """
    if not rule.named and not rule.is_open:
        raise UnusableRule("it chooses no tag")
    if rule.is_open and replace(rule, exact=(), digests={}) == EVERYTHING:
        raise UnusableRule(TAKES_ALL)
    problems: list[Problem] = []
    written = {"exact": rule.exact, "digests": rule.digests, "match": rule.match, "semver": rule.semver}
    data = {key: value for key, value in {**written, "exclude": rule.exclude}.items() if value}
    build_rule({key: value if key == "digests" else list(value) for key, value in data.items()}, (), problems)
    for problem in problems:
        if problem.is_error:
            raise UnusableRule(TAKES_ALL if problem.code == "rule-matches-everything" else problem.message)
    return rule


def _united_open(rules: Sequence[TagRule]) -> TagRule:
    """Rules that differ in one key alone are one rule with all values of that key, an empty one of which takes all."""
    first = rules[0]
    if len(rules) == 1:
        return replace(first, exact=(), digests={})
    if len({rule.exclude for rule in rules}) == 1:
        if len({rule.semver for rule in rules}) == 1:
            return TagRule(match=_joined([rule.match for rule in rules]), semver=first.semver, exclude=first.exclude)
        if len({rule.match for rule in rules}) == 1:
            return TagRule(match=first.match, semver=_joined([rule.semver for rule in rules]), exclude=first.exclude)
    raise UnusableRule("it has sets of tags that no single rule of a list says")


def _joined(values: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    if not all(values):
        return ()
    return tuple(dict.fromkeys(text for texts in values for text in texts))


def _found(pattern: str) -> tuple[str, ...]:
    """Whole-tag patterns for what is found anywhere: one for each alternative where that is easy to tell."""
    _usable((pattern,))
    alternatives = _alternatives(pattern)
    whole = [_whole(alternative) for alternative in alternatives or ()]
    if not alternatives or None in whole:
        return _usable((f".*(?:{pattern}).*",))
    return _usable(dict.fromkeys(text for text in whole if text is not None))


def _alternatives(pattern: str) -> list[str] | None:
    """What stands between the `|` outside of groups; None where that, or what a flag is about, is not easy to tell."""
    found, depth = [""], 0
    for piece in _PIECE.findall(pattern):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += piece
    is_plain = "\\Q" not in pattern and (len(found) == 1 or not _FLAGS.search(pattern))
    return found if is_plain else None


def _whole(alternative: str) -> str | None:
    """What must match all of a tag where an alternative is found in it; None where its anchors are strange."""
    match = _ANCHORED.fullmatch(alternative)
    if match is None:
        return None
    start, middle, end = match.groups()
    if not middle and not (start and end):
        return ".*"
    is_set_before = start or middle.startswith(".*")
    is_set_behind = end or re.search(r"(?:^|[^\\])\.\*$", middle)
    return f"{'' if is_set_before else '.*'}{middle}{'' if is_set_behind else '.*'}"


def _usable(patterns: Iterable[str]) -> tuple[str, ...]:
    usable = tuple(patterns)
    for pattern in usable:
        trouble = pattern_trouble(pattern)
        if trouble:
            raise UnusableRule(f"`{pattern}` is not a pattern that a list takes: {trouble}")
    return usable
