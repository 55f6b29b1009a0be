"""Generated files that do not say what the list asks for are named by every command that acts on the list."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Result, RunCli

ECR = 'images:\n  - source: nginx\n    tags: ["1.25"]\n'
PLAIN = f"target: {{registry: harbor.example.com/mirror}}\n{ECR}"
TFVARS = "terraform/terraform.tfvars.json"
COMMANDS = (("plan",), ("sync",), ("sync", "--only", "*nginx"), ("status",), ("prune", "--plan", "plan.json"))

Project = tuple[Path, RunCli]


@pytest.fixture
def project(in_folder: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A rendered list. There are no programs and no AWS credentials, so that nothing is asked of anybody."""
    monkeypatch.setenv("PATH", str(in_folder))
    monkeypatch.setenv("MIRRORGEN_CACHE_DIR", str(in_folder / "cache"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    write(in_folder, run_cli, ECR)
    return in_folder, run_cli


def write(folder: Path, run_cli: RunCli, text: str) -> None:
    (folder / "images.yaml").write_text(text)
    assert run_cli("render").exit_code == 0


def warnings(result: Result) -> list[str]:
    return [line for line in result.stderr.splitlines() if line.startswith("warning: ")]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("name", ["regsync.yaml", TFVARS])
def test_a_file_that_was_edited_is_named_and_the_exit_code_stays(
    command: tuple[str, ...], name: str, project: Project
) -> None:
    folder, run_cli = project
    before = run_cli(*command)
    assert warnings(before) == []
    (folder / name).write_text((folder / name).read_text().replace("1.25", "1.26") + " ")
    after = run_cli(*command)
    assert warnings(after) == [f"warning: {name} is not what the list asks for; `mirrorgen render` writes it anew"]
    assert after.exit_code == before.exit_code


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_that_was_never_rendered_is_no_reason_for_a_word(command: tuple[str, ...], project: Project) -> None:
    folder, run_cli = project
    (folder / "regsync.yaml").unlink()
    (folder / TFVARS).unlink()
    assert warnings(run_cli(*command)) == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_files_for_terraform_that_are_left_beside_a_plain_registry_are_named(
    command: tuple[str, ...], project: Project
) -> None:
    folder, run_cli = project
    write(folder, run_cli, PLAIN)
    why = "it is left from a time when the target was not harbor.example.com; remove it"
    assert warnings(run_cli(*command)) == [f"warning: {TFVARS} is not what the list asks for; {why}"]
    (folder / TFVARS).write_text('{"of": "somebody"}')
    assert warnings(run_cli(*command)) == []


def test_a_file_that_cannot_be_read_is_named(project: Project) -> None:
    folder, run_cli = project
    (folder / "regsync.yaml").unlink()
    (folder / "regsync.yaml").mkdir()
    assert warnings(run_cli("sync")) == [f"warning: {Path('regsync.yaml')} is not a regular file"]
