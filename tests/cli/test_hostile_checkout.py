"""Commands in a branch that somebody else has made: links in the place of what mirrorgen writes and reads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mirrorgen.destinations.ecr.tfvars import EXCLUSIONS, TFVARS
from mirrorgen.rendering.files import REGSYNC
from tests.conftest import RunCli

LIST = 'images:\n  - source: nginx\n    tags: ["1.25.3"]\n'
SECRET = "token: s3cr3t\n"  # noqa: S105 - nobody's


@pytest.fixture
def branch(in_folder: Path) -> Path:
    (in_folder / "images.yaml").write_text(LIST)
    (in_folder / "terraform/modules/repositories").mkdir(parents=True)
    return in_folder


@pytest.fixture
def precious(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("home") / ".bashrc"
    path.write_text(SECRET)
    return path


@pytest.mark.parametrize("args", [("render",), ("render", "--check")], ids=" ".join)
@pytest.mark.parametrize("name", [REGSYNC, TFVARS, EXCLUSIONS])
def test_render_neither_writes_nor_removes_nor_shows_what_a_link_names(
    run_cli: RunCli, branch: Path, precious: Path, name: str, args: tuple[str, ...]
) -> None:
    (branch / name).parent.mkdir(parents=True, exist_ok=True)
    (branch / name).symlink_to(precious)
    result = run_cli(*args)
    assert result.exit_code == 1
    assert f"error: {name} is a symbolic link\n" in result.stderr
    assert "s3cr3t" not in result.stdout + result.stderr
    assert precious.read_text() == SECRET
    assert sorted(path.name for path in branch.iterdir() if path.is_file() and not path.is_symlink()) == ["images.yaml"]


def test_render_does_not_enter_a_folder_that_is_a_link(run_cli: RunCli, branch: Path, precious: Path) -> None:
    shutil.rmtree(branch / "terraform")
    (branch / "terraform").symlink_to(precious.parent)
    result = run_cli("render")
    assert result.exit_code == 1
    assert "error: terraform is a symbolic link\n" in result.stderr
    assert [path.name for path in precious.parent.iterdir()] == [precious.name]


@pytest.mark.parametrize("target", ["precious", "nothing"])
def test_a_lock_that_is_a_link_is_a_problem_and_is_not_quoted(
    run_cli: RunCli, branch: Path, precious: Path, target: str
) -> None:
    (branch / "images.lock.yaml").symlink_to(precious if target == "precious" else precious.parent / "nothing")
    result = run_cli("validate")
    assert result.exit_code == 1
    assert "error[file-unreadable]: images.lock.yaml is a symbolic link" in result.stdout
    assert "s3cr3t" not in result.stdout + result.stderr


def test_lock_does_not_write_through_a_link(run_cli: RunCli, branch: Path, precious: Path) -> None:
    (branch / "images.lock.yaml").symlink_to(precious)
    assert run_cli("lock").exit_code == 1
    assert precious.read_text() == SECRET


def test_a_listing_that_is_a_link_is_not_read(run_cli: RunCli, branch: Path, precious: Path) -> None:
    (branch / "listing.json").symlink_to(precious)
    result = run_cli("tags", "--from", "listing.json")
    assert result.exit_code == 1
    assert "error: listing.json is a symbolic link\n" in result.stderr


def test_a_report_is_not_written_through_a_link_and_nothing_is_copied(
    run_cli: RunCli, branch: Path, precious: Path
) -> None:
    (branch / "report.json").symlink_to(precious)
    result = run_cli("sync", "--report", "report.json")
    assert result.exit_code == 1
    assert "error: report.json is a symbolic link\n" in result.stderr
    assert precious.read_text() == SECRET


def test_a_report_is_for_its_owner_alone(run_cli: RunCli, branch: Path) -> None:
    run_cli("apply", "--report", "report.json")
    assert (branch / "report.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["run.lock", "plan.tfplan", "plan.json", ".gitignore"])
def test_the_work_folder_has_no_links(run_cli: RunCli, branch: Path, precious: Path, name: str) -> None:
    run_cli("render")
    (branch / "terraform/.mirrorgen").mkdir()
    (branch / "terraform/.mirrorgen" / name).symlink_to(precious)
    result = run_cli("apply")
    assert result.exit_code == 1
    assert f"/terraform/.mirrorgen/{name} is a symbolic link\n" in result.stderr
    assert precious.read_text() == SECRET
