"""`mirrorgen tools lock`, and what `terraform init` makes of what it wrote, with a mirror that has empty providers."""

from __future__ import annotations

import json
import platform
import re
from pathlib import Path

import pytest

from mirrorgen.errors import ToolFailed
from mirrorgen.files import write_files
from mirrorgen.rendering.module import module_files
from mirrorgen.tools.environments import environment
from mirrorgen.tools.provider_lock import PLATFORMS, locked_providers
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.terraform import Terraform
from mirrorgen.tools.versions import find_tool
from tests.conftest import Result, RunCli
from tests.real.packages import REGISTRY, add_packages

AWS = f"{REGISTRY}/hashicorp/aws"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
HERE = f"{platform.system().lower()}_{ARCHITECTURES.get(platform.machine(), platform.machine())}"


@pytest.fixture
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mirror")
    add_packages(folder, "hashicorp/aws", "6.20.0", PLATFORMS)
    return folder


@pytest.fixture
def module(in_folder: Path) -> Path:
    write_files(in_folder, module_files())
    return in_folder / "terraform"


@pytest.fixture
def lock_file(module: Path) -> Path:
    return module / ".terraform.lock.hcl"


@pytest.fixture
def terraform(
    module: Path, mirror: Path, base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Terraform:
    """Terraform as `plan` has it, on a machine that has this mirror and nothing else."""
    config = tmp_path_factory.mktemp("config") / "terraformrc"
    path = json.dumps(str(mirror))
    config.write_text(f"provider_installation {{\n  filesystem_mirror {{\n    path = {path}\n  }}\n}}\n")
    env = environment("terraform", {**base_env, "HOME": str(config.parent), "TF_CLI_CONFIG_FILE": str(config)})
    return Terraform(find_tool("terraform", ProcessRunner(), env).usable(), module, ProcessRunner(), env)


def lock(run_cli: RunCli, mirror: Path, *options: str) -> Result:
    return run_cli("tools", "lock", "--mirror", str(mirror), *options)


def test_the_lock_file_has_the_checksums_of_every_usual_platform(
    run_cli: RunCli, lock_file: Path, mirror: Path
) -> None:
    add_packages(mirror, "hashicorp/aws", "7.0.0", PLATFORMS)
    result = lock(run_cli, mirror)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.splitlines()[-1] == (
        f"wrote terraform/.terraform.lock.hcl: {AWS} 6.20.0, for linux_amd64, linux_arm64, darwin_amd64, darwin_arm64"
    )
    (aws,) = locked_providers(lock_file.read_text())
    assert (aws.address, aws.version, aws.constraints) == (AWS, "6.20.0", ">= 5.100.0, < 7.0.0")
    assert len(set(re.findall(r'"h1:[^"]+"', lock_file.read_text()))) == len(PLATFORMS)
    assert sorted(path.name for path in lock_file.parent.iterdir() if path.name.startswith(".")) == [
        ".gitignore",
        ".terraform.lock.hcl",
    ]


def test_a_run_takes_what_is_locked_and_leaves_the_lock_file_alone(
    run_cli: RunCli, lock_file: Path, mirror: Path, terraform: Terraform
) -> None:
    assert lock(run_cli, mirror).exit_code == 0
    locked = lock_file.read_bytes()
    add_packages(mirror, "hashicorp/aws", "6.21.0", PLATFORMS)
    assert terraform.init() == ()
    assert terraform.provider_version() == "6.20.0"
    assert lock_file.read_bytes() == locked


def test_only_an_upgrade_takes_another_version(run_cli: RunCli, lock_file: Path, mirror: Path) -> None:
    assert lock(run_cli, mirror).exit_code == 0
    locked = lock_file.read_bytes()
    add_packages(mirror, "hashicorp/aws", "6.21.0", PLATFORMS)
    again = lock(run_cli, mirror)
    assert again.stderr.splitlines()[-1] == "terraform/.terraform.lock.hcl was up to date"
    assert lock_file.read_bytes() == locked
    assert f"{AWS} 6.21.0" in lock(run_cli, mirror, "--upgrade").stderr


@pytest.mark.parametrize("had", ["", "# as it was\n"])
def test_platforms_that_cannot_be_had_are_named_and_nothing_is_written(
    run_cli: RunCli, lock_file: Path, mirror: Path, had: str
) -> None:
    for package in (mirror / AWS).glob("*_darwin_*"):
        package.unlink()
    if had:
        lock_file.write_text(had)
    result = lock(run_cli, mirror)
    assert result.exit_code == 5
    said = "error: cannot get the providers for darwin_amd64, darwin_arm64; nothing was written"
    assert said in result.stderr.splitlines()
    assert "6.20.0 is not available for darwin_amd64" in " ".join(result.stderr.split())
    assert (lock_file.read_text() if had else "") == had
    assert lock_file.exists() == bool(had)


def test_a_registry_that_cannot_be_reached_is_said(
    run_cli: RunCli, lock_file: Path, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    result = run_cli("tools", "lock")
    assert result.exit_code == 5
    assert f"error: cannot get the providers for {', '.join(PLATFORMS)}; nothing was written" in result.stderr
    assert "connection refused" in result.stderr
    assert result.stderr.splitlines()[-1] == (
        "hint: where the registry cannot be reached, --mirror names a folder or an address that has these platforms"
    )
    assert not lock_file.exists()


def test_a_platform_that_is_not_in_the_lock_file_is_said_by_the_run(
    run_cli: RunCli, mirror: Path, terraform: Terraform
) -> None:
    assert lock(run_cli, mirror).exit_code == 0
    # What this platform has now is none of the four that were recorded.
    (mirror / AWS / f"terraform-provider-aws_6.20.0_{HERE}.zip").unlink()
    other = mirror / AWS / f"6.20.0/{HERE}"
    other.mkdir(parents=True)
    (other / "terraform-provider-aws_v6.20.0").write_text("another build")
    with pytest.raises(ToolFailed) as caught:
        terraform.init()
    assert caught.value.hint == (
        ".terraform.lock.hcl has no checksum for this platform: run `mirrorgen tools lock` and commit what it writes, "
        "or remove the file where it is not committed"
    )


def test_a_version_that_the_module_does_not_allow_any_more_is_said(
    run_cli: RunCli, module: Path, mirror: Path, terraform: Terraform
) -> None:
    assert lock(run_cli, mirror).exit_code == 0
    versions = module / "versions.tf"
    versions.write_text(versions.read_text().replace("< 7", "< 6.20"))
    add_packages(mirror, "hashicorp/aws", "6.19.0", PLATFORMS)
    with pytest.raises(ToolFailed) as caught:
        terraform.init()
    assert "run `mirrorgen tools lock --upgrade`" in caught.value.hint
    assert lock(run_cli, mirror, "--upgrade").exit_code == 0
    terraform.init()
    assert terraform.provider_version() == "6.19.0"


OTHER = """
terraform {
  required_providers {
    other = { source = "example/other" }
  }
}
"""


def test_a_provider_that_is_not_in_the_lock_file_is_not_taken_by_the_way(
    run_cli: RunCli, module: Path, mirror: Path, terraform: Terraform
) -> None:
    """Also one that a module below asks for."""
    assert lock(run_cli, mirror).exit_code == 0
    (module / "modules/inner").mkdir(parents=True)
    (module / "modules/inner/main.tf").write_text(OTHER)
    (module / "inner.tf").write_text('module "inner" {\n  source = "./modules/inner"\n}\n')
    add_packages(mirror, "example/other", "1.0.0", PLATFORMS)
    with pytest.raises(ToolFailed) as caught:
        terraform.init()
    assert "lacks a provider of the module: run `mirrorgen tools lock`" in caught.value.hint
    assert lock(run_cli, mirror).exit_code == 0
    terraform.init()


def test_without_a_lock_file_a_run_takes_no_later_major_version(mirror: Path, terraform: Terraform) -> None:
    add_packages(mirror, "hashicorp/aws", "7.0.0", PLATFORMS)
    assert terraform.init() == ()
    assert terraform.provider_version() == "6.20.0"


def test_without_a_lock_file_a_run_names_what_has_no_upper_bound(
    module: Path, mirror: Path, terraform: Terraform
) -> None:
    (module / "other.tf").write_text('resource "other_thing" "this" {}\n')
    add_packages(mirror, "hashicorp/other", "1.0.0", PLATFORMS)
    assert terraform.init() == (f"{REGISTRY}/hashicorp/other",)


def test_the_backend_of_the_state_is_not_asked(run_cli: RunCli, module: Path, mirror: Path) -> None:
    (module / "backend.tf").write_text('terraform {\n  backend "s3" {\n    bucket = "nobodys"\n  }\n}\n')
    assert lock(run_cli, mirror).exit_code == 0


def test_no_link_is_followed(
    run_cli: RunCli, lock_file: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    victim = tmp_path_factory.mktemp("victim") / "profile"
    victim.write_text("mine\n")
    lock_file.symlink_to(victim)
    result = lock(run_cli, mirror)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (
        1,
        "error: terraform/.terraform.lock.hcl is a symbolic link",
    )
    lock_file.unlink()
    (lock_file.parent / "more.tf").symlink_to(victim)
    assert "terraform/more.tf is a symbolic link" in lock(run_cli, mirror).stderr
    assert victim.read_text() == "mine\n"
