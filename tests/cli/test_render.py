"""`mirrorgen render`, `schema` and `init`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from mirrorgen.destinations.ecr.tfvars import EXCLUSIONS, TFVARS
from mirrorgen.rendering.files import REGSYNC
from tests.conftest import RunCli

LIST = 'images:\n  - source: nginx\n    tags: ["1.25.3", "latest"]\n'
WITH_EXCLUSIONS = LIST + "    ecr: {tag_mutability: immutable-with-exclusions}\n"


@pytest.fixture
def folder(in_folder: Path) -> Path:
    (in_folder / "images.yaml").write_text(LIST)
    return in_folder


def test_the_files_are_written_beside_the_list(run_cli: RunCli, folder: Path) -> None:
    result = run_cli("render")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == f"wrote {REGSYNC}\nwrote {TFVARS}\n"
    assert (folder / REGSYNC).read_text().startswith("# Generated from the master list by `mirrorgen render`.")
    assert "Generated from" in json.loads((folder / TFVARS).read_text())["//"]


def test_a_second_run_writes_nothing(run_cli: RunCli, folder: Path) -> None:
    run_cli("render")
    before = (folder / REGSYNC).stat().st_mtime_ns
    assert run_cli("render").stderr == "the generated files were up to date\n"
    assert (folder / REGSYNC).stat().st_mtime_ns == before


def test_check_shows_a_diff_and_writes_nothing(run_cli: RunCli, folder: Path) -> None:
    run_cli("render")
    assert run_cli("render", "--check").exit_code == 0
    (folder / "images.yaml").write_text(LIST.replace("1.25.3", "1.25.4"))
    result = run_cli("render", "--check")
    assert result.exit_code == 3
    assert "--- a/regsync.yaml\n+++ b/regsync.yaml\n" in result.stdout
    assert "-        - '1\\.25\\.3'\n+        - '1\\.25\\.4'\n" in result.stdout
    assert run_cli("render", "--check").exit_code == 3


def test_the_exclusions_file_comes_and_goes_with_the_need(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.yaml").write_text(WITH_EXCLUSIONS)
    run_cli("render")
    assert (folder / EXCLUSIONS).exists()
    (folder / "images.yaml").write_text(LIST)
    assert run_cli("render", "--check").exit_code == 3
    assert f"removed {EXCLUSIONS}\n" in run_cli("render").stderr
    assert not (folder / EXCLUSIONS).exists()


def test_the_exclusions_file_is_hcl(run_cli: RunCli, folder: Path) -> None:
    import hcl2

    (folder / "images.yaml").write_text(WITH_EXCLUSIONS)
    text = run_cli("render", "--stdout", "exclusions_override.tf").stdout
    assert "aws_ecr_repository" in str(hcl2.loads(text))


def test_one_file_on_standard_output(run_cli: RunCli, folder: Path) -> None:
    result = run_cli("render", "--stdout", "regsync.yaml")
    assert result.exit_code == 0
    assert "docker.io/library/nginx" in result.stdout
    assert list(folder.iterdir()) == [folder / "images.yaml"]

    unknown = run_cli("render", "--stdout", "regsinc.yaml")
    assert unknown.exit_code == 2
    assert "one of: regsync.yaml, " in unknown.stderr

    needless = run_cli("render", "--stdout", "exclusions_override.tf")
    assert (needless.stdout, needless.stderr) == ("", "this list needs no exclusions_override.tf\n")


def test_a_bad_list_changes_nothing(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.yaml").write_text(LIST.replace("nginx", "Nginx"))
    result = run_cli("render")
    assert result.exit_code == 1
    assert "images.yaml:2:13: error[bad-reference]" in result.stderr
    assert "error: images.yaml cannot be used: 1 error" in result.stderr
    assert list(folder.iterdir()) == [folder / "images.yaml"]


def test_a_place_that_cannot_be_written(run_cli: RunCli, folder: Path) -> None:
    (folder / "terraform").write_text("a file where a folder is needed")
    result = run_cli("render")
    assert result.exit_code == 1
    assert "cannot" in result.stderr
    assert not (folder / REGSYNC).exists()


def test_the_schema_is_a_schema_with_a_description_everywhere(run_cli: RunCli) -> None:
    schema = json.loads(run_cli("schema").stdout)
    Draft202012Validator.check_schema(schema)
    assert list(without_description(schema, "")) == []


def without_description(schema: object, path: str) -> list[str]:
    if not isinstance(schema, dict):
        return []
    missing = [] if "description" in schema or path.endswith("$defs") else [path]
    for keyword in ("properties", "$defs"):
        for name, child in schema.get(keyword, {}).items():
            missing += without_description(child, f"{path}/{name}")
    for keyword in ("items", "additionalProperties"):
        missing += without_description(schema.get(keyword), f"{path}/{keyword}")
    return missing
