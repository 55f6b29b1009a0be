"""`mirrorgen adopt`, with the real Terraform and an emulated ECR: what is there is taken over, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.real.conftest import Project
from tests.real.saved_plans import terraform_shows

KMS = {"encryptionType": "KMS"}
"""What a list asks for that says nothing else."""
IMAGES = {"quay.io/org/app": ["v1.0.0"], "quay.io/org/other": ["v1.0.0"]}


@pytest.fixture
def mirrored(project: Project) -> Project:
    """A list whose repositories and images are there, with a state of Terraform that knows them."""
    project.serve(IMAGES)
    project.write(IMAGES)
    assert project.run("run", "--yes").returncode == 0
    return project


def names(project: Project) -> list[str]:
    return [f"{project.prefix}/quay/org/{name}" for name in ("app", "other")]


def imports_file(project: Project) -> Path:
    return project.folder / "terraform/imports.tf"


def adopted(project: Project, *, code: int) -> dict[str, object]:
    result = project.run("adopt", "--format", "json")
    assert result.returncode == code, result.stdout + result.stderr
    return dict(json.loads(result.stdout))


def test_a_lost_state_is_brought_back(mirrored: Project) -> None:
    held = mirrored.held("quay/org/app")
    (mirrored.folder / "terraform/terraform.tfstate").unlink()
    plan = mirrored.run("plan")
    assert plan.returncode == 5
    assert "`mirrorgen adopt` takes them over" in plan.stdout

    document = adopted(mirrored, code=3)
    assert document["adopted"] == names(mirrored)
    assert document["settings"] == {}
    # Repositories, and the policy of each.
    assert sorted(each["id"] for each in document["imports"]) == sorted([*names(mirrored), *names(mirrored)])  # type: ignore[attr-defined]
    assert len(terraform_shows(mirrored)["resource_changes"]) == 4
    applied = mirrored.run("apply")
    assert applied.returncode == 0, applied.stderr
    assert "imported into Terraform's state" in applied.stdout
    assert not imports_file(mirrored).exists()

    again = mirrored.run("plan")
    assert (again.returncode, "Nothing to do" in again.stdout) == (0, True), again.stdout + again.stderr
    assert mirrored.held("quay/org/app") == held
    assert adopted(mirrored, code=0)["adopted"] == []


def test_each_setting_that_the_apply_will_change_is_shown(project: Project) -> None:
    project.serve(IMAGES)
    project.write(IMAGES)
    ecr = project.client()
    first, second = names(project)
    ecr.create_repository(repositoryName=first, imageTagMutability="MUTABLE", encryptionConfiguration=KMS)
    ecr.create_repository(repositoryName=second, encryptionConfiguration=KMS)
    rule = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 3}
    policy = {"rules": [{"rulePriority": 1, "selection": rule, "action": {"type": "expire"}}]}
    ecr.put_lifecycle_policy(repositoryName=first, lifecyclePolicyText=json.dumps(policy))

    shown = project.run("adopt")
    assert shown.returncode == 3, shown.stdout + shown.stderr
    rows = {tuple(line.split()[:2]) for line in shown.stdout.splitlines()}
    assert {(first, "tag"), (first, "lifecycle"), (second, "scan"), (second, "lifecycle")} <= rows
    assert "Repositories to adopt: 2, with other settings: 2." in shown.stdout
    assert project.run("apply").returncode == 0
    assert project.run("sync").returncode == 0
    status = project.run("status")
    assert status.returncode == 0, status.stdout + status.stderr


def test_what_would_be_replaced_is_refused_and_nothing_is_left_behind(project: Project) -> None:
    project.write(IMAGES)
    first, second = names(project)
    ecr = project.client()
    ecr.create_repository(repositoryName=first)
    ecr.create_repository(repositoryName=second, encryptionConfiguration=KMS)
    result = project.run("adopt")
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"would be replaced and their images lost: {first}, for encryption_configuration" in result.stderr
    assert not imports_file(project).exists()
    assert "there is no saved plan" in project.run("apply").stderr


def test_a_file_that_somebody_else_wrote_is_left_alone(project: Project) -> None:
    project.write(IMAGES)
    imports_file(project).write_text("# mine\n")
    result = project.run("adopt")
    assert result.returncode == 1
    assert "is there, and not from `mirrorgen adopt`" in result.stderr
    assert imports_file(project).read_text() == "# mine\n"
    assert project.run("plan").returncode in (3, 5)
    assert project.run("apply").returncode == 0
    assert imports_file(project).read_text() == "# mine\n"
