"""Which known name somebody meant: only near ones are offered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.model.spelling import nearest, slips_between

KNOWN = ("source", "tags", "platforms", "repository", "ecr", "scan_on_push", "requests_per_second")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sorce", ["source"]),
        ("suorce", ["source"]),
        ("Source", ["source"]),
        ("tag", ["tags"]),
        ("platform", ["platforms"]),
        ("requests_per_secnods", ["requests_per_second"]),
        ("scan", ["scan_on_push"]),
        ("owner", []),
        ("x", []),
        ("image", []),
        ("rcetus", []),
    ],
)
def test_a_name_is_offered_when_it_is_near(written: str, meant: list[str]) -> None:
    assert nearest(written, KNOWN) == meant


def test_all_that_are_equally_near_are_offered() -> None:
    assert nearest("gchr.io", ["ghcr.io", "gcr.io", "nvcr.io"]) == ["gcr.io", "ghcr.io"]


WORDS = st.text("abc", max_size=7)


@given(WORDS, WORDS)
def test_slips_are_counted_alike_from_both_sides_and_never_beyond_the_most(first: str, second: str) -> None:
    slips = slips_between(first, second, most=9)
    assert slips is not None
    assert slips == slips_between(second, first, most=9)
    assert (slips == 0) == (first == second)
    for most in range(slips):
        assert slips_between(first, second, most=most) is None
    assert slips_between(first, second, most=slips) == slips
