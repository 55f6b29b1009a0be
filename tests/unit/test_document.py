"""A document knows where everything in it stands, and shows the line of what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.master_list.reading import read_bytes
from mirrorgen.problems import KeyPath, Problem
from mirrorgen.reporting.excerpts import format_excerpt

NAMES = st.text("abcdefgh", min_size=1, max_size=5)
SCALARS = st.one_of(NAMES, st.integers(), st.booleans(), st.text("aé漢😀: #'\"-", max_size=8))
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4))


def paths_of(data: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    yield path
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, child in children:
        yield from paths_of(child, (*path, step))


def value_at(data: Any, path: KeyPath) -> Any:
    for step in path:
        data = data[step]
    return data


@given(st.dictionaries(NAMES, TREES, min_size=1, max_size=4), st.sampled_from([False, None, True]))
def test_the_span_of_a_value_is_all_of_its_text_and_no_more(data: Any, flow: bool | None) -> None:
    text = "# first\n" + yaml.safe_dump(data, allow_unicode=True, default_flow_style=flow, width=10_000)
    text = text.replace("\n", "  # a comment\n") if flow is False else text
    document = read_bytes(text.encode(), file="f")
    for path in paths_of(document.data):
        span = document.span(path)
        assert span
        alone = document.text[span.start : span.end]
        # What stood in block style is indented less where it begins than where it goes on.
        assert yaml.safe_load(" " * (span.column - 1) + alone) == value_at(document.data, path)
        assert not alone.endswith(("comment", "\n", " "))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_columns_and_offsets_say_the_same(end: str) -> None:
    document = read_bytes(f"a: é😀{end}bc:{end}  - d{end}".encode(), file="f")
    span = document.span(("bc", 0))
    assert span
    assert (span.line, span.column, span.end_line, span.end_column) == (3, 5, 3, 6)
    assert document.text[span.start : span.end] == "d"
    key = document.span(("bc",), on_key=True)
    assert key
    assert document.text[key.start : key.end] == "bc"


def test_aliases_that_contain_themselves_have_an_end() -> None:
    document = read_bytes(b"images: &all\n  - a\n  - source: *all\n    tags: *all\n", file="f")
    assert document.span(("images",))


def excerpt(text: str, *path: str | int) -> list[str]:
    return format_excerpt(read_bytes(text.encode(), file="f").place(Problem("bad-value", "", path)))


def test_carets_stand_below_what_is_wrong() -> None:
    assert excerpt('a: 1\nb: ["漢字", é, x]  # c\n', "b", 2) == [
        '   2 | b: ["漢字", é, x]  # c',
        "     |                ^",
    ]


def test_the_carets_of_a_value_on_several_lines_stop_before_a_comment() -> None:
    assert excerpt("a:\n- b: 1  # c\n  d: 2\n", "a", 0) == ["   2 | - b: 1", "     |   ^^^^"]


def test_nothing_in_a_line_moves_the_cursor_or_turns_it_around() -> None:
    line, carets = excerpt('a:\t[b, "\u202e\u061c", c] # \u2066\n', "a", 2)
    assert line == '   1 | a:    [b, "<U+202E><U+061C>", c] # <U+2066>'
    assert line.index(", c]") + 2 == carets.index("^")
    (problem,) = read_bytes("a: \u009b2J\n".encode(), file="f").problems
    assert format_excerpt(problem) == ["   1 | a: <U+009B>2J", "     |    ^^^^^^^^"]


def test_a_long_line_is_cut_around_what_is_wrong() -> None:
    line, carets = excerpt(f"a: [{'b, ' * 1000}WRONG, {'c, ' * 1000}]\n", "a", 1000)
    assert len(line) < 130
    assert line[carets.index("^") : carets.rindex("^") + 1] == "WRONG"
    assert line.startswith("   1 | …")
    assert line.endswith("…")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("r: {credentials: {password: hunter2}, x: 1}\n", ("r", "x")),
        ("r: {credentials: [hunter2], x: 1}\n", ("r", "credentials")),
        ("r: {my_token: &t hunter2, x: 1}\n", ("r",)),
        ("r: {x: 1, source: 'https://me:hunter2@quay.io/a'}\n", ("r", "source")),
        ("r: {x: 1, source: hunter2@quay.io/a}\n", ("r", "x")),
        (f"r: {{x: 1, password: {'hunter2' * 60}}}\n", ("r", "password")),
    ],
)
def test_what_may_be_a_secret_is_not_shown(text: str, path: KeyPath) -> None:
    shown = excerpt(text, *path)
    assert "hunter" not in "".join(shown)
    assert "^" in shown[1]


@pytest.mark.parametrize(
    "text", ['password: "hunter2\n', 'x:\n  password:\n    "hunter2\n', "source: me:hunter2@q: b\n"]
)
def test_a_line_that_cannot_be_parsed_is_not_shown_where_it_may_hold_a_secret(text: str) -> None:
    (problem,) = read_bytes(text.encode(), file="f").problems
    assert (problem.code, format_excerpt(problem)) == ("yaml-syntax", [])


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('images:\n  - source: "nginx\n    tags: ["1.25"]\n', 2, 13),
        ("a: 'b\nc: 'd'\n", 1, 4),
        ('a: ["1.25, "1.26"]\n', 1, 5),
        ('a: "first\n  folded"\nb: "open\nc: 1\n', 3, 4),
        ("a: it\nb: 'it's'\n", 2, 4),
    ],
)
def test_a_missing_quote_is_reported_where_it_opens(text: str, line: int, column: int) -> None:
    (problem,) = read_bytes(text.encode(), file="f").problems
    assert (problem.line, problem.column) == (line, column)
    assert "the quote that opens here" in problem.message


def test_a_character_that_yaml_does_not_allow_is_found_behind_others() -> None:
    (problem,) = read_bytes("a: é😀\nb: é\x00\n".encode(), file="f").problems
    assert (problem.line, problem.column) == (2, 5)
