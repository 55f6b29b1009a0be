"""Whose turn it is in the folder of a list, with real processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mirrorgen.errors import InputError
from mirrorgen.operations.repositories.saved import Occupied, WorkFolder

# Works in the folder, says so, and ends its turn when its standard input is closed.
WORKER = """
import sys
from pathlib import Path
from mirrorgen.operations.repositories.saved import Occupied, WorkFolder

def say(line):
    print(line, flush=True)

with WorkFolder(Path(sys.argv[1])).turn("mirrorgen apply", wait=True, say=say):
    say("working")
    sys.stdin.read()
"""


@contextmanager
def worker(folder: Path) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-c", WORKER, str(folder)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said_by(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def take_turn(folder: Path) -> None:
    with WorkFolder(folder).turn("mirrorgen plan", wait=False, say=lambda _line: None):
        pass


def test_a_second_run_says_who_is_at_work_and_stops(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        assert said_by(process) == "working\n"
        with pytest.raises(Occupied) as caught:
            take_turn(tmp_path)
    assert caught.value.message == f"`mirrorgen apply` (process {process.pid}) works in {tmp_path}; nothing was done"
    assert "--wait" in caught.value.hint


def test_a_run_that_waits_goes_on_when_the_one_before_it_has_ended(tmp_path: Path) -> None:
    with worker(tmp_path) as first:
        assert said_by(first) == "working\n"
        with worker(tmp_path) as second:
            assert said_by(second) == f"waiting: `mirrorgen apply` (process {first.pid}) works in {tmp_path}\n"
            assert first.stdin
            first.stdin.close()
            assert said_by(second) == "working\n"


def test_a_killed_run_leaves_the_folder_free(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        assert said_by(process) == "working\n"
        process.kill()
        process.wait()
        take_turn(tmp_path)


def test_a_turn_that_failed_is_over(tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path)
    with pytest.raises(RuntimeError), folder.turn("mirrorgen plan", wait=False, say=lambda _line: None):
        raise RuntimeError
    take_turn(tmp_path)


def test_other_folders_are_free(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        assert said_by(process) == "working\n"
        take_turn(tmp_path / "other")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "terraform").write_text("in the way")
    with pytest.raises(InputError, match=r"cannot write .*/terraform: Not a directory"):
        take_turn(tmp_path)


def test_git_takes_no_notice_of_the_work_folder(tmp_path: Path) -> None:
    take_turn(tmp_path)
    assert (tmp_path / "terraform/.mirrorgen/.gitignore").read_text() == "*\n"
    assert (tmp_path / "terraform/.mirrorgen").stat().st_mode & 0o077 == 0


def test_a_turn_is_not_noted_under_another_name(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine\n")
    folder = tmp_path / "project"
    take_turn(folder)
    turn = folder / "terraform/.mirrorgen/run.lock"
    turn.unlink()
    turn.hardlink_to(precious)
    with pytest.raises(InputError, match=r"run\.lock has another name elsewhere") as caught:
        take_turn(folder)
    assert caught.value.hint == f"run `rm {turn}`"
    assert precious.read_text() == "mine\n"
