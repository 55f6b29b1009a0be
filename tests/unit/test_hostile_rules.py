"""Rules that nobody writes by hand: refused at once, or read as regsync reads them."""

from __future__ import annotations

from typing import Any

import pytest

from mirrorgen.master_list.rules import build_rule
from mirrorgen.model.patterns import MAX_LENGTH, pattern_trouble
from mirrorgen.model.versions import Range, parse_range, parse_version
from mirrorgen.problems import Problem

GREATEST = 2**63 - 1


def problems_of(rule: dict[str, Any]) -> list[Problem]:
    problems: list[Problem] = []
    build_rule(rule, (), problems)
    return problems


@pytest.mark.parametrize(
    "pattern",
    ["(" * 500_000 + "a" + ")" * 500_000, "(?:" * 300_000 + "a" + ")?" * 300_000, "(" * 600 + "a" + ")" * 600],
)
@pytest.mark.parametrize("key", ["match", "exclude", "moving"])
def test_a_pattern_that_is_too_long_is_refused_before_re2_sees_it(
    key: str, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mirrorgen.model.patterns._compile", lambda text: pytest.fail(f"{len(text)} characters"))
    (problem,) = problems_of({"exact": ["1"], key: [pattern]})
    assert problem.code == "bad-pattern"
    assert f"it has {len(pattern):,} characters; 1,000 are allowed" in problem.message
    assert len(problem.message) < 200


def test_the_deepest_pattern_of_the_allowed_length_is_taken() -> None:
    levels = MAX_LENGTH // 4
    assert pattern_trouble("(a" * levels + ")?" * levels) is None


@pytest.mark.parametrize("pattern", ["a{1,999}", ".{129}", "x(?:y{500,}){2}", r"\\\\.{0,1000}", "a{" + "9" * 900 + "}"])
def test_a_pattern_counts_no_further_than_a_tag_is_long(pattern: str) -> None:
    assert pattern_trouble(pattern) == "it counts to more than 128, the characters of the longest tag"


@pytest.mark.parametrize("pattern", [r"\d{8}", ".{1,128}", r"[\w.-]{0,127}x", r"a\{999\}", "(a{1,16}){1,8}"])
def test_a_pattern_counts_as_far_as_a_tag_is_long(pattern: str) -> None:
    assert pattern_trouble(pattern) is None


def test_a_pattern_that_becomes_too_large_is_refused_at_once() -> None:
    assert pattern_trouble(r"\pL{1,128}") == "it is too large once its counted parts are written out"


@pytest.mark.parametrize("key", ["match", "exclude", "moving", "semver"])
def test_a_rule_has_so_many_patterns_and_no_more(key: str) -> None:
    values = [f">={number}" if key == "semver" else f"v{number}[.].*" for number in range(101)]
    (problem,) = problems_of({"exact": ["1"], key: values})
    assert (problem.code, problem.path) == ("bad-range" if key == "semver" else "bad-pattern", (key,))
    assert problem.message == "there are 101 of them; 100 are allowed in a rule"
    assert not [found for found in problems_of({"exact": ["1"], key: values[:100]}) if found.code == problem.code]


def test_a_range_with_very_many_bounds_is_refused() -> None:
    (problem,) = problems_of({"semver": [" ".join([">=1 <2"] * 20_000)]})
    assert problem.code == "bad-range"
    assert "139,999 characters; 1,000 are allowed" in problem.message


@pytest.mark.parametrize("text", [f"^{GREATEST}", f"^0.{GREATEST}", f"^0.0.{GREATEST}", f"~1.{GREATEST}"])
def test_behind_the_greatest_number_of_go_comes_its_least(text: str) -> None:
    (problem,) = problems_of({"semver": [text]})
    assert problem.code == "rule-matches-nothing"
    version = parse_version(text[1:])
    read = parse_range(text)
    assert version
    assert isinstance(read, Range)
    assert not read.contains(version)


def test_numbers_that_go_cannot_hold_are_none() -> None:
    assert parse_version(str(GREATEST))
    assert parse_version(str(GREATEST + 1)) is None
    assert parse_version("1." + "9" * 5_000) is None
    assert parse_range(f">={GREATEST + 1}") == f">={GREATEST + 1}"


def test_zeros_in_front_make_no_difference_however_many() -> None:
    assert parse_version("0" * 5_000 + "1") == parse_version("1")
