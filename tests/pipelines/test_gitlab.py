"""`.gitlab-ci.yml` as `init` writes it: what GitLab says of it, what its jobs may do, and that their shell is one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrorgen.origin import Source
from mirrorgen.starting.contents import pipeline_files
from mirrorgen.starting.setup import Provider, Setup

SOURCE = Source("https://git.example.com/platform/mirrorgen", "0123456789abcdef0123456789abcdef01234567")
SETUPS = {
    "open": Setup(runner=None, provider=Provider.GITLAB, source=SOURCE),
    "answered": Setup("012345670123", "eu-west-1", "123", "release/1.0", Provider.GITLAB, SOURCE),
}


@pytest.fixture(params=SETUPS)
def setup(request: pytest.FixtureRequest) -> Setup:
    return SETUPS[request.param]


@pytest.fixture
def pipeline(setup: Setup) -> dict[str, Any]:
    return dict(yaml.safe_load(pipeline_files(setup)[".gitlab-ci.yml"]))


def shell_of(pipeline: dict[str, Any], job: str) -> str:
    """What a runner makes of a job: one script, which ends at the first command that fails."""
    return "\n".join(["set -eo pipefail", *pipeline["default"]["before_script"], *pipeline[job]["script"], ""])


def test_it_fits_the_schema_that_gitlab_publishes(setup: Setup, tmp_path: Path) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text(pipeline_files(setup)[".gitlab-ci.yml"])
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", ".gitlab-ci.yml"]
    checked = subprocess.run(argv, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("job", ["check", "sync"])
def test_each_job_is_a_script_of_a_shell(job: str, pipeline: dict[str, Any]) -> None:
    parsed = subprocess.run(["bash", "-n"], input=shell_of(pipeline, job), check=False, capture_output=True, text=True)
    assert (parsed.returncode, parsed.stderr) == (0, "")


def test_only_the_job_that_signs_in_has_a_token_and_the_environment(pipeline: dict[str, Any]) -> None:
    jobs = {name: job for name, job in pipeline.items() if isinstance(job, dict) and "script" in job}
    assert {name for name, job in jobs.items() if "id_tokens" in job} == {"sync"}
    assert {name for name, job in jobs.items() if "environment" in job} == {"sync"}


def test_a_merge_request_runs_nothing_that_signs_in(pipeline: dict[str, Any], setup: Setup) -> None:
    assert [rule["if"] for rule in pipeline["sync"]["rules"]] == ["$CI_PIPELINE_SOURCE =~ /^(schedule|web)$/"]
    asked, deployed = (rule["if"] for rule in pipeline["workflow"]["rules"])
    assert asked == '$CI_PIPELINE_SOURCE == "merge_request_event"'
    assert deployed.startswith(f'$CI_COMMIT_REF_NAME == "{setup.branch}" && ')


def test_answers_stay_what_they_are(pipeline: dict[str, Any], setup: Setup) -> None:
    assert pipeline["variables"].get("AWS_ACCOUNT_ID") == setup.account_id
    assert pipeline["variables"]["AWS_REGION"] == (setup.region or "us-east-1")
    assert pipeline["default"].get("tags", [None]) == [setup.runner]


def test_two_runs_never_overlap_and_none_is_cut_off(pipeline: dict[str, Any]) -> None:
    assert pipeline["sync"]["resource_group"]
    assert pipeline["sync"]["interruptible"] is False


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_ACCOUNT_ID", ""),
        ("AWS_ACCOUNT_ID", "123456789012\n"),
        ("AWS_REGION", 'eu-west-1"'),
        ("AWS_REGION", ""),
        ("TF_STATE_BUCKET", 'x"\n}'),
        ("TF_STATE_BUCKET", ""),
    ],
)
def test_a_variable_that_is_not_of_its_form_ends_the_job(variable: str, value: str, pipeline: dict[str, Any]) -> None:
    good = {"AWS_ACCOUNT_ID": "123456789012", "AWS_REGION": "eu-west-1", "TF_STATE_BUCKET": "example-state"}
    bad = {**good, variable: value}
    first = pipeline["sync"]["script"][0]
    run = subprocess.run(["bash", "-eo", "pipefail", "-c", first], env=bad, check=False, capture_output=True)
    assert run.returncode == 1
    assert variable.encode() in run.stdout
    subprocess.run(["bash", "-eo", "pipefail", "-c", first], env=good, check=True)
