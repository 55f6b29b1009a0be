"""`mirrorgen validate`: what a folder of cases cannot hold."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mirrorgen.master_list.reading import MAX_BYTES, read_bytes
from mirrorgen.problems import Problem
from mirrorgen.reporting.formats import ProblemFormat
from mirrorgen.reporting.problems import format_problems
from tests.conftest import RunCli

GOOD = 'images:\n  - source: nginx\n    tags: ["1.25"]\n'


def test_a_good_list(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(GOOD)
    result = run_cli("validate")
    assert (result.exit_code, result.stdout) == (0, "images.yaml: no problems (images: 1, tags: 1)\n")


def test_a_missing_file(run_cli: RunCli, in_folder: Path) -> None:
    result = run_cli("validate", cwd=in_folder)
    assert result.exit_code == 1
    assert result.stdout == (
        "images.yaml: error[file-missing]: there is no such file\n"
        "    hint: run the command in the folder of your list, or give its path\n"
        "images.yaml: 1 error\n"
    )


def test_a_directory(run_cli: RunCli, in_folder: Path) -> None:
    result = run_cli("validate", ".", cwd=in_folder)
    assert result.exit_code == 1
    assert ".: error[file-is-directory]: this is a directory\n" in result.stdout


def test_something_that_is_no_file(run_cli: RunCli) -> None:
    result = run_cli("validate", "/dev/null")
    assert result.exit_code == 1
    assert "/dev/null: error[file-unreadable]: this is not a regular file\n" in result.stdout


def test_a_file_of_a_hundred_megabytes_is_not_read(run_cli: RunCli, in_folder: Path) -> None:
    with (in_folder / "images.yaml").open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)
    result = run_cli("validate")
    assert result.exit_code == 1
    assert "images.yaml: error[file-too-large]: the file has 100 MiB; a list may have 32 MiB\n" in result.stdout
    assert MAX_BYTES == 32 * 1024 * 1024


@pytest.mark.parametrize("opening", ["[", "- ", "{a: "])
def test_a_hundred_thousand_levels_are_a_problem_and_no_crash(opening: str, run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text("images: " + opening * 100_000 if opening != "- " else opening * 100_000)
    result = run_cli("validate")
    assert result.exit_code == 1
    assert "error[too-deep]" in result.stdout


def test_several_files_are_all_checked(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "good.yaml").write_text(GOOD)
    (in_folder / "bad.yaml").write_text("images: []\n")
    result = run_cli("validate", "good.yaml", "bad.yaml")
    assert result.exit_code == 1
    assert "bad.yaml:1:9: error[empty-list]" in result.stdout
    assert "good.yaml: no problems (images: 1, tags: 1)\n" in result.stdout


@pytest.mark.parametrize("text", [GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, "---\n" + GOOD + "...\n"])
def test_line_ends_a_byte_order_mark_and_document_marks_are_fine(text: str, run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_bytes(text.encode())
    assert run_cli("validate").exit_code == 0


@pytest.mark.parametrize(
    "content",
    [
        *(b"hello\n", b"- a\n", b"42\n", b"--- \n", b"&a\n", b"images: {a: b}\n", b"images: [a, null, 3]\n"),
        *(
            b"? [a, b]\n: c\n",
            b'images: "a\\0b"\n',
            b'images: "\\ud800"\n',
            b"\x00",
            b"images: [" + b"9" * 5000 + b"]\n",
        ),
        *(b"images: [{source: .nan, tags: .inf}]\n", b"images: [{source: nginx, tags: ['1'], {a: b}: c}]\n"),
        *(b"registries: {docker.io: null}\nimages: 1\n", b"images: [{source: '', tags: [''], repository: ''}]\n"),
        *(b"x: &a {source: nginx, tags: ['1']}\nimages: [*a, *a]\n", b"%YAML 3.0\n---\nimages: []\n"),
        *(b'"a\\x1bb": 1\n', b"images: !!binary aGVsbG8=\n", b"images: !!set {a, b}\n", b"k" * 5000 + b": 1\n"),
        *("images: []".encode("utf-16"), b"images: [{source: nginx, tags: [2024-13-45], expires: 2024-02-31}]\n"),
    ],
)
def test_nothing_a_file_can_hold_is_a_bug(content: bytes, run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_bytes(content)
    for output in ProblemFormat:
        result = run_cli("validate", "--format", output)
        assert result.exit_code == 1, result.stderr
        assert "\x1b" not in result.stdout


def test_a_column_counts_characters(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text('images: [{owner: "été", source: nginx, tags: [1]}]\n')
    assert "images.yaml:1:47: error[tag-not-text]" in run_cli("validate").stdout


def test_a_value_behind_an_alias_has_the_place_of_its_anchor() -> None:
    document = read_bytes(b"a: &x\n  b: c\nd: *x\n", file="f")
    placed = document.place(Problem("bad-value", "m", ("d", "b")))
    assert (placed.file, placed.line, placed.column) == ("f", 2, 6)


HOSTILE = Problem("bad-value", "100%\nsecond: line, end", ("images", 0), "a hint", file="a,b:c.yaml", line=3, column=5)


def test_an_annotation_cannot_be_broken_out_of() -> None:
    assert format_problems([HOSTILE], ProblemFormat.GITHUB) == (
        "::error file=a%2Cb%3Ac.yaml,line=3,col=5,title=bad-value::100%25%0Asecond: line, end%0Ahint: a hint\n"
    )


def test_json() -> None:
    assert json.loads(format_problems([HOSTILE], ProblemFormat.JSON)) == {
        "version": 1,
        "problems": [
            {
                "file": "a,b:c.yaml",
                "line": 3,
                "column": 5,
                "path": "images[0]",
                "code": "bad-value",
                "severity": "error",
                "message": "100%\nsecond: line, end",
                "hint": "a hint",
            }
        ],
    }


def test_sarif() -> None:
    (run,) = json.loads(format_problems([HOSTILE], ProblemFormat.SARIF))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["bad-value"]
    (result,) = run["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("bad-value", 0, "error")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 5}


def test_a_person_at_a_terminal_sees_the_line_and_a_program_does_not(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text("images:\n  - source: nginx\n    tags: [1.10]\n")
    assert on_terminal("validate") == (
        "images.yaml:3:12: error[tag-not-text]: YAML reads the unquoted 1.10 as a number (1.1), not as text\r\n"
        "   3 |     tags: [1.10]\r\n"
        "     |            ^^^^\r\n"
        "    at images[0].tags[0]\r\n"
        '    hint: write "1.10"\r\n'
        "images.yaml: 1 error\r\n"
    )
    assert "^^^^" in on_terminal("render")
    assert "^^^^" not in run_cli("validate").stdout


def on_terminal(*args: str) -> str:
    """Run the program with a terminal for its output, and return what appears there."""
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "wb") as terminal:
        child = subprocess.Popen([sys.executable, "-m", "mirrorgen", *args], stdout=terminal, stderr=terminal)
    shown = b""
    with os.fdopen(ours, "rb", buffering=0) as screen, contextlib.suppress(OSError):  # Linux's way to say it is closed
        while part := screen.read(4096):
            shown += part
    child.wait()
    return shown.decode()
