"""bootstrap: an empty account gets its bucket and its roles, and both of Terraform's states move into it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrorgen.demo.emulator import Emulator
from mirrorgen.starting.account import ROLES
from tests.real.conftest import ACCOUNT, Project, empty_account

BUCKET = "bootstrapped-state"
ARGS = ("--repository", "example@583231/images@1296269", "--state-bucket", BUCKET)
IMAGES = {"quay.io/org/booted": ["v1.0.0"]}


@pytest.fixture(scope="session")
def ecr(base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An account of its own: the identity provider and the roles are there once."""
    with empty_account(base_env, tmp_path_factory.mktemp("account")) as running:
        yield running


@pytest.fixture
def planned(project: Project) -> Project:
    """A mirror whose state is a file, in an account that has nothing else; what is to be made there was shown."""
    project.serve(IMAGES)
    project.write(IMAGES)
    assert project.run("plan").returncode == 3
    assert project.run("apply").returncode == 0
    shown = project.run("bootstrap", *ARGS)
    assert shown.returncode == 3, shown.stderr
    assert "create module.bootstrap.aws_s3_bucket.state\n" in shown.stdout
    assert shown.stdout.count("create module.bootstrap.module.roles.aws_iam_role.this") == len(ROLES)
    return project


def main_of(project: Project) -> Path:
    return project.folder / "bootstrap/terraform/main.tf"


def test_from_an_empty_account_to_a_pipeline_that_knows_its_names(planned: Project) -> None:
    project = planned
    # The root module is there to be edited; the provider looks for a minute whether AWS remembers rules for versions.
    text = main_of(project).read_text()
    assert f'repositories = ["{project.prefix}/*"]' in " ".join(text.split())
    main_of(project).write_text(text.replace("tags = {", "state_version_days = null\n  tags = {"))
    assert project.run("bootstrap").returncode == 3

    applied = project.run("bootstrap", "--apply")
    assert applied.returncode == 0, applied.stderr
    assert f"sync: arn:aws:iam::{ACCOUNT}:role/image-sync-role, for the environment image-sync\n" in applied.stdout
    held = {item["Key"] for item in project.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert held == {"mirrorgen/bootstrap.tfstate", "mirrorgen/terraform.tfstate"}

    # Both states are found where they are now.
    again = project.run("bootstrap")
    assert (again.returncode, again.stdout) == (0, "Nothing to do: the account is as bootstrap/ asks.\n")
    plan = project.run("plan", "--format", "json")
    assert not any(json.loads(plan.stdout)["repositories"].values()), plan.stderr

    # Whoever begins a second time loses nothing.
    assert project.run("bootstrap", "--apply").returncode == 0
    made = project.run(
        "init", ".", "--provider", "github", "--from", f"https://github.com/example/mirrorgen@{'0' * 40}"
    )
    assert made.returncode == 0, made.stderr
    workflow = (project.folder / ".github/workflows/image-sync.yaml").read_text()
    assert f"vars.TF_STATE_BUCKET || '{BUCKET}'" in workflow
    assert f"vars.AWS_APPLY_ROLE || 'arn:aws:iam::{ACCOUNT}:role/image-apply-role'" in workflow


def test_nothing_is_applied_that_was_not_shown(project: Project) -> None:
    assert "there is no" in project.run("bootstrap").stderr
    refused = project.run("bootstrap", "--apply")
    assert refused.returncode != 0
    assert "there is no saved plan" in refused.stderr


def test_what_the_root_module_says_is_not_said_twice(planned: Project) -> None:
    refused = planned.run("bootstrap", *ARGS)
    assert refused.returncode == 2
    assert "main.tf is there already\nhint: edit it" in refused.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--repository", 'a/b"}'), "cannot be the repository"),
        (("--repository", "a@1/b"), "cannot be the repository"),
        (("--repository", "a/b", "--state-bucket", "${x}"), "cannot be the state bucket"),
        (("--repository", "a/b", "--oidc-provider-arn", "x"), "cannot be the oidc provider arn"),
        (("--repository", "a/b", "--region", "x"), "cannot be the region"),
        (("--state-bucket", "example"), "--repository is missing"),
    ],
)
def test_what_is_no_name_becomes_no_module(project: Project, args: tuple[str, ...], message: str) -> None:
    refused = project.run("bootstrap", *args)
    assert refused.returncode == 2
    assert message in refused.stderr
    assert not (project.folder / "bootstrap").exists()


def test_a_repository_without_ids_is_warned_of(project: Project) -> None:
    (project.folder / "terraform/main.tf").write_text("")
    said = project.run("bootstrap", "--repository", "example/images", "--region", "eu-west-1").stderr
    assert "signs in with ids" in said
