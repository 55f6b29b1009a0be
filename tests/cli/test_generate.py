"""`mirrorgen generate` where nobody has to be asked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mirrorgen.destinations.ecr.tfvars import TFVARS
from mirrorgen.rendering.files import REGSYNC
from tests.conftest import RunCli

LIST = 'images:\n  - source: nginx\n    tags: ["1.25.3", "latest"]\n'


@pytest.fixture
def folder(in_folder: Path) -> Path:
    (in_folder / "images.yaml").write_text(LIST)
    return in_folder


def test_a_list_without_rules_gets_no_lock_and_what_render_writes(run_cli: RunCli, folder: Path) -> None:
    result = run_cli("generate")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"wrote {REGSYNC}\nwrote {TFVARS}\n")
    assert run_cli("render", "--check").exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["images.yaml", REGSYNC, "terraform"]
    assert run_cli("generate").stderr == "the generated files were up to date\n"


def test_a_bad_list_changes_nothing(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.yaml").write_text(LIST.replace("nginx", "Nginx"))
    result = run_cli("generate")
    assert result.exit_code == 1
    assert "images.yaml:2:13: error[bad-reference]" in result.stderr
    assert list(folder.iterdir()) == [folder / "images.yaml"]


def test_a_lock_that_cannot_be_read_is_no_lock_to_replace(run_cli: RunCli, folder: Path) -> None:
    lock = folder / "images.lock.yaml"
    lock.write_text("<<<<<<< ours\n")
    result = run_cli("generate")
    assert result.exit_code == 1
    assert "images.lock.yaml:1:1: error[" in result.stderr
    assert (lock.read_text(), sorted(folder.iterdir())) == ("<<<<<<< ours\n", [lock, folder / "images.yaml"])


def test_for_a_hook_git_must_know_what_is_written(run_cli: RunCli, folder: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    result = run_cli("generate", "--in-git")
    assert result.exit_code == 3
    assert f"{REGSYNC} is not in git yet: git add {REGSYNC}\n" in result.stderr
    subprocess.run(["git", "add", "."], check=True)
    assert run_cli("generate", "--in-git").exit_code == 0
