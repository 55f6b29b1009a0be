"""What a lifecycle policy removes, by ECR's rules of evaluation.

From https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html, "Lifecycle policy evaluation
rules":

- Rules are looked at in the order of their priority, the lowest number first.
- An image is expired by one rule at most. One that a rule selects by its tags is out of reach for every rule with a
  higher number; they still count it.
- `tagged` rules select an image that has, for each prefix or pattern, a tag that fits it. So several of them mean AND.
- `imageCountMoreThan` keeps the youngest by their push; `sinceImagePushed` takes what was pushed longer ago than so
  many days; `sinceImagePulled` takes what was not pulled for so many days, and counts from the push where there was
  no pull.
- An image that an index names stays while the index stays.
- What is archived is out of reach of a rule that names no storage class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mirrorgen.destinations.ecr.rules import LifecycleRule
from mirrorgen.destinations.ecr.wildcards import wildcard_matches
from mirrorgen.destinations.port import StoredImage


@dataclass(frozen=True, slots=True)
class Expiry:
    """An image that goes, and the rule that takes it."""

    image: StoredImage
    rule: LifecycleRule


def expire(rules: Sequence[LifecycleRule], images: Sequence[StoredImage], *, now: datetime) -> tuple[Expiry, ...]:
    """Evaluate a policy once.

    Args:
        rules: of one repository, in any order.
        images: everything the repository holds.
        now: the moment of the evaluation.

    Returns:
        What goes, in the order of `images`.
    """
    images = [image for image in images if not image.is_archived]
    taken: dict[str, LifecycleRule] = {}
    claimed: set[str] = set()
    for rule in sorted(rules, key=lambda rule: rule.priority):
        selected = [image for image in images if _selects(rule, image.tags)]
        taken |= {image.digest: rule for image in _outlived(rule, selected, now) if image.digest not in claimed}
        claimed |= {image.digest for image in selected}
    kept = {digest for image in images if image.digest not in taken for digest in image.contains}
    return tuple(
        Expiry(image, taken[image.digest]) for image in images if image.digest in taken and image.digest not in kept
    )


def worst_case(rules: Sequence[LifecycleRule], tags: Sequence[str]) -> Iterator[tuple[str, LifecycleRule]]:
    """Yield each tag that the rules could take while a repository holds nothing but `tags`.

    Nothing is known of the order in which they came or of their age, and any of them may name one image together:
    so a tag counts as selected if it can be, and as out of reach of later rules only if it must be.
    """
    ordered = sorted(rules, key=lambda rule: rule.priority)
    for tag in tags:
        for rule in ordered:
            selected = [other for other in tags if _may_select(rule, other, tags)]
            if tag in selected and (rule.count_unit is not None or len(selected) > rule.count_number):
                yield tag, rule
                break
            if _selects(rule, (tag,)):
                break


def _selects(rule: LifecycleRule, tags: Sequence[str]) -> bool:
    if rule.tag_status == "any":
        return True
    if rule.tag_status == "untagged":
        return not tags
    return all(any(wildcard_matches(pattern, tag) for tag in tags) for pattern in _patterns(rule))


def _may_select(rule: LifecycleRule, tag: str, tags: Sequence[str]) -> bool:
    """Whether there can be an image that carries `tag`, and maybe others, and is selected."""
    if rule.tag_status == "tagged" and not any(wildcard_matches(pattern, tag) for pattern in _patterns(rule)):
        return False
    return _selects(rule, tags)


def _patterns(rule: LifecycleRule) -> tuple[str, ...]:
    return rule.tag_patterns or tuple(f"{prefix}*" for prefix in rule.tag_prefixes)


def _outlived(rule: LifecycleRule, selected: Sequence[StoredImage], now: datetime) -> list[StoredImage]:
    if rule.count_type == "imageCountMoreThan":
        youngest_first = sorted(selected, key=lambda image: (_pushed_at(image), image.digest), reverse=True)
        return youngest_first[rule.count_number :]
    limit = now - timedelta(days=rule.count_number)
    by_pull = rule.count_type == "sinceImagePulled"
    return [image for image in selected if ((by_pull and image.pulled_at) or _pushed_at(image)) < limit]


def _pushed_at(image: StoredImage) -> datetime:
    # ECR always tells; another registry has no lifecycle policy.
    assert image.pushed_at is not None
    return image.pushed_at
