"""The tags of an entry: written out, or chosen by rules; and rules that cannot be meant."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mirrorgen.master_list.hints import is_range, semver_rule
from mirrorgen.model.images import TagRule
from mirrorgen.model.patterns import MAX_LENGTH, PROBES, literals, more_probes, pattern_size, pattern_trouble
from mirrorgen.model.references import is_tag
from mirrorgen.model.tags import passes
from mirrorgen.model.versions import parse_range
from mirrorgen.problems import KeyPath, Problem

# What is around a tag by mistake: a blank, or a quote whose other one is missing.
_AROUND = "\"' "

_MAX_RANGE = 1000
"""Characters of a range: every pair of its bounds is compared."""


_MAX_IN_RULE = 100
"""Patterns or ranges under one key of a rule: each is held against thousands of tags."""


def build_rule(data: Any, path: KeyPath, problems: list[Problem]) -> TagRule:
    """Build the rule from what stands under `tags`, a list of tags or a mapping.

    Args:
        data: what `check_shape` left of it.
        path: where it stands.
        problems: gets what is wrong; the value that it is about is left out of the rule.
    """
    if not isinstance(data, dict):
        return TagRule(exact=tuple(_tags(data or [], path, problems)))
    moving = data.get("moving", "auto")
    exact = tuple(_tags(data.get("exact") or [], (*path, "exact"), problems))
    rule = TagRule(
        exact=exact,
        digests=_digests(data.get("digests") or {}, exact, (*path, "digests"), problems),
        match=good_patterns(data, "match", path, problems),
        semver=_good(data, "semver", _bad_range, path, problems),
        exclude=good_patterns(data, "exclude", path, problems),
        newest=data.get("newest"),
        order=data.get("order", "version"),
        suffix=_suffix(data.get("suffix")),
        moving=moving if isinstance(moving, str) else good_patterns(data, "moving", path, problems),
        is_mapping=True,
    )
    problems += _rule_problems(rule, data, path)
    return rule


def good_patterns(data: Mapping[str, Any], key: str, path: KeyPath, problems: list[Problem]) -> tuple[str, ...]:
    """Return the patterns in a list of them.

    Args:
        data: what `check_shape` left of the mapping that has the list.
        key: of the list.
        path: where the mapping stands.
        problems: gets what is wrong with the others.
    """
    return _good(data, key, _bad_pattern, path, problems)


def rule_size(rule: TagRule) -> int:
    """Return how much RE2 has to do for the patterns of a rule, in its instructions."""
    moving = () if isinstance(rule.moving, str) else rule.moving
    return sum(map(pattern_size, (*rule.match, *rule.exclude, *moving)))


def _suffix(written: str | None) -> str | None:
    return "" if written == "none" else written


def _tags(data: list[Any], path: KeyPath, problems: list[Problem]) -> Iterator[str]:
    first: dict[str, int] = {}
    for index, tag in enumerate(data):
        if tag is None:
            continue
        if tag in first:
            message = f"the tag {tag!r} stands here twice"
            related = (*path, first[tag])
            problems.append(Problem("duplicate-tag", message, (*path, index), "keep one of the two", related=related))
        elif is_tag(tag):
            first[tag] = index
            yield tag
        else:
            problems.append(_bad_tag(tag, (*path, index)))


def _digests(
    data: Mapping[str, str], exact: tuple[str, ...], path: KeyPath, problems: list[Problem]
) -> Mapping[str, str]:
    good = {}
    for tag, digest in data.items():
        if tag in exact:
            message = f"the tag {tag!r} stands under `exact` too, which says to copy what it names upstream"
            problems.append(Problem("duplicate-tag", message, (*path, tag), "keep one of the two", on_key=True))
        elif is_tag(tag):
            good[tag] = digest
        else:
            problems.append(replace(_bad_tag(tag, (*path, tag)), on_key=True))
    return good


def _bad_tag(tag: str, path: KeyPath) -> Problem:
    if tag.startswith("sha256:") or "@" in tag:
        hint = 'give the digest a name: tags: {digests: {NAME: "sha256:..."}}'
    elif is_tag(tag.strip(_AROUND)):
        hint = f"write {json.dumps(tag.strip(_AROUND))}"
    elif is_range(tag):
        hint = f"write {semver_rule(tag)}"
    elif len(tag) > 128:
        hint = f"it has {len(tag)} characters; 128 are allowed"
    elif any(char in tag for char in "*[]()|\\^$+?"):
        hint = "write each tag out, or use tags: {match: [...]}"
    else:
        hint = "1 to 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`"
    return Problem("bad-tag", f"{_shown(tag)!r} is not a tag", path, hint)


def _good(
    data: Mapping[str, Any],
    key: str,
    check: Callable[[str, KeyPath], Problem | None],
    path: KeyPath,
    problems: list[Problem],
) -> tuple[str, ...]:
    good: dict[str, None] = {}
    values = data.get(key) or ()
    if len(values) > _MAX_IN_RULE:
        code = "bad-range" if key == "semver" else "bad-pattern"
        message = f"there are {len(values):,} of them; {_MAX_IN_RULE} are allowed in a rule"
        problems.append(Problem(code, message, (*path, key), "name tags under `exact`, or write wider rules"))
        return ()
    for index, value in enumerate(values):
        if value is None:
            continue
        problem = check(value, (*path, key, index))
        if problem:
            problems.append(problem)
        else:
            good[value] = None
    return tuple(good)


def _bad_pattern(text: str, path: KeyPath) -> Problem | None:
    trouble = pattern_trouble(text)
    if trouble is None:
        return None
    hint = "patterns are RE2, as in Go; use `exclude` for what must not match" if "RE2" in trouble else ""
    if len(text) > MAX_LENGTH:
        hint = "write several patterns, of which one must match"
    return Problem("bad-pattern", f"`{_shown(text)}` is not a pattern that regsync takes: {trouble}", path, hint)


def _bad_range(text: str, path: KeyPath) -> Problem | None:
    if len(text) > _MAX_RANGE:
        message = f"{_shown(text)!r} has {len(text):,} characters; {_MAX_RANGE:,} are allowed"
        return Problem("bad-range", message, path, "alternatives are ranges of their own")
    read = parse_range(text)
    if isinstance(read, str):
        message = f"{_shown(text)!r} is not a range of versions: {_shown(read)!r} cannot be read"
        return Problem("bad-range", message, path, _range_hint(text, read))
    if read.is_contradictory():
        message = f"no version can be in the range {_shown(text)!r}"
        hint = "bounds in one range must all hold; write alternatives as further ranges"
        return Problem("rule-matches-nothing", message, path, hint)
    return None


def _range_hint(text: str, part: str) -> str:
    if part in {"||", "|", ","} or "," in part or "|" in part:
        return "bounds stand apart by spaces, and an alternative is a range of its own: ['>=1 <2', '>=4']"
    if part in {">=", "<=", ">", "<", "=", "^", "~"}:
        return f"no space after {part}: {part}1.2"
    if part[-1:] in {"x", "*", "X"}:
        return "write the bounds: >=1.2 <1.3"
    return "a range looks like '>=2.45 <3', '^1.2' or '~1.2.3'" if text.strip() else "write a range, such as '>=2.45'"


def _rule_problems(rule: TagRule, data: Mapping[str, Any], path: KeyPath) -> Iterator[Problem]:
    """Look at the rule as a whole, once each of its parts can be read."""
    if any(len(getattr(rule, key)) != len(set(data.get(key) or ())) for key in ("match", "semver", "exclude")):
        return
    if rule.is_open:
        yield from _open_rule_problems(rule, path)
    elif rule.exclude and not _names_tags(data):
        hint = "add match or semver; semver: ['>=0'] is every version"
        yield Problem("rule-matches-everything", "`exclude` alone matches every other tag there is", path, hint)
    elif rule.exclude or rule.order != "version" or rule.suffix is not None:
        yield _without_effect(rule, path)
    elif data and not _names_tags(data):
        hint = "add exact, digests, match, semver or newest"
        yield Problem("rule-matches-nothing", "this rule names no tags", path, hint)


def _names_tags(data: Mapping[str, Any]) -> bool:
    return bool(data.get("exact") or data.get("digests"))


def _without_effect(rule: TagRule, path: KeyPath) -> Problem:
    key, needed = "suffix", "newest"
    if rule.exclude:
        key, needed = "exclude", "match, semver or newest"
    elif rule.order != "version":
        key = "order"
    message = f"`{key}` has no effect without {needed}"
    return Problem("rule-without-effect", message, (*path, key), f"add {needed}, or remove it", on_key=True)


def _open_rule_problems(rule: TagRule, path: KeyPath) -> Iterator[Problem]:
    if (rule.order != "version" or rule.suffix is not None) and rule.newest is None:
        yield _without_effect(TagRule(order=rule.order, suffix=rule.suffix), path)
    elif rule.order != "version" and rule.suffix is not None:
        message = "`order` has no effect with suffix, which takes versions"
        yield Problem("rule-without-effect", message, (*path, "order"), "remove it", on_key=True)
    if _selects_everything(rule):
        place = (*path, "match", 0) if rule.match else path
        hint = "say which tags are meant; semver: ['>=0'] is every version"
        message = "this rule matches every tag there is"
        if rule.newest is not None:
            message = f"`newest` would choose {rule.newest} of all tags there are, by the alphabet"
        yield Problem("rule-matches-everything", message, place, hint)
    else:
        yield from _never_selecting(rule, path)


def _selects_everything(rule: TagRule) -> bool:
    """Whether nothing bounds the rule: `newest` takes few of what matches, and by version only versions."""
    if rule.semver or rule.exclude or (rule.newest is not None and (rule.match or rule.order == "version")):
        return False
    return all(passes(rule, tag) for tags in (PROBES, more_probes()) for tag in tags)


def _never_selecting(rule: TagRule, path: KeyPath) -> Iterator[Problem]:
    if rule.exclude and not any(passes(TagRule(exclude=rule.exclude), tag) for tag in PROBES):
        hint = "exclude only what must not be copied"
        yield Problem("rule-matches-nothing", "`exclude` takes away every tag there is", (*path, "exclude"), hint)
        return
    possible = [literals(pattern) for pattern in rule.match]
    hopeless = [index for index, texts in enumerate(possible) if texts is not None and not any(map(is_tag, texts))]
    for index in hopeless:
        hint = "a tag is made of letters, digits, `_`, `.` and `-`"
        message = f"no tag can match `{_shown(rule.match[index])}`"
        yield Problem("rule-matches-nothing", message, (*path, "match", index), hint)
    named = [text for texts in possible for text in texts or ()]
    if rule.match and None not in possible and not hopeless and not any(passes(rule, tag) for tag in named):
        hint = "`match` and `semver` must both hold; tags that are no versions go under exact"
        message = "every tag that `match` names is ruled out by `semver` or `exclude`"
        yield Problem("rule-matches-nothing", message, (*path, "match"), hint)


def _shown(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
