"""The workflow for pull requests that `init` writes: the shell of every step, in order, against the embedded ECR."""

from __future__ import annotations

import re

import yaml

from mirrorgen.demo import upstreams
from tests.real.example_mirror import APP, OTHER, THIRD, failed, pull_request, push
from tests.real.github_jobs import GitHub


def test_one_comment_says_what_each_push_would_do(github: GitHub) -> None:
    github.add(title="the pull request", pull_request={})
    push(github, APP)
    first = pull_request(github)
    assert first.jobs == {"check": "success", "plan": "success", "comment": "success"}, first.log
    assert first.roles == [f"plan {github.variables['AWS_PLAN_ROLE']}"]
    (comment,) = github.comments
    assert "Repositories: 1 to create. Tags: 1 to copy." in comment["body"]
    assert "Images: 1 added" in comment["body"]
    assert "To copy: about 0 B; images whose size is not known: 1." in comment["body"]
    assert f"Planned for {'1' * 40} in [this run](https://github.com/" in comment["body"]

    push(github, APP, OTHER)
    pull_request(github)
    (updated,) = github.comments
    assert updated["id"] == comment["id"]
    assert "Repositories: 2 to create. Tags: 2 to copy." in updated["body"]

    # Nothing has been made, and Terraform's state has neither been written nor, what would be gone by now, locked.
    versions = github.project.client("s3").list_object_versions(Bucket=github.variables["TF_STATE_BUCKET"])
    assert not {"Versions", "DeleteMarkers"} & versions.keys()
    names = github.project.client().describe_repositories()["repositories"]
    assert not [name for name in names if name["repositoryName"].startswith(github.project.prefix)]


def test_a_plan_that_fails_does_not_leave_the_last_one_standing(github: GitHub) -> None:
    github.add(title="the pull request", pull_request={})
    github.add(title="another pull request", pull_request={})
    push(github, APP)
    (github.project.folder / "regsync.yaml").write_text("version: 1\n")
    github.push({})
    run = pull_request(github)
    assert failed(run) == {"check", "plan"}
    (comment,) = github.comments
    assert "There is no plan." in comment["body"]
    assert comment["body"].rstrip().endswith(": failure.")


def test_a_pull_request_from_a_fork_is_checked_without_any_right(github: GitHub) -> None:
    push(github, APP)
    run = pull_request(github, of="somebody/mirror")
    assert run.jobs == {"check": "success"}, run.log
    assert (run.roles, github.comments) == ([], [])
    assert "## Upstream" in run.summaries
    assert "## Lifecycle" in run.summaries
    assert "## mirrorgen diff" in run.summaries


def test_a_fork_of_a_list_with_credentials_is_not_compared_with_upstream(github: GitHub) -> None:
    push(github, APP)
    path = github.project.folder / "images.yaml"
    document = yaml.safe_load(path.read_text())
    names = {"username_env": "DOCKER_USER", "password_env": "DOCKER_TOKEN"}
    document["registries"]["docker.io"] = {"credentials": names}
    document["images"].append({"source": "docker.io/library/nginx", "tags": ["1.25"]})
    path.write_text(yaml.safe_dump(document))
    assert github.project.run("render").returncode == 0
    github.push({})
    run = pull_request(github, of="somebody/mirror")
    assert run.jobs == {"check": "success"}, run.log
    assert "::warning::upstream was not asked: the list names credentials" in run.annotations


def test_without_a_role_the_list_is_checked_all_the_same(github: GitHub) -> None:
    del github.variables["AWS_PLAN_ROLE"]
    push(github, APP)
    run = pull_request(github)
    assert (run.jobs, run.roles) == ({"check": "success"}, [])


def test_every_check_runs_whatever_the_others_say(github: GitHub) -> None:
    del github.variables["AWS_PLAN_ROLE"]
    push(github, APP)
    path = github.project.folder / "images.yaml"
    path.write_text(path.read_text() + f"- source: {OTHER}\n  tags: [v9.9.9]\n  expires: 2020-01-01\n")
    github.push({})
    run = pull_request(github)
    assert run.jobs == {"check": "failure"}
    line = path.read_text().count("\n")
    assert f"file=images.yaml,line={line}," in run.annotations
    checks = {"Point out problems of the list", "Compare the generated files", "Compare with upstream"}
    assert {name for name, result in run.steps["check"].items() if result == "failure"} == checks
    assert "v9.9.9" in run.summaries


def test_what_moves_upstream_is_a_warning(github: GitHub) -> None:
    del github.variables["AWS_PLAN_ROLE"]
    push(github, THIRD, tags=["latest"])
    github.project.serve({THIRD: ["latest"]})
    assert github.project.run("lock").returncode == 0
    assert github.project.run("render").returncode == 0
    github.push({})
    lock = github.project.folder / "images.lock.yaml"
    assert pull_request(github).annotations == ""
    old = re.search("sha256:[0-9a-f]{64}", lock.read_text())
    assert old
    moved = upstreams.populate(github.project.ecr, {THIRD: ["latest"]}, platforms=["linux/amd64"])
    assert moved[THIRD, "latest"] != old[0]
    run = pull_request(github)
    assert run.jobs == {"check": "success"}
    assert "::warning::upstream is not as the lock says" in run.annotations
    assert "Moving tags that have moved" in run.summaries
