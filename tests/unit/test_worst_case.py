"""What lifecycle rules could take of a list, nothing being known of what ECR holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mirrorgen.destinations.ecr.worst_case import Companions, companions, worst_case
from mirrorgen.project import load
from tests.lifecycle_rules import age, count, rules

WORST: dict[str, tuple[tuple[dict[str, Any], ...], list[str], list[tuple[str, int]]]] = {
    "as many as are listed": ((count(2, "v"),), ["v1", "v2", "x"], []),
    "fewer than are listed: any may be the oldest": ((count(1, "v"),), ["v1", "v2", "x"], [("v1", 1), ("v2", 1)]),
    "one day every image is old": ((age(365, tagPrefixList=["v"]),), ["v1", "x"], [("v1", 1)]),
    "and was not pulled": ((age(365, "any", by="sinceImagePulled"),), ["x"], [("x", 1)]),
    "a rule before it protects": ((count(5, "v"), age(30, "any")), ["v1", "x"], [("x", 2)]),
    "two tags may name one image, which then fits two prefixes": (
        (age(30, tagPrefixList=["v", "x"]),),
        ["v1", "x1", "y1"],
        [("v1", 1), ("x1", 1)],
    ),
    "but a rule that may not select protects nothing": (
        (count(9, "v", "x"), age(30, "any")),
        ["v1", "x1"],
        [("v1", 2), ("x1", 2)],
    ),
    "no tag for one of the prefixes: the rule selects nothing": ((age(30, tagPrefixList=["v", "z"]),), ["v1"], []),
    "what is archived was reported by the rule that archives": (
        (age(90, "any", by="sinceImageTransitioned"),),
        ["v1"],
        [],
    ),
    "untagged images are not wanted": ((age(1, "untagged"),), ["v1"], []),
    "the article's policy": ((count(10, "v", *"123456789"), age(7, "untagged")), ["v1", "1.25"], []),
}  # fmt: skip


@pytest.mark.parametrize("name", WORST)
def test_what_could_go_at_worst(name: str) -> None:
    selections, tags, expected = WORST[name]
    assert [(tag, rule.priority) for tag, rule in worst_case(rules(*selections), tags, Companions())] == expected


def lost(selection: dict[str, Any], others: Companions) -> list[str]:
    return [tag for tag, _ in worst_case(rules(selection), ["v1", "v2", "v3"], others)]


def test_three_tags_of_two_platforms_are_nine_images() -> None:
    others = Companions(untagged=6)
    assert lost(count(8), others) == ["v1", "v2", "v3"]
    assert lost(count(9), others) == []
    assert lost(count(3, "v"), others) == []


def test_an_index_keeps_its_parts_from_a_rule_for_untagged_images() -> None:
    assert lost(count(1, tagStatus="untagged"), Companions(untagged=6)) == []


def test_signatures_with_tags_count_where_a_rule_can_select_them() -> None:
    others = Companions(signatures=9)
    assert lost({**count(11), "tagStatus": "tagged", "tagPatternList": ["*"]}, others) == ["v1", "v2", "v3"]
    assert lost({**count(12), "tagStatus": "tagged", "tagPatternList": ["*"]}, others) == []
    assert lost(count(3, "v"), others) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("{}", Companions(untagged=2 * 16)),
        ("{platforms: linux/amd64}", Companions()),
        ("{platforms: linux/amd64, referrers: true}", Companions(untagged=2 * 3)),
        ("{digest_tags: true}", Companions(untagged=2 * 16, signatures=2 * 17 * 3)),
    ],
)
def test_what_comes_along_with_the_tags_of_a_list(settings: str, expected: Companions, tmp_path: Path) -> None:
    (tmp_path / "images.yaml").write_text(
        f"defaults: {settings}\nimages: [{{source: nginx, tags: [1.25.1, 1.25.2]}}]\n"
    )
    desired = load(tmp_path / "images.yaml").desired
    assert desired
    assert companions(desired.repositories[0].entries) == expected
