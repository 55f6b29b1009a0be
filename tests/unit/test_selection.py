"""Which tags a rule chooses; that regsync chooses the same is tested with the real one, in tests/real/test_rules.py."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.desired.newest import oddity
from mirrorgen.desired.selection import SelectedTag, select
from mirrorgen.master_list.rules import build_rule
from mirrorgen.model.images import TagRule
from mirrorgen.model.versions import Range, parse_range, parse_version
from mirrorgen.problems import Problem
from mirrorgen.project import load

TAGS = [
    "1.24.0",
    "1.25",
    "1.25.0",
    "1.25.0-alpine",
    "1.25.1-rc.1",
    "v1.26.0",
    "2",
    "latest",
    "edge",
    "nightly-2024-01-02",
]


def chosen(rule: Any, tags: list[str] | None = None) -> list[str]:
    problems: list[Problem] = []
    built = build_rule(rule, (), problems)
    assert not problems
    return [selected.tag for selected in select(built, tags or TAGS)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (["edge", "gone", "1.25"], ["1.25", "edge"]),
        ({"exact": ["edge"]}, ["edge"]),
        ({"match": [r"1\.2\d\.\d+"]}, ["1.24.0", "1.25.0"]),
        ({"match": ["la.*", "ed.*"]}, ["edge", "latest"]),
        ({"semver": [">=1.25 <2"]}, ["1.25", "1.25.0", "1.25.1-rc.1", "v1.26.0"]),
        ({"semver": ["<1.25", ">=2"]}, ["1.24.0", "1.25.0-alpine", "2"]),
        ({"semver": [">=1.25"], "match": ["v.*"]}, ["v1.26.0"]),
        ({"semver": [">=1.25"], "exclude": [".*-.*"]}, ["1.25", "1.25.0", "2", "v1.26.0"]),
        ({"exact": ["latest"], "semver": ["2"]}, ["2", "latest"]),
        ({"exact": ["1.25.1-rc.1"], "semver": ["<2"], "exclude": [".*rc.*", "1.*"]}, ["1.25.1-rc.1", "v1.26.0"]),
        ({"newest": 2}, ["2", "v1.26.0"]),
        ({"exact": ["2"], "newest": 1}, ["2", "v1.26.0"]),
        ({"exact": ["edge"], "match": [r"1\..*"], "newest": 1}, ["1.25.1-rc.1", "edge"]),
        ({"match": ["[a-z].*"], "newest": 2, "order": "alphabetical"}, ["nightly-2024-01-02", "v1.26.0"]),
        ({"match": ["[a-z]+"], "newest": 2}, []),
    ],
)  # fmt: skip
def test_what_a_rule_chooses(rule: Any, expected: list[str]) -> None:
    assert chosen(rule) == expected


def test_each_tag_says_what_chose_it_and_whether_it_moves() -> None:
    problems: list[Problem] = []
    rule = build_rule({"exact": ["latest", "1.25.0"], "match": [r"1\.2.*"], "semver": [">=1"]}, (), problems)
    assert select(rule, ["latest", "1.25.0", "1.25", "v3"]) == (
        SelectedTag("1.25", "match", moving=True),
        SelectedTag("1.25.0", "exact", moving=False),
        SelectedTag("latest", "exact", moving=True),
    )


@pytest.mark.parametrize(
    ("moving", "expected"),
    [("auto", ["latest"]), ("all", ["1.25.0", "latest"]), ("none", []), ([r"\d.*"], ["1.25.0"])],
)
def test_the_list_may_say_what_moves(moving: Any, expected: list[str]) -> None:
    rule = build_rule({"exact": ["latest", "1.25.0"], "moving": moving}, (), [])
    assert [selected.tag for selected in select(rule, TAGS) if selected.moving] == expected


@pytest.mark.parametrize(
    "ascending",
    [
        ["1", "1.1", "1.1.1", "1.1.2", "1.1.10", "1.2", "2", "10"],
        ["1.0-alpha", "1.0-alpha.1", "1.0-alpha.2", "1.0-alpha.10", "1.0-rc.1", "1.0-rc.2", "1.0"],
        ["0.9", "v1.0", "1.1", "v1.2"],
        ["20240101", "20240131", "20241231"],
    ],
)
def test_the_newest_are_the_last_of_a_persons_order(ascending: list[str]) -> None:
    draw = random.Random(5)  # noqa: S311 - the same shuffle on every run
    for count in range(1, len(ascending)):
        shuffled = draw.sample(ascending, len(ascending))
        assert chosen({"newest": count}, shuffled) == sorted(ascending[-count:])


HUB = {
    "postgres": ["17", "17.2", "17.1", "17.0", "16.6", "16", "17.2-alpine", "17.2-alpine3.20", "17-alpine",
                 "17.1-alpine", "17.2-bookworm", "18rc1", "18-rc1-alpine", "latest", "9.6.24"],
    "alpine": ["20240807", "20240606", "3", "3.20", "3.20.3", "3.20.2", "3.19.4", "edge", "latest"],
    "redis": ["8.0-rc1", "8.0-rc1-alpine", "7", "7.4", "7.4.1", "7.4.1-alpine", "7.4.0", "7.2.6", "7.4.1-bookworm"],
    "python": ["3.14.0a1", "3.14-rc", "3.14.0-rc.1", "3.13", "3.13.0", "3.13.0-slim", "3.12.7", "3.12.6",
               "3.13.0-slim-bookworm"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("image", "suffix", "expected"),
    [
        ("postgres", "none", ["17.0", "17.1", "17.2"]),
        ("postgres", "alpine", ["17.1-alpine", "17.2-alpine"]),
        ("alpine", "none", ["3.19.4", "3.20.2", "3.20.3"]),
        ("redis", "none", ["7.2.6", "7.4.0", "7.4.1"]),
        ("python", "none", ["3.12.6", "3.12.7", "3.13.0"]),
        ("python", "slim", ["3.13.0-slim"]),
    ],
)
def test_the_newest_releases_of_what_people_use(image: str, suffix: str, expected: list[str]) -> None:
    assert chosen({"newest": 3, "suffix": suffix}, HUB[image]) == expected


def test_of_two_names_of_one_release_one_is_kept() -> None:
    assert chosen({"newest": 2, "suffix": "none"}, ["v1.2.0", "1.2.0", "1.1.0"]) == ["1.1.0", "1.2.0"]


@pytest.mark.parametrize(
    ("tags", "odd"),
    [
        (["7.4.1", "7.4.1-alpine", "7.4.1-bookworm"], "one version in several forms"),
        (["7.4.1", "7.4.1-alpine", "7.4.0"], "some versions in several forms"),
        (["8.0-rc1", "8.0-rc1-alpine"], "only prereleases"),
        (["1.0.0-alpha.1"], "only prereleases"),
        (["7.4.1-alpine", "7.4.0-alpine"], None),
        (["7.4.1", "7.4.0"], None),
        (["7.4.1"], None),
        ([], None),
    ],
)
def test_what_is_hardly_meant_by_the_newest(tags: list[str], odd: str | None) -> None:
    assert oddity(TagRule(newest=3), tags) == odd
    assert oddity(TagRule(newest=3, suffix=""), tags) is None
    assert oddity(TagRule(semver=(">=1",)), tags) is None


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^1.2.3", ["1.2.3", "1.9", "2.0.0-rc.1"], ["1.2.2", "2.0.0", "2", "1.2.3-rc.1"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0", "0.2.2"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4", "0.1"]),
        ("~1.2.3", ["1.2.3", "1.2.99"], ["1.3.0", "1.2.2"]),
        ("~1", ["1.0.0", "1.0.5"], ["1.1.0"]),
        ("1.2", ["1.2", "v1.2.0", "1.2.0.0"], ["1.2.1", "1.2-alpine"]),
        (">=2.45 <3", ["2.45", "v2.48.0", "3.0.0-rc.1"], ["3", "2.45.0-rc.1"]),
        (">=1 <=1.5 >1.2", ["1.3", "1.5"], ["1.2", "1.5.1"]),
    ],
)
def test_ranges(text: str, inside: list[str], outside: list[str]) -> None:
    read = parse_range(text)
    assert isinstance(read, Range)
    for tag in [*inside, *outside]:
        version = parse_version(tag)
        assert version
        assert read.contains(version) == (tag in inside), tag


@pytest.mark.parametrize("tag", ["latest", "v", "1.", ".1", "1..2", "a1", "v1.x", "1_2", "vv1", "9" * 19, "٣"])
def test_tags_that_are_no_versions(tag: str) -> None:
    assert parse_version(tag) is None


def test_a_range_is_contradictory_exactly_if_nothing_near_its_bounds_is_in_it() -> None:
    near = [parse_version(f"{a}.{b}{c}") for a in range(4) for b in range(4) for c in ("", ".1", "-a", "-b", ".0.1-a")]
    draw = random.Random(3)  # noqa: S311 - the same ranges on every run
    found = set()
    for _ in range(500):
        bounds = [
            f"{draw.choice(['>', '>=', '<', '<=', '='])}{draw.randint(0, 2)}.{draw.randint(0, 2)}" for _ in range(2)
        ]
        read = parse_range(" ".join(bounds))
        assert isinstance(read, Range)
        assert read.is_contradictory() is not any(version and read.contains(version) for version in near), bounds
        found.add(read.is_contradictory())
    assert found == {True, False}


@pytest.mark.parametrize(
    "rule",
    [
        "{match: ['[^k]*']}",
        "{match: ['.*[^7]', '.']}",
        "{match: ['.{1,127}']}",
        "{match: ['.*'], exclude: ['.*-rc.*']}",
        "{match: ['[A-Za-z0-9].*', '_[a-z].*']}",
    ],
)
def test_a_rule_that_leaves_something_out_does_not_match_everything(rule: str, tmp_path: Path) -> None:
    (tmp_path / "images.yaml").write_text(f"images: [{{source: nginx, tags: {rule}}}]\n")
    codes = {problem.code for problem in load(tmp_path / "images.yaml").problems}
    assert "rule-matches-everything" not in codes
