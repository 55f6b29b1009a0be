"""The answers that a new repository is made from: only what needs no quoting in YAML, a shell, Markdown or a unit."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.errors import InputError, UsageError
from mirrorgen.origin import Source
from mirrorgen.starting.answers import RECORD, parse_answer, read_answers, setup_from, write_answers
from mirrorgen.starting.setup import Provider, Setup

SOURCE = Source("https://git.example.com/platform/mirrorgen", "0123456789abcdef0123456789abcdef01234567")
GOOD = {
    "account_id": ["123456789012", "000000000000"],
    "region": ["eu-west-1", "us-gov-west-1", "eusc-de-east-1", "ap-southeast-7"],
    "runner": ["ubuntu-24.04", "self-hosted", "build_7", "X"],
    "branch": ["main", "release/1.2", "v1", "a-b_c.d", "_x", "HEAD2", "a.locked"],
    "owner": ["@me", "@platform/registry-team", "@a/b.c_d", "platform@example.com"],
}
HOSTILE = [
    *("", " ", "\n", "a b", "a\nb", "main\n", "\x1b[2J", "a\0b", "\u2028", "é"),
    *("$(id)", "`id`", "a;id", "a|id", "a&id", "a>b", "'", '"', "\\", "a'b", "#", "a: b", "- a", "*", "&a", "!a"),
    *("${{ secrets.X }}", "{{ x }}", "[[ x ]]", "[% raw %]", "[# x #]", "%n", "$HOME", "<b>", "[a](b)", "| a |"),
    *("--upload-pack=id", "-x", "../..", "/etc/passwd", "a/../b"),
]
# What git refuses, or reads as something else.
NO_BRANCH = ["a..b", "a//b", "a/", "/a", "a.", ".a", "a/.b", "a.lock", "a.lock/b", "a@{1}", "@", "a~1", "a^", "HEAD"]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_good_answers(name: str, value: str) -> None:
    assert getattr(Setup(**{name: value}), name) == value  # type: ignore[arg-type]


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_hostile_answers(name: str, value: str) -> None:
    with pytest.raises(UsageError) as refused:
        Setup(**{name: value})  # type: ignore[arg-type]
    assert refused.value.hint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("branch", value) for value in NO_BRANCH),
        *(("account_id", value) for value in ("12345678901", "1234567890123", "١٢٣٤٥٦٧٨٩٠١٢", "12345678901a")),
        *(("region", value) for value in ("EU-WEST-1", "eu-west", "eu_west_1", "eu-west-11", "localhost")),
        *(("owner", value) for value in ("me", "@", "@-a", "@a/", "@a/b/c", "@a @b", "a@", "@a\\ b")),
        ("runner", "a" * 101),
        ("branch", "a" * 201),
    ],
)
def test_answers_that_are_only_nearly_good(name: str, value: str) -> None:
    with pytest.raises(UsageError):
        Setup(**{name: value})  # type: ignore[arg-type]


def test_git_takes_every_branch_that_is_taken() -> None:
    for branch in GOOD["branch"]:
        subprocess.run(["git", "check-ref-format", "--branch", branch], check=True, capture_output=True)


def test_answers_are_read_as_they_were_written(tmp_path: Path) -> None:
    setup = Setup("123456789012", "eu-west-1", "self-hosted", "release", Provider.GITLAB, SOURCE, "@me")
    (tmp_path / RECORD).write_text(write_answers(setup))
    assert setup_from(read_answers(tmp_path)) == setup
    assert read_answers(tmp_path / "elsewhere") == {}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        "[" * 100_000,
        '{"branch": ["main"]}',
        '{"branch": "main", "more": "x"}',
        '{"branch": "$(id)"}',
        '{"provider": "jenkins"}',
        '{"source": "https://git.example.com/platform/mirrorgen@main"}',
    ],
    ids=lambda content: content[:30],
)
def test_a_record_that_somebody_has_changed_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / RECORD).write_text(content)
    with pytest.raises(InputError, match="is not as it was written"):
        read_answers(tmp_path)


@pytest.mark.parametrize(("provider", "runner"), [("github", "ubuntu-24.04"), ("gitlab", None), ("cron", None)])
def test_the_runner_where_nobody_names_one(provider: str, runner: str | None) -> None:
    answers: dict[str, Any] = {"provider": parse_answer("provider", provider)}
    assert setup_from(answers).runner == runner
    assert json.loads(write_answers(setup_from(answers))).get("runner") == runner
