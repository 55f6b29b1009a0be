"""How Terraform is asked for its lock file, and what a lock file says."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorgen.errors import InputError, ToolFailed
from mirrorgen.tools.provider_lock import LockedProvider, lock_hint, lock_providers, locked_providers
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.versions import Tool, tool_specs
from tests.tools.test_versions import fake

WRITTEN = """provider "registry.terraform.io/hashicorp/aws" {
  version     = "6.20.0"
  constraints = ">= 5.100.0, < 7.0.0"
  hashes = [
    "h1:1hXKbpcTMcadQcJTkNVn4rsm3PwVdvFUb5FeBuzf8CE=",
  ]
}

provider "registry.opentofu.org/hashicorp/null" {
  version = "3.2.4"
}
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "project/terraform"
    (folder / ".terraform/modules").mkdir(parents=True)
    (folder / "main.tf").write_text("# main\n")
    for name in ("terraform.tfstate", "terraform.tfvars.json", ".terraform/modules/old.tf"):
        (folder / name).write_text("not to be copied")
    return folder


def lock(tmp_path: Path, script: str, module: Path, *, mirror: str | None = None) -> str | None:
    path = fake(tmp_path / "bin", "terraform", "")
    path.write_text(f"#!/bin/sh\ncd ${{1#-chdir=}} || exit 9\nshift\n{script}\n")
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "AWS_SECRET_ACCESS_KEY": "aws",
        "DOCKER_TOKEN": "docker",
        "GITHUB_TOKEN": "github",
        "TF_VAR_password": "variable",
        "TF_DATA_DIR": str(tmp_path / "elsewhere"),
        "TF_TOKEN_example_com": "registry",
    }
    return lock_providers(Tool(tool_specs()["terraform"], path, "1.11.4"), module, ProcessRunner(), env, mirror=mirror)


def test_terraform_works_on_a_copy_and_knows_only_what_it_needs(tmp_path: Path, module: Path) -> None:
    script = f"find . -type f > {tmp_path}/files; env > {tmp_path}/env; echo locked > .terraform.lock.hcl"
    assert lock(tmp_path, script, module) == "locked\n"
    assert (tmp_path / "files").read_text().split() == ["./main.tf", "./.terraform.lock.hcl"]
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {"PATH", "HOME", "TF_TOKEN_example_com"}
    assert (module / ".terraform.lock.hcl").read_text() == "locked\n"
    assert lock(tmp_path, script, module) is None


@pytest.mark.parametrize(
    ("mirror", "option"),
    [
        (None, ""),
        ("https://mirror.example.com/providers/", "-net-mirror=https://mirror.example.com/providers/ "),
        ("/opt/mirror", "-fs-mirror=/opt/mirror "),
        ("mirror", "-fs-mirror={here}/mirror "),
    ],
)
def test_where_providers_come_from(
    tmp_path: Path, module: Path, mirror: str | None, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lock(tmp_path, f'echo "$@" >> {tmp_path}/argv; touch .terraform.lock.hcl', module, mirror=mirror)
    asked = f"providers lock -no-color {option.format(here=tmp_path)}-platform="
    assert (tmp_path / "argv").read_text().splitlines() == [
        "get -no-color",
        *(f"{asked}{platform}" for platform in ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64")),
    ]


@pytest.mark.parametrize("had", [None, "as it was\n"])
def test_what_is_half_written_is_never_taken(tmp_path: Path, module: Path, had: str | None) -> None:
    if had:
        (module / ".terraform.lock.hcl").write_text(had)
    script = "case $* in *darwin_arm64) exit 1;; *) echo half >> .terraform.lock.hcl;; esac"
    with pytest.raises(ToolFailed, match="cannot get the providers for darwin_arm64; nothing was written"):
        lock(tmp_path, script, module)
    assert sorted(path.name for path in module.glob(".terraform.lock*")) == ([".terraform.lock.hcl"] if had else [])
    assert not had or (module / ".terraform.lock.hcl").read_text() == had


def test_a_module_that_cannot_be_had_is_said_once(tmp_path: Path, module: Path) -> None:
    with pytest.raises(ToolFailed, match="no such module"):
        lock(tmp_path, "echo no such module $1 >&2; exit 1", module)


def test_a_module_without_providers_has_no_lock_file(tmp_path: Path, module: Path) -> None:
    with pytest.raises(InputError, match="needs no provider"):
        lock(tmp_path, "exit 0", module)
    assert not (module / ".terraform.lock.hcl").exists()


def test_what_a_lock_file_says() -> None:
    assert locked_providers(WRITTEN) == (
        LockedProvider("registry.terraform.io/hashicorp/aws", "6.20.0", ">= 5.100.0, < 7.0.0"),
        LockedProvider("registry.opentofu.org/hashicorp/null", "3.2.4", ""),
    )


@pytest.mark.parametrize(
    ("constraints", "is_bounded"),
    [
        ("", False),
        (">= 5.100.0", False),
        ("> 5.100.0, != 6.0.0", False),
        (">= 5.100.0, < 7.0.0", True),
        ("<= 6.99.0", True),
        ("~> 5.100", True),
        ("6.8.0", True),
        ("= 6.8.0", True),
    ],
)
def test_what_keeps_later_major_versions_out(constraints: str, is_bounded: bool) -> None:
    assert LockedProvider("a", "6.8.0", constraints).is_bounded is is_bounded


def test_a_failure_that_is_not_about_the_lock_file_has_no_such_hint() -> None:
    assert lock_hint("Error: Failed to query available provider packages") == ""
