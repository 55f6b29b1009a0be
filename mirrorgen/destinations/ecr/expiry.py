"""What a lifecycle policy removes or archives, by ECR's rules of evaluation.

From https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html, "Lifecycle policy evaluation
rules":

- Rules are looked at in the order of their priority, the lowest number first.
- An image is taken by one rule at most. One that a rule selects by its tags is out of reach for every rule with a
  higher number; they still count it.
- A rule selects images of one storage class, so that those for archived images and all the others never meet.
- `tagged` rules select an image that has, for each prefix or pattern, a tag that fits it. So several of them mean AND.
- `imageCountMoreThan` keeps the youngest by their push; `sinceImagePushed` takes what was pushed longer ago than so
  many days; `sinceImagePulled` takes what was not pulled for so many days, and counts from the push where there was
  no pull. What came back from the archive counts from that moment instead of its push, or of a pull before it.
- `sinceImageTransitioned` takes what was archived longer ago than so many days.
- An image that an index names stays while the index stays where it can be pulled.
- What refers to an image, as a signature does, follows it within 24 hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mirrorgen.destinations.ecr.rules import TRANSITION, LifecycleRule
from mirrorgen.destinations.ecr.wildcards import wildcard_matches
from mirrorgen.destinations.port import StoredImage


@dataclass(frozen=True, slots=True)
class Expiry:
    """An image that goes, and the rule that takes it; `rule.action` tells whether for ever or into the archive."""

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
    taken: dict[str, LifecycleRule] = {}
    for of_archive in (False, True):
        taken |= _marked(
            [rule for rule in rules if rule.is_of_archive is of_archive],
            [image for image in images if image.is_archived is of_archive],
            now,
        )
    parts = _parts_of_what_stays(images, taken)
    taken = {digest: rule for digest, rule in taken.items() if digest not in parts}
    taken |= _followers(images, taken, parts)
    return tuple(Expiry(image, taken[image.digest]) for image in images if image.digest in taken)


def selects(rule: LifecycleRule, tags: Sequence[str]) -> bool:
    """Whether a rule selects an image with these tags."""
    if rule.tag_status == "any":
        return True
    if rule.tag_status == "untagged":
        return not tags
    return all(any(wildcard_matches(pattern, tag) for tag in tags) for pattern in patterns(rule))


def patterns(rule: LifecycleRule) -> tuple[str, ...]:
    """Return the patterns of a rule, its prefixes among them; an image needs a tag for each."""
    return rule.tag_patterns or tuple(f"{prefix}*" for prefix in rule.tag_prefixes)


def _marked(rules: Sequence[LifecycleRule], images: Sequence[StoredImage], now: datetime) -> dict[str, LifecycleRule]:
    marked: dict[str, LifecycleRule] = {}
    claimed: set[str] = set()
    for rule in sorted(rules, key=lambda rule: rule.priority):
        selected = [image for image in images if selects(rule, image.tags)]
        marked |= {image.digest: rule for image in _outlived(rule, selected, now) if image.digest not in claimed}
        claimed |= {image.digest for image in selected}
    return marked


def _outlived(rule: LifecycleRule, selected: Sequence[StoredImage], now: datetime) -> Iterator[StoredImage]:
    if rule.count_type == "imageCountMoreThan":
        youngest_first = sorted(selected, key=lambda image: (_came_at(image), image.digest), reverse=True)
        yield from youngest_first[rule.count_number :]
        return
    limit = now - timedelta(days=rule.count_number)
    for image in selected:
        since = counted_from(rule, image)
        if since is not None and since < limit:
            yield image


def counted_from(rule: LifecycleRule, image: StoredImage) -> datetime | None:
    """Return from when a rule counts an image's days; None while nothing can be counted."""
    if rule.count_type == "sinceImageTransitioned":
        return image.archived_at
    came_at = _came_at(image)
    if rule.count_type == "sinceImagePulled" and image.pulled_at is not None:
        return max(image.pulled_at, came_at) if image.activated_at else image.pulled_at
    return came_at


def _came_at(image: StoredImage) -> datetime:
    # ECR always tells; another registry has no lifecycle policy.
    assert image.pushed_at is not None
    return image.activated_at or image.pushed_at


def _parts_of_what_stays(images: Sequence[StoredImage], taken: dict[str, LifecycleRule]) -> set[str]:
    """Return what indexes hold that stay, and indexes within them; an archived index holds nothing."""
    named = {image.digest: image.contains for image in images if not image.is_archived}
    found: set[str] = set()
    waiting = [digest for digest in named if digest not in taken]
    while waiting:
        new = {part for digest in waiting for part in named.get(digest, ())} - found
        found |= new
        waiting = list(new)
    return found


def _followers(
    images: Sequence[StoredImage], taken: dict[str, LifecycleRule], parts: set[str]
) -> dict[str, LifecycleRule]:
    """Return what belongs to images that go, and what belongs to that, by the rule that takes the image."""
    following: dict[str, LifecycleRule] = {}
    leaders = taken
    while leaders:
        leaders = {
            image.digest: leaders[image.subject]
            for image in images
            if image.subject in leaders
            and image.digest not in {*taken, *following, *parts}
            and not (image.is_archived and leaders[image.subject].action == TRANSITION)
        }
        following |= leaders
    return following
