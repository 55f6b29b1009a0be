"""Lifecycle rules of a repository.

ECR takes several prefixes in one rule as AND, so there is one rule for each prefix
(https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mirrorgen.master_list.model import Lifecycle

MAX_RULES = 50
"""Rules ECR takes in one policy; the page named above."""


_LETTERS = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class LifecycleRule:
    """One ECR lifecycle rule; its action is always `expire`.

    Attributes:
        priority: 1 is evaluated first.
        description: what it does, for whoever reads the policy in the console.
        tag_status: `tagged` or `untagged`.
        tag_prefix: for `tagged`, what the tag starts with.
        count_type: `imageCountMoreThan` or `sinceImagePushed`.
        count_unit: `days` for `sinceImagePushed`, otherwise None.
        count_number: images to keep, or days.
    """

    priority: int
    description: str
    tag_status: str
    tag_prefix: str | None
    count_type: str
    count_unit: str | None
    count_number: int


def lifecycle_rules(settings: Lifecycle, tags: Sequence[str]) -> tuple[LifecycleRule, ...]:
    """Compute the rules for a repository that holds `tags`.

    A count rule keeps at least as many images as the list names under its prefix, so that no listed tag can be
    the one that expires while only listed tags exist.
    """
    rules: list[LifecycleRule] = []
    if settings.keep_last is not None:
        for prefix in sorted({tag_prefix(tag) for tag in tags}):
            keep = max(settings.keep_last, sum(tag.startswith(prefix) for tag in tags))
            description = f"Keep the last {keep} images tagged {prefix}*"
            rules.append(LifecycleRule(len(rules) + 1, description, "tagged", prefix, "imageCountMoreThan", None, keep))
    if settings.untagged_days is not None:
        days = settings.untagged_days
        description = f"Remove untagged images after {days} days"
        rules.append(LifecycleRule(len(rules) + 1, description, "untagged", None, "sinceImagePushed", "days", days))
    return tuple(rules)


def tag_prefix(tag: str) -> str:
    """Return what groups a tag with its relatives: its leading letters, otherwise its first character."""
    letters = _LETTERS.match(tag)
    return letters.group() if letters else tag[0]
