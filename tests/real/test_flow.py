"""plan, apply and sync with the real Terraform, AWS provider and regsync."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.terraform_providers import with_providers
from mirrorgen.tools.versions import find_tool
from tests.real.conftest import Project
from tests.real.saved_plans import terraform_shows

MODULE = Path(__file__).parents[2] / "terraform"
IMAGES = {"quay.io/org/app": ["v1.0.0"], "quay.io/org/other": ["v1.0.0"]}


@pytest.fixture
def initial(project: Project) -> Project:
    """One whose Terraform installs and starts its own provider, as a user's does."""
    project.provider = {}
    return project


def test_from_a_list_to_images_and_back(initial: Project) -> None:
    project = initial
    project.serve(IMAGES)
    project.write(IMAGES)

    assert_apply_needs_a_plan(project)

    plan = project.run("plan")
    assert plan.returncode == 3, plan.stderr
    assert "Repositories: 2 to create. Tags: 2 to copy.\n" in plan.stdout
    assert f"{project.prefix}/quay/org/app: v1.0.0" in plan.stdout

    apply = project.run("apply")
    assert apply.returncode == 0, apply.stderr
    assert f"  {project.prefix}/quay/org/other\n" in apply.stdout
    assert project.run("sync").returncode == 0

    again = project.run("plan", "--format", "json")
    assert again.returncode == 0, again.stdout + again.stderr
    assert json.loads(again.stdout)["pending"] is False
    assert project.run("apply").stdout == "Nothing to apply: every repository is as the list asks.\n"

    assert_a_changed_policy_is_no_destroy(project)
    assert_a_removed_entry_is_destroyed_only_when_told(project)


def assert_apply_needs_a_plan(project: Project) -> None:
    result = project.run("apply")
    assert result.returncode == 1
    assert result.stderr.startswith("error: there is no saved plan\nhint: run `mirrorgen plan` first")


def assert_a_changed_policy_is_no_destroy(project: Project) -> None:
    project.write(IMAGES, settings={"ecr": {"lifecycle": {"keep_last": 3}, "scan_on_push": False}})
    plan = project.run("plan")
    assert plan.returncode == 3
    assert "Repositories: 2 to change. Tags: 0 to copy.\n" in plan.stdout
    assert "DESTROY" not in plan.stdout

    # The plan is out of date as soon as the list changes again.
    project.write(IMAGES)
    refused = project.run("apply")
    assert refused.returncode == 1
    assert "has changed since the plan was made" in refused.stderr


def assert_a_removed_entry_is_destroyed_only_when_told(project: Project) -> None:
    project.write({"quay.io/org/app": ["v1.0.0"]})
    gone = f"{project.prefix}/quay/org/other"
    plan = project.run("plan")
    assert plan.returncode == 3
    assert plan.stdout.startswith("Repositories to DESTROY")
    assert f"  {gone} (images: 1)\n" in plan.stdout

    refused = project.run("apply")
    assert refused.returncode == 1
    assert f"the plan destroys repositories with their images: {gone}" in refused.stderr
    assert "--allow-destroy" in refused.stderr
    assert project.held("quay/org/other")

    told = project.run("apply", "--allow-destroy")
    assert told.returncode == 0, told.stderr
    assert told.stdout == f"Repositories destroyed:\n  {gone}\n"
    assert project.run("plan").returncode == 0


def test_plan_names_what_upstream_does_not_have_and_what_cannot_be_reached(project: Project, closed_port: int) -> None:
    project.serve({"quay.io/org/app": ["v1.0.0"]})
    project.registries = {"gcr.io": {"hostname": f"127.0.0.1:{closed_port}", "tls": "disabled"}}
    project.write({"quay.io/org/app": ["v1.0.0", "v9.9.9"], "gcr.io/org/down": ["v1.0.0"]})

    plan = project.run("plan", "--format", "json")
    assert plan.returncode == 5
    document = json.loads(plan.stdout)
    assert document["copy"] == [{"repository": f"{project.prefix}/quay/org/app", "tag": "v1.0.0"}]
    assert document["pushing"]["manifests"] == {"at_least": 1, "usually": 10}
    assert document["not_upstream"] == [{"repository": f"{project.prefix}/quay/org/app", "tag": "v9.9.9"}]
    assert [(failure["repository"], failure["kind"]) for failure in document["failures"]] == [
        (f"{project.prefix}/gcr/org/down", "unavailable"),
        (f"{project.prefix}/quay/org/app", "not-upstream"),
    ]


def test_the_saved_plan_is_for_its_owner_alone(project: Project) -> None:
    project.serve(IMAGES)
    project.write(IMAGES)
    assert project.run("plan").returncode == 3
    folder = project.folder / "terraform/.mirrorgen"
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, folder / "plan.tfplan", folder / "plan.json")}
    assert modes == {".mirrorgen": 0o700, "plan.tfplan": 0o600, "plan.json": 0o600}


def test_plan_refuses_files_that_are_not_rendered_from_the_list(project: Project) -> None:
    project.write(IMAGES)
    (project.folder / "regsync.yaml").write_text("version: 1\n")
    result = project.run("plan")
    assert result.returncode == 1
    assert "run `mirrorgen render`" in result.stderr


def test_plan_refuses_a_module_that_does_not_declare_what_is_rendered(project: Project) -> None:
    project.write(IMAGES)
    variables = project.folder / "terraform/variables.tf"
    variables.write_text(variables.read_text().replace('variable "region"', 'variable "aws_region"'))
    result = project.run("plan")
    assert result.returncode == 1
    assert "the module declares no variable 'region'" in result.stderr
    assert "no value is rendered for the variable 'aws_region'" in result.stderr


def test_exclusion_filters_need_a_newer_provider_than_5(initial: Project) -> None:
    project = initial
    settings = {"ecr": {"tag_mutability": "immutable-with-exclusions"}}
    project.write({"quay.io/org/app": ["v1.0.0", "latest"]}, settings=settings)
    # The newest provider would do; this is about the oldest one the module works with.
    versions = project.folder / "terraform/versions.tf"
    versions.write_text(versions.read_text().replace('">= 5.100, < 7"', '"~> 5.100"'))

    result = project.run("plan")
    assert result.returncode == 4, result.stderr
    assert "does not know tag exclusion filters; 6.8 or later is needed" in result.stderr


def test_provider_5_objects_to_nothing_but_the_block_it_cannot_know(initial: Project) -> None:
    project = initial
    settings = {"ecr": {"tag_mutability": "immutable-with-exclusions"}, "digest_tags": True}
    project.write({"quay.io/org/app": ["v1.0.0", "latest"]}, settings=settings)
    versions = project.folder / "terraform/versions.tf"
    versions.write_text(versions.read_text().replace('">= 5.100, < 7"', '"~> 5.100"'))
    path = project.folder / "terraform/modules/repositories/exclusions_override.tf"
    override = path.read_text()
    terraform = find_tool("terraform", ProcessRunner(), project.env).usable()

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        argv = [str(terraform.path), f"-chdir={project.folder / 'terraform'}", *args]
        return subprocess.run(argv, env=with_providers(project.env), capture_output=True, text=True, check=False)

    assert run("fmt", "-check").returncode == 0
    assert run("init", "-input=false").returncode == 0
    said = json.loads(run("validate", "-json").stdout)
    errors = [one for one in said["diagnostics"] if one["severity"] == "error"]
    assert [(one["summary"], one["range"]["filename"]) for one in errors] == [
        ("Unsupported block type", "modules/repositories/exclusions_override.tf")
    ]
    assert 'dynamic "image_tag_mutability_exclusion_filter"' in override
    path.unlink()
    assert json.loads(run("validate", "-json").stdout)["valid"] is True


def test_lifecycle_rules_reach_ecr_as_the_list_has_them(project: Project) -> None:
    rules = [
        {
            "rulePriority": 3,
            "description": "Branches go",
            "selection": {
                "tagStatus": "tagged",
                "tagPatternList": ["pr-*", "*-dev"],
                "countType": "sinceImagePulled",
                "countUnit": "days",
                "countNumber": 30,
            },
            "action": {"type": "transition", "targetStorageClass": "archive"},
        },
        {
            "rulePriority": 5,
            "selection": {
                "tagStatus": "any",
                "storageClass": "archive",
                "countType": "sinceImageTransitioned",
                "countUnit": "days",
                "countNumber": 90,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 7,
            "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1},
            "action": {"type": "expire"},
        },
    ]
    project.serve(IMAGES)
    project.write(IMAGES, settings={"ecr": {"lifecycle": {"rules": rules[::-1]}}})
    assert project.run("plan").returncode == 3
    applied = project.run("apply")
    assert applied.returncode == 0, applied.stderr
    name = f"{project.prefix}/quay/org/app"
    policy = project.client().get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"]
    assert json.loads(policy) == {"rules": rules}
    shown = json.loads(project.run("lifecycle", "--format", "json").stdout)
    assert shown["policies"][name] == rules


def test_a_replaced_repository_has_its_policy_again(project: Project) -> None:
    project.serve(IMAGES)
    settings: dict[str, Any] = {"lifecycle": {"keep_last": 3}, "scan_on_push": False}
    assert planned_changes(project, settings) == {
        ("aws_ecr_repository", "create"),
        ("aws_ecr_lifecycle_policy", "create"),
    }
    assert project.run("apply").returncode == 0

    settings["scan_on_push"] = True
    assert planned_changes(project, settings) == {("aws_ecr_repository", "update")}
    assert project.run("apply").returncode == 0

    settings["encryption"] = {"type": "AES256"}
    replaced = {("aws_ecr_repository", "delete+create"), ("aws_ecr_lifecycle_policy", "delete+create")}
    assert planned_changes(project, settings) == replaced
    assert project.run("apply", "--allow-destroy").returncode == 0
    for name in ("app", "other"):
        policy = project.client().get_lifecycle_policy(repositoryName=f"{project.prefix}/quay/org/{name}")
        assert "Keep the last 3 images" in policy["lifecyclePolicyText"]
    assert project.run("sync").returncode == 0
    assert project.run("plan").returncode == 0


def planned_changes(project: Project, settings: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Plan, and return the type and the actions of all that Terraform's own account of the plan would change."""
    project.write(IMAGES, settings={"ecr": settings})
    assert project.run("plan").returncode == 3
    changes = terraform_shows(project)["resource_changes"]
    return {(change["type"], "+".join(change["change"]["actions"])) for change in changes} - {
        (kind, "no-op") for kind in ("aws_ecr_repository", "aws_ecr_lifecycle_policy")
    }


def test_the_wrong_account_is_refused(project: Project) -> None:
    project.write(IMAGES)
    project.variables = {"AWS_ACCESS_KEY_ID": "999999999999"}
    result = project.run("plan")
    assert result.returncode == 2
    assert "but the AWS credentials belong to the account 999999999999" in result.stderr


def test_terraform_alone_refuses_the_wrong_account_too(project: Project) -> None:
    project.write(IMAGES)
    project.variables = {"AWS_ACCESS_KEY_ID": "999999999999"}
    argv = ["terraform", f"-chdir={project.folder / 'terraform'}"]
    env = with_providers(project.tool_env)
    subprocess.run([*argv, "init", "-input=false"], env=env, check=True, capture_output=True)
    plan = subprocess.run([*argv, "plan", "-input=false"], env=env, check=False, capture_output=True, text=True)
    assert plan.returncode == 1
    assert "AWS account ID not allowed: 999999999999" in plan.stderr


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module with its tests, apart from this repository's own list."""
    folder = tmp_path_factory.mktemp("module") / "terraform"
    shutil.copytree(MODULE, folder, ignore=shutil.ignore_patterns(".*", "*.tfvars.json", "*_override.tf"))
    return folder


def terraform(base_env: dict[str, str], module: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = with_providers({**base_env, "HOME": str(module)})
    argv = ["terraform", f"-chdir={module}", *args]
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)


def test_the_module_is_formatted_valid_and_passes_its_own_tests(base_env: dict[str, str], module: Path) -> None:
    for args in (["fmt", "-check", "-recursive"], ["init", "-input=false"], ["validate"], ["test", "-no-color"]):
        result = terraform(base_env, module, *args)
        assert result.returncode == 0, result.stdout + result.stderr
