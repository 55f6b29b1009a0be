"""`--debug`, `--quiet` and `--no-color`, anywhere on the line."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import DEBUG_VARIABLE
from mirrorgen.commands.reported import Result, reported
from mirrorgen.outcomes import ExitCode, Failure, Kind, TagRef
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.views import Line, View, failure_items
from tests.conftest import RunCli

GOOD = 'images:\n  - source: nginx\n    tags: ["1.25"]\n'
BAD = "images: []\n"
RED, RESET = "\x1b[1;31m", "\x1b[0m"


def on_terminal(arguments: Sequence[str], cwd: Path, **variables: str) -> str:
    """Run the program with a terminal as its standard output and standard error; return what it wrote there."""
    ours, its = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    with subprocess.Popen(
        [sys.executable, "-m", "mirrorgen", *arguments],
        cwd=cwd,
        env={**env, "TERM": "xterm", **variables},
        stdout=its,
        stderr=its,
    ):
        os.close(its)
        said = b""
        # Linux says EIO when the last program has closed the terminal.
        try:
            while part := os.read(ours, 65536):
                said += part
        except OSError:
            pass
        os.close(ours)
    return said.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    "line", [["--quiet", "render"], ["render", "--quiet"], ["render", "--file", "images.yaml", "--quiet"]]
)
def test_quiet_before_and_after_the_command_drops_progress(line: list[str], run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(GOOD)
    result = run_cli(*line)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert (in_folder / "regsync.yaml").exists()


def test_options_of_one_run_do_not_count_in_the_next(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(GOOD)
    run_cli("--quiet", "render", "--debug")
    assert run_cli("render").stderr == "the generated files were up to date\n"
    assert DEBUG_VARIABLE not in os.environ


def test_quiet_keeps_problems_and_errors(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(BAD)
    assert run_cli("validate", "--quiet").stdout.startswith("images.yaml:1:9: error[empty-list]")
    assert "error: images.yaml cannot be used" in run_cli("render", "--quiet").stderr


@pytest.mark.parametrize("line", [[], ["--quiet"]])
def test_of_a_change_quiet_keeps_what_failed(line: list[str]) -> None:
    failure = Failure(TagRef("mirror/nginx", "1.25"), Kind.REFUSED, "no", "", "nginx")
    view = View({}, [failure_items("Not mirrored", [failure]), Line("Tags copied: 1.")])

    @boundary
    def change() -> ExitCode:
        result = Result(ExitCode.FAILED, view)
        return reported("sync", lambda: result, master_list=Path(), output=ResultFormat.TEXT, report=None)

    app = typer.Typer()
    app.command()(change)
    ended = CliRunner().invoke(app, line)
    assert ended.exit_code == 5
    assert ended.stdout.startswith("Not mirrored:\n  mirror/nginx:1.25: no [refused]\n")
    assert ("Tags copied" in ended.stdout) is not bool(line)


@pytest.mark.parametrize("line", [["--debug", "render", "--in-git"], ["render", "--in-git", "--debug"]])
def test_debug_before_and_after_the_command(
    line: list[str], run_cli: RunCli, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("mirrorgen.rendering.files.render", fail)
    (in_folder / "images.yaml").write_text(GOOD)
    result = run_cli(*line)
    assert result.exit_code == 70
    assert "Traceback (most recent call last)" in result.stderr
    assert "Traceback" not in run_cli("render").stderr


def test_groups_take_the_options_too(run_cli: RunCli) -> None:
    assert run_cli("--debug", "tools", "--quiet", "install", "--no-color", "nothing").exit_code == 2


def test_a_terminal_gets_colours(in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(BAD)
    said = on_terminal(["validate"], in_folder)
    assert f"{RED}error{RESET}[empty-list]" in said
    assert f"   1 | images: []\n     |{RED}         ^^{RESET}" in said
    assert f"{RED}error:{RESET} images.yaml cannot be used" in on_terminal(["render"], in_folder)


@pytest.mark.parametrize(
    ("line", "variables"),
    [
        (["validate", "--no-color"], {}),
        (["--no-color", "validate"], {"FORCE_COLOR": "1"}),
        (["validate"], {"NO_COLOR": "1"}),
        (["validate"], {"NO_COLOR": "1", "FORCE_COLOR": "1"}),
        (["validate"], {"TERM": "dumb"}),
        (["validate", "--format", "json"], {"FORCE_COLOR": "1"}),
    ],
)
def test_a_terminal_that_wants_none_gets_none(line: list[str], variables: dict[str, str], in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(BAD)
    said = on_terminal(line, in_folder, **variables)
    assert "empty-list" in said
    assert "\x1b" not in said


def test_a_pipe_gets_colours_only_where_they_are_forced(
    run_cli: RunCli, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (in_folder / "images.yaml").write_text(BAD)
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b" not in run_cli("validate").stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert f"{RED}error{RESET}[empty-list]" in run_cli("validate").stdout
