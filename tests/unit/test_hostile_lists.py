"""Whatever stands in a list: validate says what is wrong with it, and what it accepts can be rendered."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirrorgen.master_list.shape import load_schema
from mirrorgen.problems import Problem, Severity
from mirrorgen.project import Loaded, load
from mirrorgen.rendering.files import render
from mirrorgen.reporting.formats import ProblemFormat
from mirrorgen.reporting.problems import format_problems
from tests.documents import ROOT
from tests.soaking import examples

AT_ONCE_S = 5.0
"""What takes a second on a machine that does nothing else; without its limit each of these takes 20."""

WHOLE = yaml.safe_load((ROOT / "tests/cases/valid/every-field/images.yaml").read_text())


def names_in(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        inner = set().union(*(names_in(value) for value in schema.values()))
        return inner | set(schema.get("properties", ())) | {str(value) for value in schema.get("enum", ())}
    return set().union(*(names_in(value) for value in schema)) if isinstance(schema, list) else set()


ODD = [">=1 <2", "^1", "(", r"v\d+", "2027-02-30", "0", "-1", "1.10", "{{x}}", "\u202e", "é", "/", "x" * 300, ""]
NAMES = ["nginx", "quay.io/a/b:1", "quay.oi/a/b", "a@b", "docker.io", "mirror/a", "latest", "1.25", "linux/amd64"]
WORDS = st.sampled_from([*sorted(names_in(load_schema())), *NAMES, *ODD])
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([0, 1, 4.0, 1e308, 10**400]))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.dates(), WORDS, st.text(max_size=10))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | NUMBERS, inner, max_size=3),
    max_leaves=6,
)


def like(value: Any) -> st.SearchStrategy[Any]:
    """Something of the same kind, which is more often allowed there."""
    if isinstance(value, bool):
        return st.booleans()
    if isinstance(value, int | float):
        return st.integers(1, 2000) | st.floats(0.001, 2000)
    if isinstance(value, list):
        return st.lists(st.sampled_from(value), min_size=1, max_size=len(value), unique_by=repr)
    if isinstance(value, dict):
        return st.sampled_from(list(value)).map(lambda left_out: {key: value[key] for key in value if key != left_out})
    if not isinstance(value, str):
        return st.dates()
    return st.sampled_from([value, f"{value}x", f"{value}-1", f"0{value}", value[:-1], value.upper(), "latest", "1"])


@st.composite
def lists(draw: st.DrawFn) -> Any:
    """A list with every field, in which something else stands at some places."""
    data = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        parent: Any = data
        while True:
            step = draw(st.sampled_from(list(parent) if isinstance(parent, dict) else range(len(parent))))
            if not isinstance(parent[step], dict | list) or not parent[step] or draw(st.integers(0, 5)) == 0:
                break
            parent = parent[step]
        if parent[step] and draw(st.integers(0, 3)):
            parent[step] = draw(like(parent[step]))
        else:
            parent[draw(WORDS) if isinstance(parent, dict) and draw(st.booleans()) else step] = draw(VALUES)
        if not isinstance(data["images"], list) or not data:
            break
    return data


def load_bytes(content: bytes, folder: Path) -> Loaded:
    path = folder / "images.yaml"
    path.write_bytes(content)
    return load(path)


def check(content: bytes, folder: Path) -> None:
    loaded = load_bytes(content, folder)
    for output in ProblemFormat:
        format_problems(loaded.problems, output, excerpts=True)
    if loaded.is_usable:
        assert loaded.desired
        render(loaded.desired)
    else:
        assert any(problem.is_error for problem in loaded.problems)


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(hostile=lists())
def test_a_list_with_anything_in_it(hostile: Any, tmp_path: Path) -> None:
    check(yaml.safe_dump(hostile, allow_unicode=True).encode("utf-8", "surrogatepass"), tmp_path)


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(draw=st.data())
def test_a_list_with_a_slip_of_the_hand(draw: st.DataObject, tmp_path: Path) -> None:
    text = (ROOT / "tests/cases/valid/every-field/images.yaml").read_bytes()
    start = draw.draw(st.integers(0, len(text)))
    end = draw.draw(st.integers(start, min(len(text), start + 3)))
    typed = draw.draw(st.text("\"'[]{}:,-#&*!|>%@` \n\t\r\x00\u0085aé1", max_size=3))
    check(text[:start] + typed.encode() + text[end:], tmp_path)


@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf", "1e400", "1.0e+400", "-1.0e+400", "4.0", "1_0.5e+400"])
@pytest.mark.parametrize(
    "template",
    [
        "registries: {docker.io: {requests_per_second: NUMBER}}",
        "registries: {docker.io: {concurrent_requests: NUMBER}}",
        "registries: {docker.io: {rate_limit: {min: NUMBER}}}",
        "registries: {docker.io: {pulls_per_six_hours: NUMBER}}",
        "defaults: {parallel: NUMBER}",
        "defaults: {ecr: {lifecycle: {keep_last: NUMBER}}}",
        "defaults: {ecr: {lifecycle: {untagged_days: NUMBER}}}",
    ],
)
def test_a_number_without_end_and_a_fraction_of_a_whole_one_are_problems(
    template: str, number: str, tmp_path: Path
) -> None:
    text = template.replace("NUMBER", number) + '\nimages: [{source: nginx, tags: ["1"]}]\n'
    loaded = load_bytes(text.encode(), tmp_path)
    if "requests_per_second" in template and number == "4.0":
        assert loaded.is_usable
    else:
        assert errors(loaded) == [number]


def errors(loaded: Loaded) -> list[str]:
    """What the text of the document is at each error."""

    def text_at(problem: Problem) -> str:
        span = loaded.document.span(problem.path)
        assert span
        return loaded.document.text[span.start : span.end]

    return [text_at(problem) for problem in loaded.problems if problem.severity is Severity.ERROR]


@pytest.mark.parametrize("end", ["", ".5"], ids=["whole", "fraction"])
def test_a_number_of_very_many_parts_is_refused_and_not_read(end: str, tmp_path: Path) -> None:
    (tmp_path / "images.yaml").write_text(f"images:\n- {{source: nginx, tags: [{':'.join('1' * 200_000)}{end}]}}\n")
    start = time.process_time()
    (problem,) = load(tmp_path / "images.yaml").problems
    assert time.process_time() - start < AT_ONCE_S
    assert (problem.code, problem.line, problem.path) == ("unreadable-value", 2, ("images", 0, "tags", 0))
    assert problem.message.endswith(f" for a number, and it has {399_999 + len(end):,} characters")


@pytest.mark.parametrize("count", [999, 128])
def test_thousands_of_patterns_that_count_are_refused_by_name(count: int, tmp_path: Path) -> None:
    entries = [f"- {{source: quay.io/a/b{n}, tags: {{match: ['{n}.{{1,{count}}}']}}}}" for n in range(3000)]
    (tmp_path / "images.yaml").write_text("\n".join(["images:", *entries]))
    start = time.process_time()
    problems = load(tmp_path / "images.yaml").problems
    assert time.process_time() - start < AT_ONCE_S
    bad = [problem for problem in problems if problem.code == "bad-pattern"]
    assert bad[0].path[:3] == ("images", 0 if count > 128 else (bad[0].line or 0) - 2, "tags")
    assert bad[0].message.endswith("longest tag" if count > 128 else "nothing below was read")
