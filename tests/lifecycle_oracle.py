"""What ECR would do, asked of each image on its own, sentence by sentence from the user guide.

It knows nothing of mirrorgen.destinations.ecr: rules are JSON as ECR has it, and an image is asked which one rule may
touch it, where the package asks each rule which images it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from mirrorgen.destinations.port import StoredImage

Rule = dict[str, Any]


class Oracle:
    """One evaluation of a policy."""

    def __init__(self, rules: Sequence[Rule], images: Sequence[StoredImage], now: datetime) -> None:
        self.rules = sorted(rules, key=lambda rule: rule["rulePriority"])
        self.images = {image.digest: image for image in images}
        self.now = now

    def gone(self) -> dict[str, int]:
        """Priority of the rule that takes an image, by digest."""
        fates = {digest: self.fate(digest) for digest in self.images}
        return {digest: rule["rulePriority"] for digest, rule in fates.items() if rule}

    def fate(self, digest: str) -> Rule | None:
        """ "... automatically expire or archive those artifacts within 24 hours of the deletion ... of the subject"."""
        image = self.images[digest]
        if self.is_referenced(digest):
            return None
        if rule := self.mark(image):
            return rule
        if image.subject not in self.images:
            return None
        rule = self.fate(image.subject)
        into_archive = rule is not None and rule.get("action", {}).get("type") == "transition"
        return None if image.is_archived and into_archive else rule

    def is_referenced(self, digest: str) -> bool:
        """ "... cannot be expired or archived without the manifest list being deleted or archived first"."""
        return any(
            self.mark(parent) is None or self.is_referenced(parent.digest)
            for parent in self.images.values()
            if digest in parent.contains and not parent.is_archived
        )

    def mark(self, image: StoredImage) -> Rule | None:
        """ "An image that matches the tagging requirements of a rule cannot be ... by a rule with a lower priority"."""
        mine = next((rule for rule in self.rules if matches(rule, image)), None)
        return mine if mine and self.is_over(mine, image) else None

    def is_over(self, rule: Rule, image: StoredImage) -> bool:
        """Whether the image is one too many, or too old."""
        number: int = rule["selection"]["countNumber"]
        match rule["selection"]["countType"]:
            case "imageCountMoreThan":
                peers = [other for other in self.images.values() if matches(rule, other)]
                return sum((birth(other), other.digest) > (birth(image), image.digest) for other in peers) >= number
            case "sinceImagePushed":
                start = birth(image)
            case "sinceImagePulled":
                pulled = image.pulled_at
                is_stale = pulled is None or (image.activated_at is not None and pulled < image.activated_at)
                start = birth(image) if is_stale else pulled  # type: ignore[assignment]
            case _:
                if image.archived_at is None:
                    return False
                start = image.archived_at
        return self.now - start > timedelta(days=number)


def matches(rule: Rule, image: StoredImage) -> bool:
    """Whether an image lies where the rule looks, and meets its tagging requirements."""
    selection = rule["selection"]
    if (selection.get("storageClass") == "archive") != image.is_archived:
        return False
    if selection["tagStatus"] != "tagged":
        return selection["tagStatus"] == "any" or len(image.tags) == 0
    if "tagPrefixList" in selection:
        return all(any(tag.startswith(prefix) for tag in image.tags) for prefix in selection["tagPrefixList"])
    return all(any(fnmatchcase(tag, pattern) for tag in image.tags) for pattern in selection["tagPatternList"])


def birth(image: StoredImage) -> datetime:
    """ "If an image was archived and then restored ..., last_activated_at is used instead of pushed_at_time"."""
    born = image.activated_at or image.pushed_at
    assert born is not None
    return born
