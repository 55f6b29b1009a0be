"""Exclusion filters: they match every moving tag and no fixed one, and are found wherever five will do."""

from __future__ import annotations

import itertools
import random
import re
import time

import pytest

from mirrorgen.destinations.ecr.exclusions import MAX_FILTERS, exclusion_filters


def matches(pattern: str, tag: str) -> bool:
    return re.fullmatch(pattern.replace(".", r"\.").replace("*", ".*"), tag) is not None


def test_five_moving_tags_keep_filters_of_their_own() -> None:
    moving = ["latest", "1", "1.2", "edge", "stable"]
    assert exclusion_filters(moving, ["1.2.3"]) == tuple(sorted(moving))


def test_more_are_merged_where_they_are_alike() -> None:
    moving = ["latest", "alpine3.17", "alpine3.18", "alpine3.19", "alpine3.20", "bookworm", "bullseye"]
    filters = exclusion_filters(moving, ["1.2.3"])
    assert filters
    assert "alpine3.1*" in filters


def test_filters_match_every_moving_tag_and_no_fixed_one() -> None:
    draw = random.Random(11)  # noqa: S311 - the same lists on every run
    found = 0
    for _ in range(400):
        moving = {"".join(draw.choices("ab1.-", k=draw.randint(1, 5))) for _ in range(draw.randint(1, 12))}
        fixed = {"".join(draw.choices("ab1.-", k=draw.randint(1, 5))) for _ in range(draw.randint(0, 6))} - moving
        filters = exclusion_filters(sorted(moving), sorted(fixed))
        if len(filters) > MAX_FILTERS:
            continue
        found += 1
        assert len(filters) <= MAX_FILTERS
        assert all(re.fullmatch(r"[0-9a-zA-Z._*-]{1,128}", pattern) and pattern.count("*") <= 2 for pattern in filters)
        assert all(any(matches(pattern, tag) for pattern in filters) for tag in moving)
        assert not [tag for tag in fixed if any(matches(pattern, tag) for pattern in filters)]
    assert found > 200


def test_filters_with_two_wildcards_are_found() -> None:
    moving = ["a1x", "a2x", "b1y", "b2y", "c1z", "c2z", "d1w", "d2w", "rel-e-9", "old-e-8"]
    fixed = ["a", "1x", "rel-9", "rel-f-9", "old-8"]
    filters = exclusion_filters(moving, fixed)
    assert len(filters) == MAX_FILTERS
    assert all(any(matches(pattern, tag) for pattern in filters) for tag in moving)
    assert not [tag for tag in fixed if any(matches(pattern, tag) for pattern in filters)]


def fits_by_trying_all(moving: list[str], fixed: list[str]) -> bool:
    """Whether five patterns do, by trying each text over the letters of the tags with one or two stars, or none."""
    longest = max(map(len, moving)) + 2
    texts = ("".join(text) for size in range(1, longest + 1) for text in itertools.product("ab1*", repeat=size))
    allowed = [text for text in texts if text.count("*") <= 2 and text.strip("*")]
    catches = {
        frozenset(tag for tag in moving if matches(text, tag))
        for text in allowed
        if not any(matches(text, tag) for tag in fixed)
    }
    reached = {frozenset[str]()}
    for _ in range(MAX_FILTERS):
        reached = {before | more for before in reached for more in catches}
    return frozenset(moving) in reached


@pytest.mark.parametrize("seed", range(30))
def test_none_are_said_to_fit_only_where_none_do(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same lists on every run
    words = ["".join(word) for size in (1, 2, 3) for word in itertools.product("ab1", repeat=size)]
    chosen = draw.sample(words, 18)
    moving, fixed = sorted(chosen[:9]), sorted(chosen[9:])
    assert (len(exclusion_filters(moving, fixed)) <= MAX_FILTERS) == fits_by_trying_all(moving, fixed)


def test_a_list_that_takes_for_ever_is_given_up() -> None:
    draw = random.Random(3)  # noqa: S311 - the same list on every run
    tags = ["".join(draw.choices("abcdef.-", k=128)) for _ in range(300)]
    begun = time.process_time()
    assert len(exclusion_filters(tags[:60], tags[60:])) > MAX_FILTERS
    assert time.process_time() - begun < 20
