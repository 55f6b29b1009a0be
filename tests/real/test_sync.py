"""sync with the real regsync: what could be copied is there, and what could not is named with its reason."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorgen.demo import upstreams
from tests.real.conftest import ACCOUNT, REGION, Project


def test_copies_every_tag_and_then_has_nothing_to_do(project: Project) -> None:
    images = {"quay.io/org/app": ["v1.0.0", "latest"], "docker.io/library/nginx": ["1.25"]}
    digests = project.serve(images)
    project.write(images)
    project.create_repositories()

    first = project.run("sync")
    assert first.returncode == 0, first.stderr
    assert first.stdout == "Tags copied: 3, up to date: 0, failed: 0. All 3 tags of the list are in ECR.\n"
    assert project.held("quay/org/app") == {
        "v1.0.0": digests["quay.io/org/app", "v1.0.0"],
        "latest": digests["quay.io/org/app", "latest"],
    }

    second = project.run("sync")
    assert second.returncode == 0
    assert second.stdout == "Tags copied: 0, up to date: 3, failed: 0. All 3 tags of the list are in ECR.\n"


def test_a_tag_that_upstream_does_not_have_is_missing_and_the_rest_is_copied(project: Project) -> None:
    project.serve({"quay.io/org/app": ["v1.0.0"]})
    project.write({"quay.io/org/app": ["v1.0.0", "v9.9.9"]})
    project.create_repositories()

    result = project.run("sync")
    assert result.returncode == 5
    assert f"{project.prefix}/quay/org/app:v9.9.9: upstream has no such tag" in result.stdout
    assert "Tags copied: 1, up to date: 0, failed: 1." in result.stdout
    assert list(project.held("quay/org/app")) == ["v1.0.0"]


def test_a_repository_that_upstream_does_not_have_fails_with_the_reason_of_the_registry(project: Project) -> None:
    project.serve({"quay.io/org/app": ["v1.0.0"]})
    # The upstreams of other tests are there, too: this name is in none.
    project.write({"quay.io/org/app": ["v1.0.0"], "quay.io/org/never-served": ["v1.0.0"]})
    project.create_repositories()

    result = project.run("sync")
    assert result.returncode == 5
    assert f"{project.prefix}/quay/org/never-served:v1.0.0: failed to list tags" in result.stdout
    assert "not found" in result.stdout
    assert list(project.held("quay/org/app")) == ["v1.0.0"]


def test_a_registry_that_is_down_does_not_stop_the_others(project: Project, closed_port: int) -> None:
    project.serve({"quay.io/org/app": ["v1.0.0"]})
    project.registries = {"gcr.io": {"hostname": f"127.0.0.1:{closed_port}", "tls": "disabled"}}
    project.write({"quay.io/org/app": ["v1.0.0"], "gcr.io/org/down": ["v1.0.0"]})
    project.create_repositories()

    result = project.run("sync", "--retries", "0")
    assert result.returncode == 5
    assert f"{project.prefix}/gcr/org/down:v1.0.0: " in result.stdout
    assert "connection refused" in result.stdout
    assert list(project.held("quay/org/app")) == ["v1.0.0"]


def test_a_changed_tag_in_an_immutable_repository_is_refused_and_named(project: Project) -> None:
    old = project.serve({"quay.io/org/app": ["v1.0.0"], "quay.io/org/other": ["v1.0.0"]})
    project.write({"quay.io/org/app": ["v1.0.0"]})
    project.create_repositories(immutable=True)
    assert project.run("sync").returncode == 0

    # Somebody pushes another image under the same tag.
    upstreams.populate(project.ecr, {"quay.io/org/app": ["v1.0.0"]}, platforms=["linux/amd64"])
    result = project.run("sync", "--full")
    assert result.returncode == 5
    assert f"{project.prefix}/quay/org/app:v1.0.0: " in result.stdout
    assert "immutable" in result.stdout
    assert project.held("quay/org/app") == {"v1.0.0": old["quay.io/org/app", "v1.0.0"]}


def test_before_apply_every_tag_is_missing_with_a_hint(project: Project) -> None:
    project.serve({"quay.io/org/app": ["v1.0.0"]})
    project.write({"quay.io/org/app": ["v1.0.0"]})

    result = project.run("sync")
    assert result.returncode == 5
    assert f"{project.prefix}/quay/org/app:v1.0.0" in result.stdout
    assert "mirrorgen apply" in result.stdout


def test_the_owner_of_a_failed_image_is_named(project: Project) -> None:
    project.serve({"quay.io/org/app": ["v1.0.0"]})
    project.write({"quay.io/org/app": ["v9.9.9"]}, settings={"owner": "team-web"})
    project.create_repositories()
    assert "(owner: team-web)" in project.run("sync").stdout


def test_credentials_that_are_not_set_are_named_before_anything_runs(project: Project) -> None:
    project.registries = {"quay.io": {"credentials": {"username_env": "Q_USER", "password_env": "Q_TOKEN"}}}
    project.write({"quay.io/org/app": ["v1.0.0"]})

    result = project.run("sync")
    assert result.returncode == 2
    assert "Q_USER (credentials of quay.io), Q_TOKEN (credentials of quay.io)" in result.stderr


def test_regsync_missing(project: Project) -> None:
    project.write({"quay.io/org/app": ["v1.0.0"]})
    project.variables = {"MIRRORGEN_CACHE_DIR": str(project.folder / "cache"), "PATH": "/usr/bin:/bin"}

    result = project.run("sync")
    assert result.returncode == 4
    assert "regsync: not found" in result.stderr
    assert "mirrorgen tools install regsync" in result.stderr


def test_regsync_too_old(project: Project, fake_tool: Callable[[str, str], Path]) -> None:
    project.write({"quay.io/org/app": ["v1.0.0"]})
    old = fake_tool("regsync", "echo v0.4.1")

    result = project.run("sync", "--regsync-bin", str(old))
    assert result.returncode == 4
    assert f"{old} is version 0.4.1; 0.11.1 or later is needed" in result.stderr


def test_regsync_broken(project: Project, fake_tool: Callable[[str, str], Path]) -> None:
    project.write({"quay.io/org/app": ["v1.0.0"]})
    broken = fake_tool("regsync", "exit 127")

    result = project.run("sync", "--regsync-bin", str(broken))
    assert result.returncode == 4
    assert f"{broken} does not work" in result.stderr


def test_no_aws_credentials(project: Project) -> None:
    project.write({"quay.io/org/app": ["v1.0.0"]})
    project.variables = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}

    result = project.run("sync")
    assert result.returncode == 2
    assert "no AWS credentials" in result.stderr


OTHER_ACCOUNT = "210987654321"


@pytest.mark.parametrize("command", [["sync"], ["sync", "--dry-run"], ["plan"], ["status"], ["prune", "--plan", "p"]])
def test_credentials_of_another_account_than_the_variable_names_stop_every_command(
    command: list[str], project: Project
) -> None:
    project.serve({"quay.io/org/app": ["v1.0.0"]})
    project.write({"quay.io/org/app": ["v1.0.0"]})
    project.create_repositories()
    path = project.folder / "images.yaml"
    path.write_text(path.read_text().replace(f"  account_id: '{ACCOUNT}'\n", ""))
    assert project.run("render").returncode == 0
    project.variables = {"AWS_ACCOUNT_ID": OTHER_ACCOUNT}

    result = project.run(*command)
    assert (result.returncode, result.stdout) == (2, "")
    assert (
        f"AWS_ACCOUNT_ID is {OTHER_ACCOUNT}, but the AWS credentials belong to the account {ACCOUNT}" in result.stderr
    )
    assert project.held("quay/org/app") == {}


def test_credentials_of_another_account_than_the_list_names_stop_a_run(project: Project) -> None:
    project.write({"quay.io/org/app": ["v1.0.0"]})
    path = project.folder / "images.yaml"
    path.write_text(path.read_text().replace(ACCOUNT, OTHER_ACCOUNT))
    assert project.run("render").returncode == 0

    result = project.run("sync")
    assert result.returncode == 2
    assert f"target.account_id of the list is {OTHER_ACCOUNT}, but the AWS credentials belong to" in result.stderr


def test_a_terminal_gets_a_progress_bar_and_a_log_gets_lines(project: Project) -> None:
    images = {"quay.io/org/app": ["v1.0.0", "v1.1.0"]}
    project.serve(images)
    project.write(images)
    project.create_repositories()

    lines = project.run("sync")
    target = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{project.prefix}/quay/org/app"
    assert f"copying quay.io/org/app:v1.0.0 to {target}:v1.0.0\n" in lines.stderr
    assert "2/2" in on_a_terminal(project, "sync", "--full")


def on_a_terminal(project: Project, *args: str) -> str:
    """Run mirrorgen with standard error on a terminal; return what it showed there."""
    ours, theirs = pty.openpty()
    try:
        argv = project.argv(*args)
        env = {**project.env, "TERM": "xterm"}
        process = subprocess.Popen(argv, cwd=project.folder, env=env, stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how the end of a terminal reads on Linux
            while chunk := os.read(ours, 4096):
                shown += chunk
        assert process.wait(60) == 0
        return shown.decode()
    finally:
        os.close(ours)
