"""Lifecycle rules of a repository as values, and the policy that ECR takes for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

EXPIRE = "expire"
TRANSITION = "transition"
STANDARD = "standard"
ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class LifecycleRule:
    """One ECR lifecycle rule.

    Attributes:
        priority: 1 is applied first.
        description: what it does, for whoever reads the policy in the console.
        tag_status: `tagged`, `untagged` or `any`.
        tag_prefixes: for `tagged`, what tags start with; an image must have a tag for each.
        tag_patterns: for `tagged`, the same with the wildcard `*`.
        count_type: `imageCountMoreThan`, `sinceImagePushed`, `sinceImagePulled` or `sinceImageTransitioned`.
        count_unit: None for `imageCountMoreThan`, otherwise `days`.
        count_number: images to keep, or days.
        storage_class: `standard` or `archive`, where the images lie; None is ECR's `standard`.
        action: `expire` removes them, `transition` archives them.
    """

    priority: int
    description: str
    tag_status: str
    count_type: str
    count_number: int
    count_unit: str | None = None
    tag_prefixes: tuple[str, ...] = ()
    tag_patterns: tuple[str, ...] = ()
    storage_class: str | None = None
    action: str = EXPIRE

    @property
    def is_of_archive(self) -> bool:
        """Whether it selects archived images, and no others."""
        return self.storage_class == ARCHIVE


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Which images ECR removes by itself: rules as ECR has them, or what they are made from; None is off."""

    untagged_days: int | None = 7
    keep_last: int | None = 10
    rules: tuple[LifecycleRule, ...] | None = None


def policy(rules: Sequence[LifecycleRule]) -> dict[str, Any]:
    """Return the policy in ECR's own form."""
    return {"rules": [_policy_rule(rule) for rule in rules]}


def policy_text(rules: Sequence[LifecycleRule]) -> str:
    """Return the policy as the text that ECR is given."""
    return json.dumps(policy(rules), ensure_ascii=False, separators=(",", ":"))


def _policy_rule(rule: LifecycleRule) -> dict[str, Any]:
    selection = {
        "tagStatus": rule.tag_status,
        "tagPrefixList": list(rule.tag_prefixes),
        "tagPatternList": list(rule.tag_patterns),
        "storageClass": rule.storage_class,
        "countType": rule.count_type,
        "countUnit": rule.count_unit,
        "countNumber": rule.count_number,
    }
    described = {"description": rule.description} if rule.description else {}
    return {
        "rulePriority": rule.priority,
        **described,
        "selection": {key: value for key, value in selection.items() if value},
        "action": {"type": rule.action, **({"targetStorageClass": ARCHIVE} if rule.action == TRANSITION else {})},
    }
