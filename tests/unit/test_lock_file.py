"""A lock as it is written is read without a YAML parser; nothing else is, and both readers say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorgen.master_list.lock import Lock, LockedImage, LockedTag
from mirrorgen.master_list.lock_file import read_as_written, read_as_yaml, read_lock
from mirrorgen.problems import Problem
from mirrorgen.rendering.files import render_lock
from tests.soaking import examples

NAMES = st.from_regex(r"[a-z0-9]{1,8}(\.[a-z]{2})?(/[a-z0-9_-]{1,5}){0,2}", fullmatch=True)
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,12}", fullmatch=True) | st.sampled_from(
    ["1.0", "null", "true", "0x10", "1e3", "2026-01-01", "_", "no", "v1.0.0"]
)
LOCKED = st.builds(
    lambda digit, day: LockedTag("sha256:" + digit * 64, f"2026-01-{day:02}T00:00:00Z"),
    st.sampled_from("0123456789abcdef"),
    st.integers(1, 31),
)
IMAGES = st.builds(
    lambda source, repository, platforms, tags: LockedImage(source, repository, "0" * 16, platforms, tags).sealed(),
    NAMES,
    st.none() | NAMES,
    st.sampled_from(["all", "linux/amd64", "linux/arm64/v8"]),
    st.dictionaries(TAGS, LOCKED, min_size=1, max_size=4),
)
LOCKS = st.builds(lambda images: Lock(tuple(images)), st.lists(IMAGES, min_size=1, max_size=3))
PIECES = st.sampled_from(
    ["'", "''", "\n", "  ", "\t", "#", "{", "{{", "<<: *a", "&a ", "é", "\0", "- ", ": ", "x", "null"]
)

reproducible = settings(max_examples=examples(300))


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A lock to which somebody, or a merge, has done one thing."""
    text = render_lock(draw(LOCKS))
    lines = text.splitlines(keepends=True)
    which, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    start = draw(st.integers(0, len(text)))
    match draw(st.sampled_from(["piece", "cut", "repeat", "swap", "move", "crlf"])):
        case "piece":
            return text[:start] + draw(PIECES) + text[start:]
        case "cut":
            return text[:start] + text[start + draw(st.integers(1, 40)) :]
        case "repeat":
            return "".join([*lines[: which + 1], *lines[which:]])
        case "swap":
            lines[which], lines[other] = lines[other], lines[which]
        case "move":
            lines.insert(other, lines.pop(which))
        case "crlf":
            return text.replace("\n", "\r\n")
    return "".join(lines)


@reproducible
@given(LOCKS)
def test_what_is_written_is_read_the_short_way(lock: Lock) -> None:
    content = render_lock(lock).encode()
    fast = read_as_written(content)
    assert fast is not None
    assert (fast, []) == read_as_yaml(content, file="images.lock.yaml")


@reproducible
@given(edited())
def test_what_is_read_the_short_way_says_the_same_as_yaml(text: str) -> None:
    fast = read_as_written(text.encode())
    assert fast is None or (fast, []) == read_as_yaml(text.encode(), file="images.lock.yaml")


def lock_text() -> str:
    tag = LockedTag("sha256:" + "a" * 64, "2026-01-01T00:00:00Z")
    return render_lock(Lock((LockedImage("quay.io/org/app", None, "0" * 16, "all", {"v1": tag, "v2": tag}).sealed(),)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: 1\nimages: []\n",
        lock_text().replace("'v2'", "'v1'"),
        lock_text().replace("'v2'", '"v2"'),
        lock_text().replace("'v2'", f"'{'v' * 129}'"),
        lock_text().replace("      'v2'", "       'v2'"),
        lock_text().replace("      'v2'", "      #      'v2'"),
        lock_text() + "# a word\n",
        lock_text() + "images: []\n",
        lock_text().rstrip("\n"),
        "\N{BYTE ORDER MARK}" + lock_text(),
    ],
)
def test_another_form_is_left_to_yaml(text: str) -> None:
    assert read_as_written(text.encode()) is None


def test_a_tag_that_stands_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    (tmp_path / "images.lock.yaml").write_text(lock_text().replace("'v2'", "'v1'"))
    file = read_lock(tmp_path / "images.lock.yaml")
    assert file
    assert file.lock is None
    places = [(problem.code, problem.line, problem.related_line) for problem in file.problems]
    assert places == [("duplicate-key", 9, 8)]


def test_a_problem_in_a_lock_that_was_read_the_short_way_has_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "images.lock.yaml").write_text(lock_text())
    file = read_lock(tmp_path / "images.lock.yaml")
    assert file
    assert file.lock
    placed = file.place(Problem("lock-edited", "why", ("images", 0, "tags", "v2"), on_key=True))
    assert (placed.line, placed.column) == (9, 7)
