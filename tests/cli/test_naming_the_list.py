"""The one way to name the list, and how it is found where nobody names it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main

from mirrorgen.cli import app
from tests.conftest import RunCli

GOOD = 'images:\n  - source: nginx\n    tags: ["1.25"]\n'
WITHOUT_LIST = {"bootstrap", "init", "import", "doctor", "schema", "report", "tools"}


def commands() -> list[tuple[str, Any]]:
    group: Any = typer.main.get_command(app)
    return [(name, command) for name, command in group.commands.items() if name not in WITHOUT_LIST]


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_takes_its_list_from_one_option(name: str, command: Any) -> None:
    (option,) = [parameter for parameter in command.params if "--file" in parameter.opts]
    assert option.opts == ["--file", "-f"]
    bare = [parameter.metavar for parameter in command.params if parameter.param_type_name == "argument"]
    assert bare in (["FILE"], ["FILE..."], ["SOURCE..."], ["REVISION"], ["IMAGE..."], ["FORM", "FILE..."]), name


@pytest.mark.parametrize("words", [["other.yaml"], ["--file", "other.yaml"], ["-f", "other.yaml"]])
def test_a_list_may_be_named_in_each_way(words: list[str], run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "other.yaml").write_text(GOOD)
    assert run_cli("validate", *words).stdout.startswith("other.yaml: no problems")
    assert run_cli("render", *words).exit_code == 0


def test_two_lists_where_one_is_meant_are_an_error(run_cli: RunCli, in_folder: Path) -> None:
    result = run_cli("render", "a.yaml", "--file", "b.yaml", cwd=in_folder)
    assert (result.exit_code, result.stderr) == (
        2,
        "error: two lists are named: a.yaml and b.yaml\nhint: give one of them\n",
    )


def test_validate_takes_several_lists_in_both_ways(run_cli: RunCli, in_folder: Path) -> None:
    for name in "abc":
        (in_folder / f"{name}.yaml").write_text(GOOD)
    said = run_cli("validate", "a.yaml", "-f", "b.yaml", "-f", "c.yaml").stdout
    assert [line.partition(":")[0] for line in said.splitlines()] == ["a.yaml", "b.yaml", "c.yaml"]


@pytest.mark.parametrize("name", ["images.yaml", "images.yml"])
def test_the_list_is_found_in_a_folder_above_and_named_from_here(name: str, run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / name).write_text(GOOD)
    below = in_folder / "terraform" / "modules"
    below.mkdir(parents=True)
    said = run_cli("validate", cwd=below).stdout
    assert said == f"../../{name}: no problems (images: 1, tags: 1)\n"


def test_generated_files_stand_beside_a_list_that_was_found_above(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yml").write_text(GOOD)
    below = in_folder / "below"
    below.mkdir()
    result = run_cli("render", cwd=below)
    assert result.stderr == "wrote ../regsync.yaml\nwrote ../terraform/terraform.tfvars.json\n"
    assert (in_folder / "regsync.yaml").exists()
    assert list(below.iterdir()) == []


def test_the_nearest_list_is_meant(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text("images: []\n")
    below = in_folder / "below"
    below.mkdir()
    (below / "images.yml").write_text(GOOD)
    assert run_cli("validate", cwd=below).stdout.startswith("images.yml: no problems")


def test_a_folder_with_both_names_is_an_error_that_says_both(run_cli: RunCli, in_folder: Path) -> None:
    for name in ("images.yaml", "images.yml"):
        (in_folder / name).write_text(GOOD)
    below = in_folder / "below"
    below.mkdir()
    result = run_cli("validate", cwd=below)
    assert (result.exit_code, result.stderr) == (
        1,
        "error: there are ../images.yaml and ../images.yml, and it is not said which is meant\n"
        "hint: remove one, or name the other with --file\n",
    )
    assert run_cli("validate", "--file", "../images.yml", cwd=below).exit_code == 0


def test_the_search_ends_with_the_repository(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(GOOD)
    below = in_folder / "repository" / "below"
    below.mkdir(parents=True)
    (below.parent / ".git").mkdir()
    result = run_cli("validate", cwd=below)
    assert result.exit_code == 1
    assert result.stdout.startswith("images.yaml: error[file-missing]")


def test_a_list_of_somebody_else_is_used_only_where_it_is_asked_for(
    run_cli: RunCli, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (in_folder / "images.yaml").write_text(GOOD)
    below = in_folder / "below"
    below.mkdir()
    if os.geteuid() == 0:
        os.chown(in_folder / "images.yaml", 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    result = run_cli("render", cwd=below)
    assert (result.exit_code, result.stderr) == (
        1,
        "error: ../images.yaml belongs to another user\nhint: if you trust it, give --file ../images.yaml\n",
    )
    assert run_cli("validate", "--file", "../images.yaml", cwd=below).exit_code == 0
    assert run_cli("validate", cwd=in_folder).exit_code == 0


def test_git_is_told_of_files_as_they_are_named_from_here(run_cli: RunCli, in_folder: Path) -> None:
    subprocess.run(["git", "init", "--quiet", in_folder], check=True)
    (in_folder / "images.yaml").write_text(GOOD)
    below = in_folder / "below"
    below.mkdir()
    result = run_cli("render", "--in-git", cwd=below)
    assert result.exit_code == 3
    assert "../regsync.yaml is not in git yet: git add ../regsync.yaml\n" in result.stderr
