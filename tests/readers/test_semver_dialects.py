"""Ranges of versions of other tools: a rule that takes the same tags. These libraries have said so."""

from __future__ import annotations

import pytest

from mirrorgen.model.tags import passes
from mirrorgen.readers.semver_dialects import blang, masterminds
from mirrorgen.readers.tag_sets import UnusableRule

_TAGS = """
    0.0.0 0.0.1 0.1 0.1.9 0.2.0 1 v1 1.0.0-rc.1 1.0 1.1.0 1.2 v1.2.0 1.2.3 1.2.3-alpine 1.2.3.4 1.2-alpine 1.2.3-a_b
    1.2.3-01 1.2.3-a..b 1.3.0-rc.1 1.3.0 1.10.0 2.0.0-rc.1 2 2.0.0 2.1 3.0.0 10.007 latest 20240131
"""
TAGS = _TAGS.split()


def taken(rule: object) -> str:
    return " ".join(tag for tag in TAGS if passes(rule, tag))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        (">= 1.2.3", "1.2.3 1.3.0 1.10.0 2 2.0.0 2.1 3.0.0 10.007 20240131"),
        # A version with parts left out is every version that begins so.
        ("1.2", "1.2 v1.2.0 1.2.3"),
        ("1", "1 v1 1.0 1.1.0 1.2 v1.2.0 1.2.3 1.3.0 1.10.0"),
        ("=1.2.0", "1.2 v1.2.0"),
        ("> 1", "2 2.0.0 2.1 3.0.0 10.007 20240131"),
        (">1.2.x, <3", "1.3.0 1.10.0 2 2.0.0 2.1"),
        ("<=1.2 || >=3 <4", "0.0.0 0.0.1 0.1 0.1.9 0.2.0 1 v1 1.0 1.1.0 1.2 v1.2.0 1.2.3 3.0.0"),
        ("^0.1", "0.1 0.1.9"),
        ("^0.0.1", "0.0.1"),
        ("~1.2.1", "1.2.3"),
        ("~> 1", "1 v1 1.0 1.1.0 1.2 v1.2.0 1.2.3 1.3.0 1.10.0"),
        ("1.1 - 1.2", "1.1.0 1.2 v1.2.0 1.2.3"),
        (
            "~0.0.0",
            "0.0.0 0.0.1 0.1 0.1.9 0.2.0 1 v1 1.0 1.1.0 1.2 v1.2.0 1.2.3 1.3.0 1.10.0 "
            "2 2.0.0 2.1 3.0.0 10.007 20240131",
        ),
    ],
)
def test_skopeos_ranges_take_releases(text: str, tags: str) -> None:
    assert taken(masterminds(text)) == tags


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        # A suffix is a prerelease, and less than the version without it.
        (">=1.2.0 <1.3.0", "1.2 v1.2.0 1.2.3 1.2.3-alpine 1.3.0-rc.1"),
        ("1.2.3", "1.2.3"),
        ("1.2.x", "1.2 v1.2.0 1.2.3 1.2.3-alpine 1.3.0-rc.1"),
        (
            "<=1.x || >= 3.0.0 <4.0.0",
            "0.0.0 0.0.1 0.1 0.1.9 0.2.0 1 v1 1.0.0-rc.1 1.0 1.1.0 1.2 v1.2.0 1.2.3 1.2.3-alpine "
            "1.3.0-rc.1 1.3.0 1.10.0 2.0.0-rc.1 3.0.0",
        ),
        ("==2.0.0", "2 2.0.0"),
    ],
)
def test_dregsys_ranges_take_suffixes_that_semver_org_allows(text: str, tags: str) -> None:
    assert taken(blang(text)) == tags


@pytest.mark.parametrize("text", ["!=1.2", ">=1.0.0-rc.1", "latest", ">=1.2.3.4", "1.2x", "x1.2", "^x"])
def test_what_no_rule_says_is_no_rule_for_skopeo(text: str) -> None:
    with pytest.raises(UnusableRule):
        masterminds(text)


@pytest.mark.parametrize("text", ["!1.2.3", ">=1.2", ">=1.0.0-rc.1", "^1.2.3", "latest", "", ">1.0.0 || "])
def test_what_no_rule_says_is_no_rule_for_dregsy(text: str) -> None:
    with pytest.raises(UnusableRule):
        blang(text)
