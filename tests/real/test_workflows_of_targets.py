"""The same workflows where the list has several targets: each has jobs of its own, and all are read of in one place."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import yaml

from mirrorgen.starting.account import Account, write_account
from mirrorgen.starting.contents import pipeline_files
from tests.real.conftest import ACCOUNT, REGION
from tests.real.example_mirror import APP, DOWN, SETUP, failed, headings, pull_request, schedule
from tests.real.github_jobs import GitHub

OTHER_REGION = "ap-southeast-1"
NAMES = ("plan", "apply", "sync", "destroy")
ROLES = {name: f"arn:aws:iam::{ACCOUNT}:role/of-its-own-{name}" for name in NAMES}


@pytest.fixture
def several(github: GitHub, closed_port: int) -> GitHub:
    """A repository that was started for one target, with a list of two; one of its upstreams is down."""
    project = github.project
    project.registries = {"gcr.io": {"hostname": f"127.0.0.1:{closed_port}", "tls": "disabled"}}
    project.serve({APP: ["v1.0.0"]})
    here: dict[str, Any] = {"account_id": ACCOUNT, "endpoint": project.ecr.endpoint}
    document = {
        "targets": {
            "eu": {**here, "region": REGION, "prefix": f"{project.prefix}/eu"},
            "ap": {**here, "region": OTHER_REGION, "prefix": f"{project.prefix}/ap"},
        },
        "registries": {**project.stand_ins([APP]), **project.registries},
        "images": [
            {"source": APP, "tags": ["v1.0.0"], "owner": "team-app"},
            {"source": DOWN, "tags": ["v1.0.0"], "owner": "team-down"},
        ],
    }
    (project.folder / "images.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    # What a bootstrap of its own has made in the account of both.
    bucket = github.variables.pop("TF_STATE_BUCKET")
    account = Account(ACCOUNT, REGION, bucket, ROLES, {name: f"image-{name}" for name in NAMES})
    (project.folder / "bootstrap").mkdir()
    (project.folder / f"bootstrap/{ACCOUNT}.json").write_text(write_account(account))
    assert project.run("render").returncode == 0
    elsewhere = replace(SETUP, account=replace(account, account_id="1" * 12, state_bucket="of-another", roles={}))
    github.push(pipeline_files(elsewhere))
    return github


def test_each_target_is_planned_filled_and_looked_at_and_one_issue_has_what_failed(several: GitHub) -> None:
    github, project = several, several.project
    run = schedule(github)
    assert failed(run) == {"sync eu", "others ap", "status eu", "status ap"}, run.log
    assert set(list(run.jobs)[1:3]) == {"repositories eu", "repositories ap"}
    assert list(run.jobs)[3:5] == ["sync eu", "others ap"]
    assert set(list(run.jobs)[5:7]) == {"status eu", "status ap"}
    used = {"repositories": "apply", "sync": "sync", "others": "sync", "status": "sync"}
    assert {tuple(line.split(" ")) for line in run.roles} == {(job, ROLES[role]) for job, role in used.items()}
    # The second is filled from the first, and nothing of it is overwritten by the job of the first.
    for region, target in ((REGION, "eu"), (OTHER_REGION, "ap")):
        assert list(project.held(f"{target}/quay/workflows/app", region=region)) == ["v1.0.0"]
    kept = {path.relative_to(run.artifacts).as_posix() for path in run.artifacts.rglob("*.*") if path.is_file()}
    assert kept == {"failures/failures.md"} | {
        f"{target}.{name}"
        for target in ("eu", "ap")
        for name in (
            f"report-apply/{target}.apply.json",
            f"report-sync-1/{target}.sync-1.json",
            "mirror/sync.json",
            "mirror/status.html",
        )
    }
    (issue,) = github.issues
    assert "| Sync | failure |\n| Sync of the other targets | failure |\n" in issue["body"]
    assert headings(issue["body"]) == ["team-down"]
    lines = re.findall(r"^- `(\S+):v1.0.0 \(from \S+, to (\w+)\)", issue["body"], re.MULTILINE)
    assert lines == [(f"{project.prefix}/{target}/gcr/workflows/down", target) for target in ("ap", "eu")]
    for target in ("eu", "ap"):
        assert f"## mirrorgen status --target {target}" in run.summaries
    keys = project.client("s3").list_objects_v2(Bucket=f"state-{project.prefix[-50:]}")["Contents"]
    assert {each["Key"] for each in keys} == {"mirrorgen/eu.tfstate", "mirrorgen/ap.tfstate"}


def test_one_comment_has_the_plan_of_each_target(several: GitHub) -> None:
    github = several
    github.add(title="the pull request", pull_request={})
    run = pull_request(github)
    # The upstream that is down.
    assert failed(run) == {"check", "plan eu"}, run.log
    assert run.roles == [f"plan {ROLES['plan']}"] * 2
    (comment,) = github.comments
    body = comment["body"]
    assert "Images: 2 added" in body
    parts = re.split(r"^## What apply and sync will do then \((\w+)\)$", body, flags=re.MULTILINE)
    assert parts[1::2] == ["eu", "ap"]
    for target, plan in zip(parts[1::2], parts[2::2], strict=True):
        assert "Repositories: 2 to create." in plan
        assert f"/{target}/quay/workflows/app" in plan
