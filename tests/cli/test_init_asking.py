"""What `mirrorgen init` asks on a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

from mirrorgen.starting.answers import RECORD
from tests.cli.test_init import FROM


def on_terminal(folder: Path, *options: str, answers: list[str]) -> str:
    """Run it with a terminal as all its streams, and answer each question once it is asked; return what stood there."""
    ours, its = pty.openpty()
    argv = [sys.executable, "-m", "mirrorgen", "init", *options]
    with subprocess.Popen(argv, cwd=folder, env={**os.environ}, stdin=its, stdout=its, stderr=its):
        os.close(its)
        said = b""
        left = [answer.encode() for answer in answers]
        try:
            while part := os.read(ours, 65536):
                said += part
                if left and said.endswith(b": ") and not select.select([ours], [], [], 0.3)[0]:
                    os.write(ours, left.pop(0) + b"\n")
        except OSError:  # how Linux says that the last program has closed the terminal
            pass
        os.close(ours)
    assert not left
    return said.decode().replace("\r\n", "\n")


def test_on_a_terminal_it_asks_for_what_no_option_says(tmp_path: Path) -> None:
    said = on_terminal(
        tmp_path, "--branch", "release", answers=["1234", "123456789012", "", "self-hosted", "somewhere", FROM]
    )
    assert "'1234' cannot be the account id" in said
    assert "'somewhere' is not a git repository at a commit" in said
    assert "Label of the runner [ubuntu-24.04]: " in said
    assert "Branch" not in said
    assert json.loads((tmp_path / RECORD).read_text()) == {
        "account_id": "123456789012",
        "runner": "self-hosted",
        "branch": "release",
        "provider": "github",
        "source": FROM,
    }


def test_it_asks_only_once(tmp_path: Path) -> None:
    on_terminal(tmp_path, "--from", FROM, answers=["", "", "", ""])
    assert "[" not in on_terminal(tmp_path, answers=[])


def test_what_means_nothing_is_not_asked(tmp_path: Path) -> None:
    said = on_terminal(tmp_path, "--provider", "cron", answers=["", "", ""])
    assert "runner" not in said.partition("wrote")[0]
