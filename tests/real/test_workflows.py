"""The workflows that `init` writes: the shell of every step, in order, against the embedded ECR."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrorgen.demo import upstreams
from mirrorgen.origin import Source
from mirrorgen.starting.contents import pipeline_files
from mirrorgen.starting.setup import Setup
from tests.checkout import ROOT, tracked_files
from tests.real.conftest import ACCOUNT, REGION, Project, program
from tests.real.github_jobs import ACT, SLUG, GitHub, Run
from tests.test_workflows import ON_GITHUB, SETUPS

ACTIONLINT = re.search(r"^ACTIONLINT := (\S+)$", (Path(__file__).parents[2] / "Makefile").read_text(), re.MULTILINE)

SETUP = Setup(account_id=ACCOUNT, region=REGION, source=ON_GITHUB)
SYNC_ROLE = f"arn:aws:iam::{ACCOUNT}:role/image-sync-role"
PLAN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/image-plan-role"

APP, OTHER, THIRD = (f"quay.io/workflows/{name}" for name in ("app", "other", "third"))
DOWN = "gcr.io/workflows/down"
OWNERS = {APP: "team-app", OTHER: "team-other", DOWN: "team-down"}
MARK = "<!-- mirrorgen: image-sync -->\n"


@pytest.fixture(scope="session")
def act(base_env: dict[str, str]) -> Path:
    return program("act", ACT, base_env)


@pytest.fixture
def github(project: Project, act: Path, tmp_path_factory: pytest.TempPathFactory) -> GitHub:
    bucket = f"state-{project.prefix[-50:]}"
    project.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    variables = {"TF_STATE_BUCKET": bucket, "AWS_PLAN_ROLE": PLAN_ROLE}
    project.serve({source: ["v1.0.0", "v2.0.0"] for source in (APP, OTHER, THIRD)})
    return GitHub(project, act, tmp_path_factory.mktemp("github"), variables)


def push(github: GitHub, *sources: str, down: int | None = None, **more: Any) -> None:
    """Commit a list of sources; a port is where the registry of `DOWN` does not listen."""
    project = github.project
    project.registries = {"gcr.io": {"hostname": f"127.0.0.1:{down}", "tls": "disabled"}} if down else {}
    project.write({key: ["v1.0.0"] for key in sources})
    path = project.folder / "images.yaml"
    document = yaml.safe_load(path.read_text())
    for image in document["images"]:
        image |= {"owner": OWNERS.get(image["source"], "team-x"), **more}
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    assert project.run("render").returncode == 0
    github.push(pipeline_files(SETUP))


def schedule(github: GitHub) -> Run:
    return github.run("image-sync", "schedule")


def pull_request(github: GitHub, *, of: str = SLUG) -> Run:
    """Let somebody open a pull request, from a branch of this repository or of a fork."""
    head = {"repo": {"full_name": of}, "sha": "1" * 40}
    return github.run("image-check", "pull_request", {"pull_request": {"number": 1, "head": head}})


def failed(run: Run) -> set[str]:
    return {job for job, result in run.jobs.items() if result != "success"}


def headings(text: str) -> list[str]:
    return re.findall("^### (.*)$", text, re.MULTILINE)


# Scheduled runs


def test_one_issue_for_as_long_as_runs_fail(github: GitHub, closed_port: int) -> None:
    project = github.project
    # Neither is ours, whatever it says.
    github.add(title="of somebody", body=MARK)
    github.add(title="a pull request", body=MARK, user={"login": "github-actions[bot]"}, pull_request={})

    push(github, APP, OTHER, DOWN, down=closed_port)
    first = schedule(github)
    assert failed(first) == {"sync", "status"}
    assert first.steps["repositories"]["Apply"] == "success"
    assert "not everything could be checked" in first.annotations
    # What is not down is there.
    assert list(project.held("quay/workflows/app")) == list(project.held("quay/workflows/other")) == ["v1.0.0"]
    issue = github.issues[2]
    assert (issue["title"], issue["state"]) == ("Not all container images are mirrored", "open")
    assert issue["body"].startswith(MARK)
    assert "| Plan and apply | success |\n| Sync | failure |\n" in issue["body"]
    assert headings(issue["body"]) == ["team-down"]
    assert re.search(r"^- `\S+/gcr/workflows/down:v1.0.0 .*\[unavailable\]`$", issue["body"], re.MULTILINE)

    # An entry leaves the list, and apply does not destroy what it had: moving tags are brought up to date all the same.
    push(github, APP, THIRD)
    second = schedule(github)
    assert failed(second) == {"repositories", "sync", "status"}
    assert "the plan destroys repositories with their images" in second.log
    body = github.issues[2]["body"]
    assert "| Plan and apply | failure |\n" in body
    assert headings(body) == ["Did not come to its end", "team-x"]
    assert [issue["state"] for issue in github.issues] == ["open"] * 3
    assert github.comments == []

    push(github, APP, OTHER, THIRD, DOWN)
    project.serve({DOWN: ["v1.0.0"]})
    third = schedule(github)
    assert failed(third) == set(), third.log
    assert [issue["state"] for issue in github.issues] == ["open", "open", "closed"]
    (comment,) = github.comments
    assert (comment["issue"], comment["body"].startswith("[This run](https://github.com/")) == (3, True)


def test_a_list_in_parts(github: GitHub, closed_port: int) -> None:
    github.variables["MIRRORGEN_SHARDS"] = "2"
    push(github, APP, DOWN, down=closed_port)
    run = schedule(github)
    assert failed(run) & {"sync 1/2", "sync 2/2"} in ({"sync 1/2"}, {"sync 2/2"})
    assert run.roles == [f"{job} {SYNC_ROLE}" for job in ("repositories", "status", "sync", "sync")]
    assert list(github.project.held("quay/workflows/app")) == ["v1.0.0"]

    kept = {path.relative_to(run.artifacts).as_posix() for path in run.artifacts.rglob("*.*")}
    parts = {f"report-sync-{part}/sync-{part}.json" for part in (1, 2)}
    assert kept == {"report-apply/apply.json", *parts, "failures/failures.md", "mirror/sync.json", "mirror/status.html"}
    joined = json.loads((run.artifacts / "mirror/sync.json").read_text())
    assert (joined["part"], joined["exit_code"]) == ("1/1", 5)
    assert [failure["owner"] for failure in joined["result"]["failures"]] == ["team-down"]
    assert "<html" in (run.artifacts / "mirror/status.html").read_text()
    assert headings(github.issues[0]["body"]) == ["team-down"]
    assert "## mirrorgen plan" in run.summaries
    assert "## mirrorgen status" in run.summaries


def test_a_list_with_errors_stops_at_once_and_is_said_in_the_issue(github: GitHub) -> None:
    push(github, APP)
    (github.project.folder / "images.yaml").write_text("images: [{source: quay.io/workflows/app, tags: [1.10]}]\n")
    github.push({})
    run = schedule(github)
    assert run.jobs == {"check": "failure", "issue": "success"}
    assert run.roles == []
    assert "::error file=images.yaml,line=1" in run.log + run.annotations
    assert "| Check the list | failure |\n| Plan and apply | skipped |\n" in github.issues[0]["body"]


def test_another_branch_than_the_default_one_is_left_alone(github: GitHub) -> None:
    push(github, APP)
    run = github.run("image-sync", "workflow_dispatch", {"repository": {"default_branch": "trunk"}})
    assert (run.jobs, run.roles, github.issues) == ({}, [], [])


# Pull requests


def test_one_comment_says_what_each_push_would_do(github: GitHub) -> None:
    github.add(title="the pull request", pull_request={})
    push(github, APP)
    first = pull_request(github)
    assert first.jobs == {"check": "success", "plan": "success", "comment": "success"}, first.log
    assert first.roles == [f"plan {PLAN_ROLE}"]
    (comment,) = github.comments
    assert "Repositories: 1 to create. Tags: 1 to copy." in comment["body"]
    assert f"Planned for {'1' * 40} in [this run](https://github.com/" in comment["body"]

    push(github, APP, OTHER)
    pull_request(github)
    (updated,) = github.comments
    assert updated["id"] == comment["id"]
    assert "Repositories: 2 to create. Tags: 2 to copy." in updated["body"]

    # Nothing has been made, and Terraform's state has neither been written nor locked.
    assert "Contents" not in github.project.client("s3").list_objects_v2(Bucket=github.variables["TF_STATE_BUCKET"])
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


# Installing


def test_this_repository_installs_itself_from_its_checkout(github: GitHub) -> None:
    for name in tracked_files():
        (github.project.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, github.project.folder / name)
    github.push({})
    run = github.run("image-sync", "schedule", only="check")
    assert run.jobs == {"check": "success"}, run.log


def test_mirrorgen_is_installed_from_any_git_repository(
    github: GitHub, tmp_path_factory: pytest.TempPathFactory
) -> None:
    upstream = tmp_path_factory.mktemp("upstream")
    for name in tracked_files():
        (upstream / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, upstream / name)
    git = ["git", "-C", str(upstream), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for args in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "All of it"]):
        subprocess.run([*git, *args], env=github.project.env, check=True)
    said = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    source = Source("https://git.example.com/platform/mirrorgen", said.stdout.strip())
    redirected = {"COUNT": "1", "KEY_0": f"url.file://{upstream}.insteadOf", "VALUE_0": source.url}
    github.project.variables = {f"GIT_CONFIG_{name}": value for name, value in redirected.items()}
    push(github, APP)
    github.push(pipeline_files(replace(SETUP, source=source)))
    run = pull_request(github, of="somebody/mirror")
    assert run.jobs == {"check": "success"}, run.log


# What is written


@pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS)
def test_no_linter_objects(setup: Setup, tmp_path: Path, base_env: dict[str, str]) -> None:
    assert ACTIONLINT
    for name, text in pipeline_files(setup).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    files = sorted((tmp_path / ".github/workflows").glob("image-*.yaml"))
    own = Path(sys.executable).parent
    linters: list[list[str | Path]] = [
        [program("actionlint", ACTIONLINT[1], base_env), *files],
        [own / "zizmor", "--offline", "--quiet", "--persona", "pedantic", tmp_path],
        [own / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files],
    ]
    for argv in linters:
        said = subprocess.run(argv, env=base_env, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr
    assert len(files) == 2
