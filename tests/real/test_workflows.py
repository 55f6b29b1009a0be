"""The workflows that `init` writes: the shell of every step, in order, against the embedded ECR."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mirrorgen.origin import Source
from mirrorgen.starting.contents import pipeline_files
from mirrorgen.starting.setup import Setup
from tests.checkout import ROOT, tracked_files
from tests.real.conftest import ACCOUNT
from tests.real.example_mirror import APP, DOWN, OTHER, SETUP, THIRD, failed, headings, pull_request, push, schedule
from tests.real.github_jobs import GitHub
from tests.real.programs import program
from tests.test_workflows import SETUPS

ACTIONLINT = re.search(r"^ACTIONLINT := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
SYNC_ROLE = f"arn:aws:iam::{ACCOUNT}:role/image-sync-role"
MARK = "<!-- mirrorgen: image-sync -->\n"


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
    third = schedule(github)
    assert failed(third) == set(), third.log
    assert [issue["state"] for issue in github.issues] == ["open", "open", "closed"]
    (comment,) = github.comments
    assert (comment["issue"], comment["body"].startswith("[This run](https://github.com/")) == (3, True)


def test_a_list_in_parts(github: GitHub, closed_port: int) -> None:
    github.variables["MIRRORGEN_SHARDS"] = "2"
    # Rules without a lock have every job ask upstream.
    push(github, APP, DOWN, down=closed_port, tags={"semver": ["<2"]})
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


def test_only_a_run_that_is_asked_to_destroys_and_with_a_role_of_its_own(github: GitHub) -> None:
    roles = {name: f"arn:aws:iam::{ACCOUNT}:role/of-{name}" for name in ("apply", "sync", "destroy")}
    github.variables |= {f"AWS_{name.upper()}_ROLE": role for name, role in roles.items()}
    push(github, APP, OTHER)
    first = schedule(github)
    assert failed(first) == set(), first.log
    assert first.roles == [
        f"{job} {roles[role]}" for job, role in {"repositories": "apply", "status": "sync", "sync": "sync"}.items()
    ]
    push(github, APP)
    payload = {"repository": {"default_branch": "main"}, "inputs": {"destroy": "true"}}
    second = github.run("image-sync", "workflow_dispatch", payload)
    assert failed(second) == set(), second.log
    assert second.jobs["destroy"] == "success"
    assert f"destroy {roles['destroy']}" in second.roles
    assert "Apply" not in {step for step, result in second.steps["repositories"].items() if result == "success"}
    names = [each["repositoryName"] for each in github.project.client().describe_repositories()["repositories"]]
    assert not [name for name in names if name.startswith(f"{github.project.prefix}/") and "other" in name]


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
    # The programs are there already: they are built elsewhere.
    github.project.variables = {"PATH": github.project.tool_env["PATH"]}
    github.project.variables |= {f"GIT_CONFIG_{name}": value for name, value in redirected.items()}
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
    assert len(files) == 3
