"""ECR's rules of evaluation as a table, the policy of the article that started this project first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mirrorgen.destinations.ecr.expiry import expire
from mirrorgen.destinations.ecr.wildcards import can_both_match, wildcard_matches
from mirrorgen.destinations.port import StoredImage
from tests.lifecycle_rules import age, count, rules

NOW = datetime(2026, 6, 30, tzinfo=UTC)
TEN_PREFIXES = ["v", *"123456789"]


SEED = (count(10, *TEN_PREFIXES), age(7, "untagged"))


def image(
    name: str,
    *tags: str,
    days: float = 0,
    pulled: float | None = None,
    archived: float | None = None,
    restored: float | None = None,
    contains: str = "",
    subject: str = "",
) -> StoredImage:
    """An image called `name` that was pushed, and maybe more, so many days ago."""

    def ago(days: float | None) -> datetime | None:
        return None if days is None else NOW - timedelta(days=days)

    return StoredImage(
        name,
        tags,
        ago(days),
        ago(pulled),
        tuple(contains.split()),
        is_archived=archived is not None,
        archived_at=ago(archived),
        activated_at=ago(restored),
        subject=subject,
    )


def v(*days: float) -> list[StoredImage]:
    """One image for each age, tagged `v<age>` and called so."""
    return [image(f"v{age}", f"v{age}", days=age) for age in days]


CASES: dict[str, tuple[tuple[dict[str, Any], ...], list[StoredImage], list[tuple[str, int]]]] = {
    "the article's policy selects no image with one tag": (SEED, v(*range(100)), []),
    "the article's policy selects an image with a tag for each of the ten prefixes": (
        (count(1, *TEN_PREFIXES),),
        [image("a", *TEN_PREFIXES, days=2), image("b", *TEN_PREFIXES, days=1), *v(3)],
        [("a", 1)],
    ),
    "the article's policy removes old untagged images": (SEED, [image("u", days=8), image("w", days=6)], [("u", 2)]),
    "one rule for each prefix does what it meant": (
        (count(2, "v"), count(2, "1")),
        [*v(1, 2, 3), image("x", "1.0", days=9)],
        [("v3", 1)],
    ),
    "the oldest go, by their push": ((count(1, "v"),), v(5, 1, 3), [("v5", 1), ("v3", 1)]),
    "as many as the count stay": ((count(3, "v"),), v(5, 1, 3), []),
    "exactly as old as the limit stays": ((age(7, tagPrefixList=["v"]),), v(7, 7.01), [("v7.01", 1)]),
    "an image is tagged by all its tags": (
        (age(7, tagPatternList=["v*", "*-x"]),),
        [image("both", "v1", "2-x", days=9), image("one", "v1-x", days=9), image("half", "v1", "2", days=9)],
        [("both", 1), ("one", 1)],
    ),
    "a wildcard stands for any text": (
        (age(7, tagPatternList=["v*.0"]),),
        [image(tag, tag, days=9) for tag in ("v1.0", "v1.1", "v.0", "xv1.0")],
        [("v1.0", 1), ("v.0", 1)],
    ),
    "a rule with a lower number protects what it selects from the others": (
        (count(10, "v"), age(7, "any")),
        [*v(30), image("other", "x", days=30), image("bare", days=30)],
        [("other", 2), ("bare", 2)],
    ),
    "later rules still count what earlier ones select": (
        (count(10, "v"), count(2)),
        [*v(1, 2), image("x1", "x1", days=3), image("x2", "x2", days=4)],
        [("x1", 2), ("x2", 2)],
    ),
    "pulled lately, it stays": (
        (age(30, by="sinceImagePulled", tagPrefixList=["v"]),),
        [image("v1", "v1", days=90, pulled=5), image("v2", "v2", days=90, pulled=40)],
        [("v2", 1)],
    ),
    "never pulled, its push counts": (
        (age(30, by="sinceImagePulled", tagPrefixList=["v"]),),
        [image("v1", "v1", days=20), image("v2", "v2", days=40)],
        [("v2", 1)],
    ),
    "what an index names stays while the index does": (
        (age(7, "untagged"),),
        [image("index", "v1", days=30, contains="amd arm"), *(image(name, days=30) for name in ("amd", "arm", "x"))],
        [("x", 1)],
    ),
    "with the index, what it names may go": (
        (age(7, "any"),),
        [image("index", "v1", days=30, contains="amd"), image("amd", days=30)],
        [("index", 1), ("amd", 1)],
    ),
    "an index may name an index, and all of it stays": (
        (age(7, "untagged"),),
        [image("a", "v1", days=30, contains="b"), image("b", days=30, contains="c"), image("c", days=30)],
        [],
    ),
    "and all of it may go": (
        (age(7, "any"),),
        [image("a", "v1", days=30, contains="b"), image("b", days=30, contains="c"), image("c", days=30)],
        [("a", 1), ("b", 1), ("c", 1)],
    ),
    "an index that stays keeps what one that goes names, too": (
        (age(7, "untagged"),),
        [image("a", "v1", days=30, contains="c"), image("b", days=30, contains="c"), image("c", days=30)],
        [("b", 1)],
    ),
    "a signature follows its image, and what belongs to it follows": (
        (age(7, tagPrefixList=["v"]),),
        [image("a", "v1", days=30), image("s", subject="a"), image("t", subject="s"), image("u", subject="other")],
        [("a", 1), ("s", 1), ("t", 1)],
    ),
    "what came back from the archive is as old as its return": (
        (age(7, tagPrefixList=["v"]),),
        [image("v1", "v1", days=30, restored=6), image("v2", "v2", days=30, restored=8)],
        [("v2", 1)],
    ),
    "also where images are counted": (
        (count(1, "v"),),
        [image("v1", "v1", days=30, restored=1), image("v2", "v2", days=2)],
        [("v2", 1)],
    ),
    "and where pulls are, unless a pull came after it": (
        (age(7, by="sinceImagePulled", tagPrefixList=["v"]),),
        [
            image("before", "v1", days=90, pulled=60, restored=6),
            image("never", "v2", days=90, restored=8),
            image("after", "v3", days=90, pulled=3, restored=8),
        ],
        [("never", 1)],
    ),
    "what is archived is out of reach of the usual rules": (
        (age(7, "any"), age(7, "untagged")),
        [image("v1", "v1", days=30, archived=20)],
        [],
    ),
    "and others out of reach of the rules for the archive": (
        (age(90, "any", by="sinceImageTransitioned"),),
        [image("v1", "v1", days=300), image("v2", "v2", days=300, archived=91), image("v3", "v3", archived=89)],
        [("v2", 1)],
    ),
    "rules of one storage class protect nothing from those of another": (
        (age(3, "any", by="sinceImagePulled"), age(90, "any", by="sinceImageTransitioned")),
        [image("v1", "v1", days=300, archived=100), image("v2", "v2", days=4)],
        [("v1", 2), ("v2", 1)],
    ),
    "an archived index protects nothing": (
        (age(7, "untagged"),),
        [image("index", "v1", days=30, archived=2, contains="amd"), image("amd", days=30)],
        [("amd", 1)],
    ),
    "untagged rules leave tagged images alone": ((age(7, "untagged"),), v(30), []),
    "without rules everything stays": ((), v(1, 100), []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_goes(name: str) -> None:
    selections, images, expected = CASES[name]
    gone = expire(rules(*selections)[::-1], images, now=NOW)
    assert [(expiry.image.digest, expiry.rule.priority) for expiry in gone] == expected


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("v*", "*-prod", True),
        ("v*", "1*", False),
        ("a*b", "ab", True),
        ("a*b*", "*c", True),
        ("dev", "dev*", True),
        ("dev", "dev?", False),
        ("*", "", True),
        ("a*c", "ab*d", False),
    ],
)
def test_whether_one_tag_can_fit_two_patterns(first: str, second: str, *, both: bool) -> None:
    assert can_both_match(first, second) is can_both_match(second, first) is both


def test_nothing_but_the_star_is_special_in_a_pattern() -> None:
    assert wildcard_matches("1.2*", "1.25")
    assert not wildcard_matches("1.2*", "1x25")
    assert not wildcard_matches("1.2", "1.25")
