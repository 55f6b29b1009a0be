"""When a lifecycle policy would take images, while nothing else happens: no push, no pull, and nobody deletes.

A rule that counts images takes none for growing old, so that it acts now or never. What is removed leaves what stays
without effect on others: time alone adds to what the rules take, and takes nothing back.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from mirrorgen.destinations.ecr.expiry import counted_from, expire
from mirrorgen.destinations.ecr.rules import LifecycleRule
from mirrorgen.destinations.port import StoredImage

_MOMENT = timedelta(microseconds=1)
"""A rule takes what is older than its days; at exactly so many it does not."""


@dataclass(frozen=True, slots=True)
class Foretold:
    """That a rule will take an image.

    Attributes:
        at: when the rule first says so; ECR acts within 24 hours of it.
        rule: which one; `rule.action` tells whether for ever or into the archive.
    """

    at: datetime
    rule: LifecycleRule


def foretell(
    rules: Sequence[LifecycleRule], images: Sequence[StoredImage], digests: Collection[str], *, now: datetime
) -> Mapping[str, Foretold]:
    """Return when images will go, by digest; those that stay for as long as nothing happens are not in it.

    Args:
        rules: of one repository, in any order.
        images: everything the repository holds.
        digests: of the images that matter.
        now: nothing goes before it.
    """
    moments = [now, *sorted({moment for rule in rules for image in images for moment in _moments(rule, image, now)})]

    @cache
    def gone(index: int) -> dict[str, LifecycleRule]:
        return {expiry.image.digest: expiry.rule for expiry in expire(rules, images, now=moments[index] + _MOMENT)}

    found = {}
    for digest in digests:
        index = bisect_left(range(len(moments)), True, key=lambda index: digest in gone(index))
        if index < len(moments):
            found[digest] = Foretold(moments[index], gone(index)[digest])
    return found


def _moments(rule: LifecycleRule, image: StoredImage, now: datetime) -> list[datetime]:
    """When, after `now`, a rule begins to take an image for its age; nothing where it never does."""
    since = counted_from(rule, image) if rule.count_unit else None
    moment = since + timedelta(days=rule.count_number) if since else now
    return [moment] if moment > now else []
