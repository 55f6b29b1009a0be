"""The completion of shells, which is typer's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("mirrorgen")


def completions(line: str, shell: str) -> list[str]:
    """What a shell is told when somebody presses Tab at the end of a line."""
    words = line.split(" ")
    variables = {
        "_MIRRORGEN_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
    }
    ended = subprocess.run([SCRIPT], env={**os.environ, **variables}, capture_output=True, text=True, check=True)
    return ended.stdout.split()


def test_bash_completes_commands_options_and_values() -> None:
    assert sorted(completions("mirrorgen re", "bash")) == ["render", "report", "resolve", "rewrite"]
    assert completions("mirrorgen sync --re", "bash") == ["--retries", "--retry-wait", "--report", "--regsync-bin"]
    assert completions("mirrorgen validate --format ", "bash") == ["text", "json", "github", "sarif"]
    assert completions("mirrorgen --q", "bash") == ["--quiet"]
    assert completions("mirrorgen tools ", "bash") == ["install", "lock"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_can_be_printed(shell: str) -> None:
    env = {**os.environ, "_MIRRORGEN_COMPLETE": f"source_{shell}"}
    printed = subprocess.run([SCRIPT], env=env, capture_output=True, text=True, check=True).stdout
    assert f"complete_{shell}" in printed


def test_bash_completes_once_it_is_installed(tmp_path: Path) -> None:
    env = {**os.environ, "HOME": str(tmp_path), "PATH": f"{SCRIPT.parent}{os.pathsep}{os.environ['PATH']}"}
    # The shell that asks is found by its process, so it must not be replaced by what it starts.
    subprocess.run(["bash", "-c", "mirrorgen --install-completion; exit $?"], env=env, check=True, capture_output=True)
    script = """
        . "$HOME/.bashrc"
        complete -p mirrorgen >/dev/null || exit
        COMP_WORDS=(mirrorgen val) COMP_CWORD=1
        _mirrorgen_completion mirrorgen
        echo "${COMPREPLY[@]}"
    """
    ended = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=True)
    assert ended.stdout == "validate\n"
