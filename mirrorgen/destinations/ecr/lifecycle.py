"""Lifecycle rules of a repository, made from two numbers or taken as the list has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from mirrorgen.destinations.ecr.expiry import worst_case
from mirrorgen.destinations.ecr.mutability import SIGNATURES, some
from mirrorgen.destinations.ecr.written_rules import MAX_CHARACTERS, MAX_RULES
from mirrorgen.model.images import Image, Lifecycle, LifecycleRule
from mirrorgen.problems import Problem

_LETTERS = re.compile(r"[A-Za-z]+")


def lifecycle_rules(
    settings: Lifecycle, tags: Sequence[str], *, is_open: bool = False, has_signatures: bool = False
) -> tuple[LifecycleRule, ...]:
    """Compute the rules for a repository that holds `tags`.

    ECR joins several prefixes of one rule with AND, so there is one count rule for each prefix. It keeps at least
    as many images as the list names under it, so that no listed tag can be the one that expires while only listed
    tags exist.

    Args:
        settings: of the list.
        tags: what the list names.
        is_open: rules choose more tags, nobody knows how many; then nothing is counted.
        has_signatures: tags that start with `sha256-` come along, nobody knows how many.
    """
    if settings.rules is not None:
        return settings.rules
    rules: list[LifecycleRule] = []
    if settings.keep_last is not None and not is_open:
        for prefix in sorted({tag_prefix(tag) for tag in tags}):
            if has_signatures and SIGNATURES.startswith(prefix):
                continue
            keep = max(settings.keep_last, sum(tag.startswith(prefix) for tag in tags))
            description = f"Keep the last {keep} images tagged {prefix}*"
            rules.append(
                LifecycleRule(len(rules) + 1, description, "tagged", "imageCountMoreThan", keep, tag_prefixes=(prefix,))
            )
    if settings.untagged_days is not None:
        days = settings.untagged_days
        description = f"Remove untagged images after {days} days"
        rules.append(LifecycleRule(len(rules) + 1, description, "untagged", "sinceImagePushed", days, "days"))
    return tuple(rules)


def tag_prefix(tag: str) -> str:
    """Return what groups a tag with its relatives: its leading letters, otherwise its first character."""
    letters = _LETTERS.match(tag)
    return letters.group() if letters else tag[0]


def policy(rules: Sequence[LifecycleRule]) -> dict[str, Any]:
    """Return the policy in ECR's own form; terraform/main.tf makes the same from the rendered rules."""
    return {"rules": [_policy_rule(rule) for rule in rules]}


def _policy_rule(rule: LifecycleRule) -> dict[str, Any]:
    selection = {
        "tagStatus": rule.tag_status,
        "tagPrefixList": list(rule.tag_prefixes),
        "tagPatternList": list(rule.tag_patterns),
        "countType": rule.count_type,
        "countUnit": rule.count_unit,
        "countNumber": rule.count_number,
    }
    described = {"description": rule.description} if rule.description else {}
    return {
        "rulePriority": rule.priority,
        **described,
        "selection": {key: value for key, value in selection.items() if value},
        "action": {"type": "expire"},
    }


def lifecycle_problems(image: Image, rules: Sequence[LifecycleRule], tags: Sequence[str]) -> Iterator[Problem]:
    """Yield why ECR would refuse the rules of an entry, and what they would take away."""
    size = len(json.dumps(policy(rules), separators=(",", ":")))
    if len(rules) > MAX_RULES or size > MAX_CHARACTERS:
        what = f"{len(rules)} rules" if len(rules) > MAX_RULES else f"{size:,} characters"
        limit = MAX_RULES if len(rules) > MAX_RULES else f"{MAX_CHARACTERS:,}"
        message = f"the lifecycle policy of this entry has {what}; ECR takes {limit}"
        own = image.ecr.lifecycle.rules is not None
        hint = "use fewer rules" if own else "split the entry, or set ecr.lifecycle.keep_last: off"
        yield Problem("lifecycle-too-large", message, (*image.path, "tags"), hint)
        return
    if image.ecr.lifecycle.rules is not None:
        yield from _expiring(image, rules, tags)


def _expiring(image: Image, rules: Sequence[LifecycleRule], tags: Sequence[str]) -> Iterator[Problem]:
    by_rule: dict[LifecycleRule, list[str]] = {}
    for tag, rule in worst_case(rules, tags):
        by_rule.setdefault(rule, []).append(tag)
    for rule, lost in by_rule.items():
        message = f"lifecycle rule {rule.priority} would remove tags that the list wants: {some(lost)}"
        if rule.count_unit:
            hint = f"every image is older than {rule.count_number} days one day; select only tags that may go"
        else:
            hint = f"keep at least {len(lost)} images"
        yield Problem("lifecycle-expires-wanted", message, (*image.path, "tags"), hint)
