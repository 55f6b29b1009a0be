"""Credentials that are words of the programs' output: they are masked where it is quoted, and hide nothing."""

from __future__ import annotations

import pytest

from tests.real.conftest import Project

IMAGES = {"quay.io/org/app": ["latest"], "quay.io/org/other": ["latest"]}


@pytest.fixture
def private(project: Project) -> Project:
    """A list with credentials that nobody asks for: the upstreams are open."""
    project.serve(IMAGES)
    project.write(IMAGES)
    sign_in(project, project.ecr.address)
    project.variables = {"DOCKER_USER": "repository", "DOCKER_TOKEN": project.prefix}
    project.write(IMAGES)
    return project


def sign_in(project: Project, address: str) -> None:
    credentials = {"username_env": "DOCKER_USER", "password_env": "DOCKER_TOKEN"}
    project.registries = {
        "quay.io": {
            "hostname": address,
            "tls": "disabled",
            "path_prefix": "upstream/quay.io",
            "credentials": credentials,
        }
    }


def test_a_failed_copy_is_one_whatever_the_user_is_called(private: Project, closed_port: int) -> None:
    private.create_repositories()
    copied = private.run("sync")
    assert copied.returncode == 0, copied.stdout + copied.stderr

    sign_in(private, f"127.0.0.1:{closed_port}")
    private.write(IMAGES)
    stale = private.run("sync", "--retries", "0")
    assert stale.returncode == 5, stale.stdout
    assert f"{private.prefix}/quay/org/app:latest: " in stale.stdout
    assert "connection refused [unavailable]" in stale.stdout


def test_a_destroyed_repository_is_one_whatever_the_user_is_called(private: Project) -> None:
    plan = private.run("plan")
    assert plan.returncode == 3, plan.stdout + plan.stderr
    assert "Repositories: 2 to create. Tags: 2 to copy.\n" in plan.stdout
    assert private.run("apply").returncode == 0
    private.write({"quay.io/org/app": ["latest"]})

    gone = f"{private.prefix}/quay/org/other"
    plan = private.run("plan")
    assert plan.stdout.startswith("Repositories to DESTROY"), plan.stdout + plan.stderr
    assert f"  {gone} (images: 0)\n" in plan.stdout
    refused = private.run("apply")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"error: the plan destroys repositories with their images: {gone}\n")
