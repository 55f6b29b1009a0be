"""The simulation of expiry against another one that was written from the user guide alone, over random repositories."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from mirrorgen.destinations.ecr.expiry import expire
from mirrorgen.destinations.ecr.rules import Lifecycle, policy
from mirrorgen.destinations.ecr.worst_case import Companions, worst_case
from mirrorgen.destinations.ecr.written_rules import build_lifecycle
from mirrorgen.destinations.port import StoredImage
from tests.lifecycle_oracle import Oracle

NOW = datetime(2026, 6, 30, tzinfo=UTC)
CASES = 4000
TAGS = [f"{first}{second}" for first in ("v", "x", "dev-") for second in "1234"]
ANY = {"tagStatus": "any"}
UNTAGGED = {"tagStatus": "untagged"}
SELECTIONS: list[dict[str, Any]] = [
    *(UNTAGGED, {"tagStatus": "tagged", "tagPrefixList": ["v"]}, {"tagStatus": "tagged", "tagPrefixList": ["x", "v"]}),
    *({"tagStatus": "tagged", "tagPatternList": [text]} for text in ("*", "*1", "dev-*", "v*2", "*e*-*")),
    {"tagStatus": "tagged", "tagPatternList": ["v*", "*3"]},
]


def drawn_rule(draw: random.Random, selection: dict[str, Any], *, of_archive: bool) -> dict[str, Any]:
    """Return what a rule counts and does, as ECR takes it, for a selection."""
    number = draw.randint(1, 40)
    if of_archive:
        days = {"countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": 90 + number}
        return {"selection": {**selection, "storageClass": "archive", **days}, "action": {"type": "expire"}}
    kind = draw.choice(["imageCountMoreThan", "sinceImagePushed", "sinceImagePulled"])
    unit = {} if kind == "imageCountMoreThan" else {"countUnit": "days"}
    counted = {"countType": kind, **unit, "countNumber": number if unit else draw.randint(1, 5)}
    archives = kind == "sinceImagePulled" or draw.random() < 0.3
    action = {"type": "transition", "targetStorageClass": "archive"} if archives else {"type": "expire"}
    return {"selection": {**selection, **counted}, "action": action}


def drawn_policy(draw: random.Random) -> list[dict[str, Any]]:
    """Return rules of both storage classes, each selection once in a class, one for any image last."""
    found = []
    for of_archive in (False, True):
        chosen = draw.sample(SELECTIONS, draw.randint(0, 4)) + draw.choice([[], [ANY]])
        found += [drawn_rule(draw, selection, of_archive=of_archive) for selection in chosen]
    priorities = sorted(draw.sample(range(1, 100), len(found)))
    return [{"rulePriority": priority, **rule} for priority, rule in zip(priorities, found, strict=True)]


def drawn_stock(draw: random.Random) -> list[StoredImage]:
    """Return images that name and follow each other in any way that digests allow: never in circles."""

    def ago(most: int) -> datetime:
        return NOW - timedelta(days=draw.randint(0, most))

    free = draw.sample(TAGS, len(TAGS))
    images: list[StoredImage] = []
    for number in range(draw.randint(0, 9)):
        older = [image.digest for image in images]
        archived = draw.random() < 0.3
        images.append(
            StoredImage(
                digest=f"sha256:{number}",
                tags=tuple(free.pop() for _ in range(draw.choice([0, 0, 1, 1, 2])) if free),
                pushed_at=ago(50),
                pulled_at=draw.choice([None, ago(50)]),
                contains=tuple(draw.sample(older, min(len(older), draw.choice([0, 0, 1, 3])))),
                is_archived=archived,
                archived_at=draw.choice([None, ago(150), ago(150)]) if archived else None,
                activated_at=draw.choice([None, None, ago(50)]),
                subject=draw.choice(["", "", "", *older]),
            )
        )
    return draw.sample(images, len(images))


def test_both_say_the_same() -> None:
    gone_at_all = 0
    for seed in range(CASES):
        draw = random.Random(seed)  # noqa: S311 - the same cases on every run
        written, images = drawn_policy(draw), drawn_stock(draw)
        rules = build_lifecycle(Lifecycle(), {"rules": written}).rules or ()
        assert policy(rules)["rules"] == written
        gone = {expiry.image.digest: expiry.rule.priority for expiry in expire(rules, images, now=NOW)}
        assert gone == Oracle(written, images, NOW).gone(), f"seed {seed}"
        gone_at_all += len(gone)
    assert gone_at_all > CASES // 2


def test_what_goes_of_a_list_alone_was_foretold() -> None:
    lost_at_all = 0
    for seed in range(CASES):
        draw = random.Random(seed)  # noqa: S311 - the same cases on every run
        written = drawn_policy(draw)
        rules = build_lifecycle(Lifecycle(), {"rules": written}).rules or ()
        tags = draw.sample(TAGS, draw.randint(1, 6))
        images, parts = mirrored(draw, tags)
        foretold = dict(worst_case(rules, tags, Companions(untagged=parts)))
        lost = [expiry.image.tags for expiry in expire(rules, images, now=NOW) if expiry.image.tags]
        # What names the same image goes with a tag that a rule selects, whatever it is called.
        assert all(foretold.keys() & set(named) for named in lost), f"seed {seed}"
        lost_at_all += len(lost)
    assert lost_at_all > CASES // 2


def mirrored(draw: random.Random, tags: list[str]) -> tuple[list[StoredImage], int]:
    """Return what a mirror of these tags holds, several of them maybe of one image, and how many have no tag."""
    by_image: dict[int, list[str]] = {}
    for tag in tags:
        by_image.setdefault(draw.randrange(len(tags)), []).append(tag)
    images: list[StoredImage] = []
    for number, named in by_image.items():
        parts = [f"sha256:{number}-{part}" for part in range(draw.randint(0, 2))]
        pushed_at = NOW - timedelta(days=draw.randint(0, 60))
        pulled_at = draw.choice([None, pushed_at + timedelta(days=1)])
        images += [StoredImage(part, (), pushed_at - timedelta(minutes=1)) for part in parts]
        images.append(StoredImage(f"sha256:{number}", tuple(named), pushed_at, pulled_at, tuple(parts)))
    return images, sum(not image.tags for image in images)
