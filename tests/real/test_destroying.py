"""Repositories that a plan destroys: which images go, and which do not, with the real Terraform and an emulated ECR."""

from __future__ import annotations

import json

import pytest

from tests.real.conftest import Project
from tests.real.saved_plans import terraform_shows

IMAGES = {"quay.io/org/app": ["v1.0.0"], "quay.io/org/other": ["v1.0.0"]}


@pytest.fixture
def leaving(project: Project) -> Project:
    """One whose list no longer has a repository that is there, with an image."""
    project.serve(IMAGES)
    project.write(IMAGES)
    assert project.run("plan").returncode == 3
    assert project.run("apply").returncode == 0
    assert project.run("sync").returncode == 0
    project.write({"quay.io/org/app": ["v1.0.0"]})
    return project


def gone(project: Project) -> str:
    return f"{project.prefix}/quay/org/other"


def push(project: Project) -> str:
    """Push an image that mirrorgen knows nothing of; return its digest."""
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}
    pushed = project.client().put_image(
        repositoryName=gone(project), imageManifest=json.dumps(manifest), imageTag="late"
    )
    return str(pushed["image"]["imageId"]["imageDigest"])


def destroyed_digests(project: Project) -> list[str]:
    plan = project.run("plan", "--format", "json")
    assert plan.returncode == 3, plan.stdout + plan.stderr
    return list(json.loads(plan.stdout)["destroyed_digests"][gone(project)])


def test_exactly_the_images_that_the_plan_lists_go_with_their_repository(leaving: Project) -> None:
    pages = leaving.client().get_paginator("list_images").paginate(repositoryName=gone(leaving))
    held = {image["imageDigest"] for page in pages for image in page["imageIds"]}
    assert set(destroyed_digests(leaving)) == held
    late = push(leaving)
    assert late not in held

    refused = leaving.run("apply", "--allow-destroy")
    assert refused.returncode == 1
    assert f"{gone(leaving)} holds images that the plan does not list: {late}; they came after it" in refused.stderr
    assert set(leaving.held("quay/org/other")) == {"v1.0.0", "late"}

    assert late in destroyed_digests(leaving)
    told = leaving.run("apply", "--allow-destroy")
    assert told.returncode == 0, told.stderr
    assert told.stdout == f"Repositories destroyed:\n  {gone(leaving)}\n"
    assert leaving.run("plan").returncode == 0


def test_terraform_alone_destroys_no_repository_that_holds_images(leaving: Project) -> None:
    assert leaving.run("plan").returncode == 3
    actions = {change["index"]: change["change"]["actions"] for change in terraform_shows(leaving)["resource_changes"]}
    assert actions[gone(leaving)] == ["delete"]
    argv = ["terraform", f"-chdir={leaving.folder / 'terraform'}", "apply", "-input=false", ".mirrorgen/plan.tfplan"]
    alone = leaving.start(*argv)
    assert alone.returncode == 1
    assert "RepositoryNotEmptyException" in alone.stderr
    assert set(leaving.held("quay/org/other")) == {"v1.0.0"}


def test_with_prevent_destroy_no_plan_destroys_a_repository(leaving: Project) -> None:
    leaving.target = {"terraform": {"prevent_destroy": True}}
    leaving.write({"quay.io/org/app": ["v1.0.0"]})
    plan = leaving.run("plan")
    assert plan.returncode == 5
    assert "Instance cannot be destroyed" in plan.stderr
    assert leaving.run("apply", "--allow-destroy").returncode == 1
    assert set(leaving.held("quay/org/other")) == {"v1.0.0"}
