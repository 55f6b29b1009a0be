"""When images will go, held against ECR's rules evaluated at every moment of the days to come."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from mirrorgen.destinations.ecr.foretelling import foretell
from mirrorgen.destinations.ecr.rules import Lifecycle
from mirrorgen.destinations.ecr.written_rules import build_lifecycle
from tests.lifecycle_oracle import Oracle
from tests.lifecycle_rules import age, count, rules
from tests.unit.test_expiry import image
from tests.unit.test_expiry_model import NOW, drawn_policy, drawn_stock

CASES = 300
DAYS = 200
"""Longer than any rule that is drawn counts."""


def test_each_image_goes_on_the_first_day_on_which_the_rules_take_it() -> None:
    gone_at_all = 0
    for seed in range(CASES):
        draw = random.Random(seed)  # noqa: S311 - the same cases on every run
        written, images = drawn_policy(draw), drawn_stock(draw)
        first: dict[str, datetime] = {}
        for day in range(DAYS):
            # Everything drawn is of whole days, and a rule takes what is older than its days.
            at = NOW + timedelta(days=day)
            for digest in Oracle(written, images, at + timedelta(microseconds=1)).gone():
                first.setdefault(digest, at)
        policy = build_lifecycle(Lifecycle(), {"rules": written}).rules or ()
        found = foretell(policy, images, [image.digest for image in images], now=NOW)
        assert {digest: foretold.at for digest, foretold in found.items()} == first, f"seed {seed}"
        gone_at_all += len(found)
    assert gone_at_all > CASES


def test_the_rule_that_takes_it_is_named() -> None:
    both = rules(count(1, "v"), age(7, "untagged"))
    images = [image("a", "v1", days=1), image("b", "v2", days=2), image("u", days=5)]
    found = foretell(both, images, ["a", "b", "u"], now=datetime(2026, 6, 30, tzinfo=UTC))
    assert {digest: (foretold.at.isoformat()[:10], foretold.rule.priority) for digest, foretold in found.items()} == {
        "b": ("2026-06-30", 1),
        "u": ("2026-07-02", 2),
    }


def test_what_an_index_keeps_goes_with_it() -> None:
    policy = rules(age(10, tagPatternList=["v*"]), age(3, "untagged"))
    images = [image("index", "v1", days=1, contains="part"), image("part", days=1)]
    found = foretell(policy, images, ["part"], now=datetime(2026, 6, 30, tzinfo=UTC))
    assert found["part"].at.date().isoformat() == "2026-07-09"
