"""Every Terraform module by itself, with Terraform's own tests, and the examples of how they are used."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrorgen.demo import emulator as emulators
from mirrorgen.demo.emulator import Emulator
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.terraform_providers import with_providers
from mirrorgen.tools.versions import find_tool
from tests.conftest import REAL_CACHE_DIR
from tests.documents import ROOT
from tests.real.conftest import empty_account

TERRAFORM = ROOT / "terraform"
MODULES = sorted(path.parent.name for path in TERRAFORM.glob("modules/*/versions.tf"))
CHECKOV = re.search(r"^CHECKOV := checkov>=(\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
EXAMPLES = sorted(path.parent.name for path in TERRAFORM.glob("examples/*/main.tf"))


class Copy:
    """A copy of the modules and the examples, which may be used up."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = env
        self.terraform = str(find_tool("terraform", ProcessRunner(), env).usable().path)
        for part in ("modules", "examples"):
            shutil.copytree(TERRAFORM / part, folder / part, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))

    def run(self, place: str, *args: str) -> str:
        """Run Terraform in one of the folders; it must succeed."""
        argv = [self.terraform, f"-chdir={self.folder / place}", *args]
        done = subprocess.run(argv, env=self.env, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def ecr(base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An account of its own: an identity provider is there once, whoever else has made it."""
    with empty_account(base_env, tmp_path_factory.mktemp("account")) as running:
        yield running


@pytest.fixture
def copy(tmp_path: Path, ecr: Emulator, base_env: dict[str, str], provider: dict[str, str]) -> Copy:
    env = {**base_env, **emulators.environment(ecr), "HOME": str(tmp_path), **provider}
    return Copy(tmp_path, with_providers(env))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_passes_its_own_tests(copy: Copy, module: str) -> None:
    copy.run(f"modules/{module}", "init", "-input=false")
    assert "Success!" in copy.run(f"modules/{module}", "test", "-no-color")


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_valid(copy: Copy, example: str) -> None:
    copy.run(f"examples/{example}", "init", "-input=false")
    copy.run(f"examples/{example}", "validate", "-no-color")


def test_the_example_of_a_new_account_makes_what_it_says_and_a_second_plan_has_nothing_to_do(copy: Copy) -> None:
    example = "examples/bootstrap"
    copy.run(example, "init", "-input=false")
    copy.run(example, "apply", "-auto-approve", "-no-color")
    made = json.loads(copy.run(example, "output", "-json"))["bootstrap"]["value"]
    assert made == {
        "state_bucket": "mirrorgen-state-123456789012-eu-west-1",
        "role_arns": {
            name: f"arn:aws:iam::123456789012:role/image-{name}-role" for name in ("apply", "destroy", "plan", "sync")
        },
    }
    copy.run(example, "plan", "-detailed-exitcode", "-no-color")


def test_the_example_of_repositories_makes_them_and_a_second_plan_has_nothing_to_do(copy: Copy) -> None:
    example = "examples/repositories"
    copy.run(example, "init", "-input=false")
    copy.run(example, "apply", "-auto-approve", "-no-color")
    made = json.loads(copy.run(example, "output", "-json"))["repositories"]["value"]
    assert {name: repository["arn"] for name, repository in made.items()} == {
        name: f"arn:aws:ecr:eu-west-1:123456789012:repository/{name}" for name in ("example/app", "example/nginx")
    }
    copy.run(example, "plan", "-detailed-exitcode", "-no-color")


def test_the_example_of_a_registry_sets_what_it_says_and_a_second_plan_has_nothing_to_do(copy: Copy) -> None:
    example = "examples/registry"
    copy.run(example, "init", "-input=false")
    copy.run(example, "apply", "-auto-approve", "-no-color")
    made = json.loads(copy.run(example, "output", "-json"))["registry"]["value"]
    assert made == {"scan_type": "ENHANCED", "replicates_to": ["123456789012/eu-central-1"]}
    copy.run(example, "plan", "-detailed-exitcode", "-no-color")


def test_checkov_finds_in_the_example_of_repositories_only_what_it_asks_for(copy: Copy) -> None:
    """What it leaves to the defaults passes."""
    example = "examples/repositories"
    copy.run(example, "init", "-input=false")
    copy.run(example, "plan", "-out=plan", "-no-color")
    (copy.folder / "plan.json").write_text(copy.run(example, "show", "-json", "plan"))
    assert CHECKOV
    checkov = REAL_CACHE_DIR / f"checkov-{CHECKOV[1]}/bin/checkov"
    argv = [str(checkov), "-f", "plan.json", "--framework", "terraform_plan", "--skip-download", "-o", "json"]
    done = subprocess.run(argv, cwd=copy.folder, env=copy.env, capture_output=True, text=True, check=False, timeout=120)
    results = json.loads(done.stdout)["results"]
    found = {(check["check_name"], check["resource"].split('"')[1]) for check in results["failed_checks"]}
    assert found == {
        ("Ensure ECR Image Tags are immutable", "example/app"),
        ("Ensure that ECR repositories are encrypted using KMS", "example/nginx"),
    }
