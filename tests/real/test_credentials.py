"""Credentials, against a registry that asks for them: CNCF distribution with a password file."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.real.conftest import Project
from tests.real.distribution import PASSWORD, USER, Distribution, distribution


@pytest.fixture
def upstream(distribution_binary: Path, tmp_path: Path) -> Iterator[Distribution]:
    with distribution(tmp_path / "registry", distribution_binary) as running:
        yield running


@pytest.fixture
def private(project: Project, upstream: Distribution) -> Project:
    """A project with one image in a registry that asks for a password, and one in an open one."""
    project.serve({"quay.io/org/open": ["v1.0.0"]})
    upstream.take(project, f"{project.ecr.address}/upstream/quay.io/org/open:v1.0.0", "org/private:v1.0.0")
    project.registries = {
        upstream.host: {"tls": "disabled", "credentials": {"username_env": "P_USER", "password_env": "P_PASSWORD"}}
    }
    project.write({f"{upstream.host}/org/private": ["v1.0.0"], "quay.io/org/open": ["v1.0.0"]})
    project.create_repositories()
    return project


def test_the_right_password_lets_images_through(private: Project) -> None:
    private.variables = {"P_USER": USER, "P_PASSWORD": PASSWORD}
    result = private.run("sync")
    assert result.returncode == 0, result.stdout
    assert "All 2 tags of the list are in ECR." in result.stdout


def test_a_wrong_password_fails_its_images_alone_and_is_shown_nowhere(private: Project) -> None:
    wrong = 'a-wrong/pass"word+%nobody <may> see'
    private.variables = {"P_USER": USER, "P_PASSWORD": wrong}
    result = private.run("--debug", "sync", "--report", "report.json")
    assert result.returncode == 5
    assert "org/private:v1.0.0: " in result.stdout
    assert "unauthorized" in result.stdout
    assert list(private.held("quay/org/open")) == ["v1.0.0"]

    header = base64.b64encode(f"{USER}:{wrong}".encode()).decode()
    written = [result.stdout + result.stderr]
    written += [path.read_text(errors="replace") for path in private.folder.rglob("*") if path.is_file()]
    for spelling in (wrong, json.dumps(wrong)[1:-1], quote(wrong), quote(wrong, safe=""), header):
        assert not [text for text in written if spelling in text]


def test_tags_signs_in_and_shows_the_password_nowhere(private: Project) -> None:
    private.variables = {"P_USER": USER, "P_PASSWORD": PASSWORD}
    result = private.run("--debug", "tags", "--format", "json")
    assert result.returncode == 0, result.stderr
    assert [selected["tag"] for selected in json.loads(result.stdout)["tags"]] == ["v1.0.0", "v1.0.0"]
    assert PASSWORD not in result.stdout + result.stderr
    assert not [path for path in private.folder.glob("home/**/*") if path.is_file()]


def test_tags_with_a_wrong_password_fails_that_registry_alone(private: Project) -> None:
    wrong = "a-wrong-password-nobody-may-see"
    private.variables = {"P_USER": USER, "P_PASSWORD": wrong}
    result = private.run("tags")
    assert result.returncode == 5
    assert "quay.io/org/open" in result.stdout
    assert re.search(r"^Could not be asked:\n  \S+/org/private: .* \[unauthorized\]$", result.stdout, re.MULTILINE)
    assert wrong not in result.stdout + result.stderr


def test_without_its_variables_nothing_is_asked(private: Project) -> None:
    result = private.run("tags")
    assert result.returncode == 2
    assert "not set in the environment: P_USER (credentials of 127.0.0.1:" in result.stderr


def test_a_lock_costs_no_pull(private: Project, upstream: Distribution) -> None:
    """Beside being asked to sign in: a list and a HEAD request."""
    private.variables = {"P_USER": USER, "P_PASSWORD": PASSWORD}
    before = len(upstream.requests())
    assert private.run("lock").returncode == 0
    assert upstream.requests()[before:] == [
        ("GET", "/v2/org/private/tags/list"),
        ("HEAD", "/v2/org/private/manifests/v1.0.0"),
    ]
