"""Lifecycle rules that a list writes in ECR's own form: read, and searched for what ECR refuses or nobody means.

The limits and the meaning of each field are those of
https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html; that several prefixes or
patterns of one rule must all hold, and that `any` comes last, stands there too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from mirrorgen.destinations.ecr.rules import ARCHIVE, EXPIRE, STANDARD, TRANSITION, Lifecycle, LifecycleRule
from mirrorgen.destinations.ecr.wildcards import can_both_match
from mirrorgen.problems import KeyPath, Problem, Severity

MAX_RULES = 50
"""Rules ECR takes in one policy."""
MAX_CHARACTERS = 30_720
"""Characters of a policy's JSON text."""
MAX_WILDCARDS = 4
"""`*` in one pattern."""
MIN_ARCHIVE_DAYS = 90
"""For so long ECR keeps what is archived: https://github.com/aws/containers-roadmap/issues/2728."""


def build_lifecycle(base: Lifecycle, data: Mapping[str, Any]) -> Lifecycle:
    """Merge what stands under `lifecycle` into `base`; rules in ECR's form take the place of all the rest."""
    if "rules" in data:
        rules = [_rule(rule) for rule in data["rules"] if rule is not None]
        complete = [rule for rule in rules if _is_complete(rule)]
        return Lifecycle(None, None, tuple(sorted(complete, key=lambda rule: rule.priority)))
    if base.rules is not None and data:
        base = Lifecycle()
    return Lifecycle(
        untagged_days=_count(data.get("untagged_days", base.untagged_days)),
        keep_last=_count(data.get("keep_last", base.keep_last)),
        rules=base.rules,
    )


def _count(written: Any) -> int | None:
    """Return a number, or None for `off`: YAML reads that as false, and in quotes as text."""
    return None if written in {False, None, "off"} else int(written)


def written_rule_problems(data: Mapping[str, Any], path: KeyPath) -> Iterator[Problem]:
    """Yield what is wrong with `lifecycle`, as far as `check_shape` left it."""
    if "rules" not in data:
        return
    for key in ("untagged_days", "keep_last"):
        if key in data:
            message = f"`rules` stands alone; {key!r} would have no effect"
            yield Problem("lifecycle-two-ways", message, (*path, key), f"remove {key}, or rules", on_key=True)
    rules = [(index, rule) for index, rule in enumerate(data["rules"]) if rule is not None and "selection" in rule]
    for index, rule in rules:
        yield from _selection_problems(rule["selection"], (*path, "rules", index, "selection"))
        yield from _action_problems(rule, (*path, "rules", index))
    known = [(index, rule) for index, rule in rules if "rulePriority" in rule and "tagStatus" in rule["selection"]]
    yield from _order_problems(known, (*path, "rules"))


def _rule(data: Mapping[str, Any]) -> LifecycleRule:
    selection = data.get("selection", {})
    return LifecycleRule(
        priority=data.get("rulePriority", 0),
        description=data.get("description", ""),
        tag_status=selection.get("tagStatus", ""),
        count_type=selection.get("countType", ""),
        count_number=selection.get("countNumber", 0),
        count_unit=selection.get("countUnit"),
        tag_prefixes=_texts(selection, "tagPrefixList"),
        tag_patterns=_texts(selection, "tagPatternList"),
        storage_class=selection.get("storageClass"),
        action=data.get("action", {}).get("type", EXPIRE),
    )


def _is_complete(rule: LifecycleRule) -> bool:
    """Whether a rule says enough to be evaluated; otherwise a problem has said what is missing."""
    if rule.tag_status == "tagged" and not (rule.tag_prefixes or rule.tag_patterns):
        return False
    return bool(rule.priority and rule.tag_status and rule.count_type and rule.count_number)


def _texts(selection: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(text for text in selection.get(key, ()) if text is not None)


def _selection_problems(selection: Mapping[str, Any], path: KeyPath) -> Iterator[Problem]:
    status = selection.get("tagStatus")
    lists = [key for key in ("tagPrefixList", "tagPatternList") if key in selection]
    if status == "tagged" and not lists:
        hint = "add tagPatternList: ['*'] for every tagged image"
        yield Problem("lifecycle-selection", "`tagged` needs tagPrefixList or tagPatternList", path, hint)
    elif status in {"untagged", "any"} and lists:
        message = f"ECR does not take {lists[0]} with tagStatus {status}"
        yield Problem("lifecycle-selection", message, (*path, lists[0]), "remove it, or write tagStatus: tagged")
    if len(lists) > 1:
        message = "ECR takes tagPrefixList or tagPatternList in one rule, not both"
        hint = "write the prefix as a pattern: v becomes v*"
        yield Problem("lifecycle-prefix-and-pattern", message, (*path, "tagPrefixList"), hint, on_key=True)
    else:
        yield from _tag_problems(selection, path)
    yield from _unit_problems(selection, path)


def _tag_problems(selection: Mapping[str, Any], path: KeyPath) -> Iterator[Problem]:
    for index, pattern in enumerate(selection.get("tagPatternList", ())):
        if pattern is not None and pattern.count("*") > MAX_WILDCARDS:
            message = f"{pattern!r} has {pattern.count('*')} wildcards; ECR takes {MAX_WILDCARDS}"
            place = (*path, "tagPatternList", index)
            yield Problem("lifecycle-too-many-wildcards", message, place, "write more of the tag out")
    key = "tagPatternList" if "tagPatternList" in selection else "tagPrefixList"
    written = _texts(selection, key)
    for first, second in combinations(written, 2):
        if not can_both_match(*(text if key == "tagPatternList" else f"{text}*" for text in (first, second))):
            message = f"no tag fits both {first!r} and {second!r}, so only an image with several tags is selected"
            hint = "ECR joins these with AND; write one rule for each of them if one tag is to be enough"
            yield Problem("lifecycle-several-tags", message, (*path, key), hint, Severity.WARNING)
            return


def _unit_problems(selection: Mapping[str, Any], path: KeyPath) -> Iterator[Problem]:
    count_type, unit = selection.get("countType"), selection.get("countUnit")
    if count_type in _DAYS and unit is None:
        yield Problem("lifecycle-count-unit", f"{count_type} needs a countUnit", path, "add countUnit: days")
    elif count_type == "imageCountMoreThan" and unit is not None:
        message = "imageCountMoreThan counts images and takes no countUnit"
        hint = "remove countUnit, or write countType: sinceImagePushed"
        yield Problem("lifecycle-count-unit", message, (*path, "countUnit"), hint)


def _action_problems(rule: Mapping[str, Any], path: KeyPath) -> Iterator[Problem]:
    """Hold what a rule counts against the images that it selects, and against what it does to them.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_examples.html and
    https://github.com/aws/containers-roadmap/issues/921 say what goes together.
    """
    selection, action = rule["selection"], rule.get("action", {})
    count_type, does = selection.get("countType"), action.get("type", EXPIRE)
    place = (*path, "action") if "action" in rule else path
    if count_type == "sinceImagePulled" and does == EXPIRE:
        message = "ECR archives images by their last pull, and does not remove them by it"
        hint = (
            "action: {type: transition, targetStorageClass: archive}; another rule, with sinceImageTransitioned, "
            f"removes them {MIN_ARCHIVE_DAYS} days later or more"
        )
        yield Problem("lifecycle-action", message, place, hint)
    elif count_type == "sinceImageTransitioned" and does == TRANSITION:
        message = "sinceImageTransitioned is about images that are archived already; ECR can only remove them"
        yield Problem("lifecycle-action", message, place, "write type: expire")
    has_target = "targetStorageClass" in action
    if does == TRANSITION and not has_target:
        message = "`transition` needs a targetStorageClass"
        yield Problem("lifecycle-action", message, place, "add targetStorageClass: archive")
    elif does == EXPIRE and has_target:
        message = "`expire` has no targetStorageClass"
        yield Problem("lifecycle-action", message, place, "remove it, or write type: transition")
    needed = ARCHIVE if count_type == "sinceImageTransitioned" else STANDARD
    if count_type is not None and _class(rule) != needed:
        message = f"{count_type} is about images of the storage class {needed}"
        yield Problem("lifecycle-action", message, (*path, "selection"), f"write storageClass: {needed}")
    if count_type == "sinceImageTransitioned" and selection.get("countNumber", MIN_ARCHIVE_DAYS) < MIN_ARCHIVE_DAYS:
        message = f"ECR keeps what is archived for {MIN_ARCHIVE_DAYS} days, and removes nothing sooner"
        hint = f"write countNumber: {MIN_ARCHIVE_DAYS}, or more"
        yield Problem("lifecycle-action", message, (*path, "selection", "countNumber"), hint)


def _order_problems(rules: list[tuple[int, Mapping[str, Any]]], path: KeyPath) -> Iterator[Problem]:
    first: dict[int, int] = {}
    selected: dict[tuple[Any, ...], int] = {}
    last: dict[str, int] = {}
    for _, rule in rules:
        last[_class(rule)] = max(rule["rulePriority"], last.get(_class(rule), 0))
    for index, rule in rules:
        priority, selection = rule["rulePriority"], rule["selection"]
        place = (*path, index, "rulePriority")
        if priority in first:
            related = (*path, first[priority], "rulePriority")
            message = f"two rules have the priority {priority}"
            yield Problem("lifecycle-duplicate-priority", message, place, "give each its own", related=related)
        first.setdefault(priority, index)
        if selection["tagStatus"] == "any" and priority != last[_class(rule)]:
            message = "a rule for any image must be the last: ECR refuses the policy otherwise"
            hint = f"give it a priority above {last[_class(rule)]}"
            yield Problem("lifecycle-any-not-last", message, place, hint)
        kind = (_class(rule), selection["tagStatus"], *(frozenset(_texts(selection, key)) for key in _LISTS))
        if kind in selected:
            message = "two rules select the same images; ECR takes one"
            related = (*path, selected[kind], "selection")
            hint = "keep one of them"
            yield Problem("lifecycle-same-selection", message, (*path, index, "selection"), hint, related=related)
        selected.setdefault(kind, index)


def _class(rule: Mapping[str, Any]) -> str:
    """Storage class of the images that a rule selects; rules of two classes never meet."""
    return str(rule["selection"].get("storageClass", STANDARD))


_LISTS = ("tagPrefixList", "tagPatternList")
_DAYS = ("sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned")
