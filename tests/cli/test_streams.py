"""Standard output and standard error that nobody reads, or that take nothing: the work and its exit code stay."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

GOOD = 'images:\n  - source: nginx\n    tags: ["1.25"]\n'
BAD = "images: []\n"
MIRRORGEN = [sys.executable, "-m", "mirrorgen"]


@pytest.fixture
def unread() -> Iterator[int]:
    """The end of a pipe whose reader has gone."""
    read, write = os.pipe()
    os.close(read)
    yield write
    os.close(write)


@pytest.mark.parametrize(("content", "code"), [(GOOD, 0), (BAD, 1)])
def test_a_reader_that_has_gone_does_not_change_the_exit_code(
    content: str, code: int, unread: int, in_folder: Path
) -> None:
    (in_folder / "images.yaml").write_text(content)
    for argv in (["validate"], ["validate", "--format", "json"], ["render", "--stdout", "regsync.yaml"]):
        ended = subprocess.run([*MIRRORGEN, *argv], stdout=unread, stderr=unread, check=False)
        assert ended.returncode == code, argv


def test_work_is_done_when_nobody_reads_what_is_said(unread: int, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(GOOD)
    ended = subprocess.run([*MIRRORGEN, "render", "--debug"], stdout=unread, stderr=unread, check=False)
    assert ended.returncode == 0
    assert (in_folder / "regsync.yaml").exists()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["sync", "--help"], ["schema"]])
def test_help_into_a_closed_pipe_is_no_failure(arguments: list[str], unread: int) -> None:
    ended = subprocess.run([*MIRRORGEN, *arguments], stdout=unread, stderr=subprocess.PIPE, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_line_that_cannot_be_understood_is_one_for_a_closed_pipe_too(unread: int) -> None:
    assert subprocess.run([*MIRRORGEN, "sink"], stdout=unread, stderr=unread, check=False).returncode == 2


def test_streams_that_were_never_open_do_not_become_files(in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(GOOD)
    shell = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *MIRRORGEN, "render"]
    assert subprocess.run(shell, check=False).returncode == 0
    first_lines = {path.name: path.read_text().splitlines()[0] for path in in_folder.glob("*.yaml")}
    assert first_lines["images.yaml"] == "images:"
    assert first_lines["regsync.yaml"].startswith("#")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
@pytest.mark.parametrize(("content", "code"), [(GOOD, 5), (BAD, 1)])
def test_a_result_that_a_full_disk_lost_is_a_failure(content: str, code: int, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(content)
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([*MIRRORGEN, "validate"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == code
    assert ended.stderr == "error: cannot write to standard output: No space left on device\n"


def test_characters_that_the_encoding_lacks_are_written_as_escapes(in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text("images: []\n'é': 1\n", encoding="utf-8")
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ended = subprocess.run([*MIRRORGEN, "validate"], env=env, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, b"")
    assert rb"\xe9" in ended.stdout
