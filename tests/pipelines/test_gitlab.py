"""`.gitlab-ci.yml` as `init` writes it: what GitLab says of it, what its jobs may do, and that their shell is one."""

from __future__ import annotations

import os
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


SIGNED_IN = ("repositories", "sync", "destroy")


@pytest.fixture(params=SETUPS)
def setup(request: pytest.FixtureRequest) -> Setup:
    return SETUPS[request.param]


@pytest.fixture
def pipeline(setup: Setup) -> dict[str, Any]:
    return dict(yaml.safe_load(pipeline_files(setup)[".gitlab-ci.yml"]))


def script_of(pipeline: dict[str, Any], job: str) -> list[str]:
    """The commands of a job; GitLab takes those of a list in a list as if they stood there themselves."""
    return [line for each in pipeline[job]["script"] for line in ([each] if isinstance(each, str) else each)]


def shell_of(pipeline: dict[str, Any], job: str) -> str:
    """What a runner makes of a job: one script, which ends at the first command that fails."""
    return "\n".join(["set -eo pipefail", *pipeline["default"]["before_script"], *script_of(pipeline, job), ""])


def test_it_fits_the_schema_that_gitlab_publishes(setup: Setup, tmp_path: Path) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text(pipeline_files(setup)[".gitlab-ci.yml"])
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", ".gitlab-ci.yml"]
    checked = subprocess.run(argv, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("job", ["check", *SIGNED_IN])
def test_each_job_is_a_script_of_a_shell(job: str, pipeline: dict[str, Any]) -> None:
    parsed = subprocess.run(["bash", "-n"], input=shell_of(pipeline, job), check=False, capture_output=True, text=True)
    assert (parsed.returncode, parsed.stderr) == (0, "")


def test_only_the_jobs_that_sign_in_have_a_token_and_each_an_environment_of_its_own(pipeline: dict[str, Any]) -> None:
    jobs = {name: job for name, job in pipeline.items() if isinstance(job, dict) and "script" in job}
    assert {name for name, job in jobs.items() if job.get("extends") == ".signed-in"} == set(SIGNED_IN)
    assert [name for name, said in pipeline.items() if isinstance(said, dict) and "id_tokens" in said] == [".signed-in"]
    environments = {name: job["environment"] for name, job in jobs.items() if "environment" in job}
    assert environments == {"repositories": "image-apply", "sync": "image-sync", "destroy": "image-destroy"}


@pytest.mark.parametrize(
    ("job", "variables", "role"),
    [
        ("repositories", {}, "image-sync-role"),
        ("repositories", {"AWS_SYNC_ROLE": "of-sync"}, "of-sync"),
        ("repositories", {"AWS_SYNC_ROLE": "of-sync", "AWS_APPLY_ROLE": "of-apply"}, "of-apply"),
        ("sync", {"AWS_APPLY_ROLE": "of-apply"}, "image-sync-role"),
        ("sync", {"AWS_SYNC_ROLE": "of-sync", "AWS_DESTROY_ROLE": "of-destroy"}, "of-sync"),
        ("destroy", {"AWS_SYNC_ROLE": "of-sync", "AWS_DESTROY_ROLE": "of-destroy"}, "of-destroy"),
    ],
)
def test_each_job_takes_its_own_role(
    job: str, variables: dict[str, str], role: str, pipeline: dict[str, Any], tmp_path: Path
) -> None:
    (sign_in,) = [line for line in script_of(pipeline, job) if "AWS_ROLE_ARN" in line]
    given = {"CI_JOB_NAME": job, "CI_JOB_ID": "1", "AWS_ACCOUNT_ID": "123456789012", "AWS_ID_TOKEN": "said"}
    argv = ["bash", "-euo", "pipefail", "-c", f'{sign_in}\necho "$AWS_ROLE_ARN"; cat "$AWS_WEB_IDENTITY_TOKEN_FILE"']
    env = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), **given, **variables}
    said = subprocess.run(argv, env=env, check=True, capture_output=True, text=True).stdout
    arn = f"arn:aws:iam::123456789012:role/{role}" if role == "image-sync-role" else role
    assert said == f"{arn}\nsaid"


def test_a_merge_request_runs_nothing_that_signs_in(pipeline: dict[str, Any], setup: Setup) -> None:
    for job in ("repositories", "sync"):
        assert [rule["if"] for rule in pipeline[job]["rules"]] == ["$CI_PIPELINE_SOURCE =~ /^(schedule|web)$/"]
    asked, deployed = (rule["if"] for rule in pipeline["workflow"]["rules"])
    assert asked == '$CI_PIPELINE_SOURCE == "merge_request_event"'
    assert deployed.startswith(f'$CI_COMMIT_REF_NAME == "{setup.branch}" && ')


def test_only_somebody_who_starts_that_job_has_repositories_destroyed(pipeline: dict[str, Any]) -> None:
    assert [job for job in SIGNED_IN if "--allow-destroy" in shell_of(pipeline, job)] == ["destroy"]
    (rule,) = pipeline["destroy"]["rules"]
    assert rule["if"] == '$AWS_DESTROY_ROLE && $CI_PIPELINE_SOURCE == "web"'
    assert rule["when"] == "manual"


def test_what_apply_refuses_keeps_no_image_from_its_copy(pipeline: dict[str, Any]) -> None:
    assert pipeline["sync"]["needs"] == ["repositories"]
    assert [rule["when"] for rule in pipeline["sync"]["rules"]] == ["always"]
    # Which goes for a list that has failed its check, too.
    commands = [line for line in script_of(pipeline, "sync") if line.startswith("mirrorgen")]
    assert commands[0] == "mirrorgen render --check"


def test_answers_stay_what_they_are(pipeline: dict[str, Any], setup: Setup) -> None:
    assert pipeline["variables"].get("AWS_ACCOUNT_ID") == setup.account_id
    assert pipeline["variables"]["AWS_REGION"] == (setup.region or "us-east-1")
    assert pipeline["default"].get("tags", [None]) == [setup.runner]


def test_two_runs_never_overlap_and_none_is_cut_off(pipeline: dict[str, Any]) -> None:
    assert pipeline[".signed-in"]["resource_group"]
    assert pipeline[".signed-in"]["interruptible"] is False


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
    assert len({script_of(pipeline, job)[0] for job in SIGNED_IN}) == 1
    first = script_of(pipeline, "sync")[0]
    run = subprocess.run(["bash", "-eo", "pipefail", "-c", first], env=bad, check=False, capture_output=True)
    assert run.returncode == 1
    assert variable.encode() in run.stdout
    subprocess.run(["bash", "-eo", "pipefail", "-c", first], env=good, check=True)
