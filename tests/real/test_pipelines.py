"""What GitLab and systemd run of the files that `init` writes, command by command, against the embedded ECR."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import Any

import boto3
import pytest
import yaml

from mirrorgen.origin import Source
from mirrorgen.starting.contents import pipeline_files
from mirrorgen.starting.setup import Provider, Setup
from tests.pipelines.test_gitlab import script_of
from tests.real.conftest import ACCOUNT, REGION, Project

APP = "quay.io/pipelines/app"
SOURCE = Source("https://git.example.com/platform/mirrorgen", "0123456789abcdef0123456789abcdef01234567")
OTHER_REGION = "ap-southeast-1"
BUCKET, SAID = "pipelines-state", "token-of-the-job"
KEYS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


@pytest.fixture
def listed(project: Project) -> Project:
    """A project with a list of two tags, in a git repository that has all but one commit of another."""
    project.serve({APP: ["v1.0.0", "v2.0.0"]})
    project.write({APP: ["v1.0.0"]})
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "images.yaml", "regsync.yaml", "terraform")
    git(project, "commit", "--quiet", "--message", "one")
    return project


def in_two_regions(project: Project) -> None:
    """Let the list have two targets in the place of the one, and another tag."""
    path = project.folder / "images.yaml"
    document = yaml.safe_load(path.read_text())
    first = document.pop("target")
    # The emulator has one registry for all regions.
    second = {**first, "region": OTHER_REGION, "prefix": f"{project.prefix}/ap"}
    document["targets"] = {"eu": first, "ap": second}
    document["images"][0]["tags"].append("v2.0.0")
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    assert project.run("render").returncode == 0


def git(project: Project, *args: str) -> str:
    argv = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", *args]
    return subprocess.run(argv, cwd=project.folder, check=True, capture_output=True, text=True).stdout


def mirrorgen(project: Project) -> str:
    return shlex.join(project.argv())


def gitlab(project: Project, job: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the script of a job, but for what installs programs on an empty machine."""
    pipeline: dict[str, Any] = yaml.safe_load(
        pipeline_files(Setup(ACCOUNT, REGION, None, provider=Provider.GITLAB, source=SOURCE))[".gitlab-ci.yml"]
    )
    script = [line for line in script_of(pipeline, job) if "releases.hashicorp.com" not in line]
    assert len(script_of(pipeline, job)) - len(script) == (job == "repositories")
    lines = [f'mirrorgen() {{ {mirrorgen(project)} "$@"; }}', *script]
    # Terraform's backend does not look for STS at the address of everything.
    where = {"AWS_ENDPOINT_URL_STS": project.ecr.endpoint, "AWS_STS_ENDPOINT": project.ecr.endpoint}
    env = {
        **project.env,
        **where,
        **pipeline["variables"],
        "CI_JOB_ID": "1",
        "CI_JOB_NAME": job,
        "TMPDIR": str(project.folder / "home"),
    }
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(lines)],
        cwd=project.folder,
        env={name: value for name, value in {**env, **variables}.items() if name not in KEYS},
        check=False,
        capture_output=True,
        text=True,
        timeout=400,
    )


def test_a_merge_request_is_checked_without_any_credential(listed: Project) -> None:
    passed = gitlab(listed, "check")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    (listed.folder / "regsync.yaml").write_text("version: 1\n")
    assert gitlab(listed, "check").returncode == 3


def test_a_scheduled_pipeline_of_gitlab_fills_ecr(listed: Project) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=listed.ecr.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="emulator",  # noqa: S106 - the emulator takes any
    )
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for _ in range(2):
        for job in ("repositories", "sync"):
            passed = gitlab(listed, job, **{"TF_STATE_BUCKET": BUCKET, "AWS_ID_TOKEN": SAID})
            assert passed.returncode == 0, passed.stdout + passed.stderr
            assert SAID not in passed.stdout + passed.stderr
        assert listed.held("quay/pipelines/app").keys() == {"v1.0.0"}
    assert {path.read_text() for path in (listed.folder / "home").glob("tmp.*")} == {SAID}
    assert [kept["Key"] for kept in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["mirrorgen/terraform.tfstate"]


def test_the_service_pulls_what_was_reviewed_and_fills_every_target(
    listed: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    origin = tmp_path_factory.mktemp("origin")
    git(listed, "clone", "--quiet", "--bare", ".", str(origin))
    git(listed, "remote", "add", "origin", str(origin))
    in_two_regions(listed)
    git(listed, "add", "--all", "images.yaml", "regsync*.yaml", "terraform")
    git(listed, "commit", "--quiet", "--message", "two")
    git(listed, "push", "--quiet", "origin", "main")
    git(listed, "reset", "--quiet", "--hard", "HEAD~1")

    unit = pipeline_files(Setup(runner=None, provider=Provider.CRON))["systemd/mirrorgen-sync.service"]
    said = ""
    for command in re.findall(r"^Exec\w+=(.*)$", unit, re.MULTILINE):
        argv = shlex.split(command.replace("/opt/mirrorgen/bin/mirrorgen", mirrorgen(listed)))
        run = subprocess.run(argv, cwd=listed.folder, env=listed.env, check=False, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
        said += run.stderr
    for region, folder in ((REGION, ""), (OTHER_REGION, "ap/")):
        assert listed.held(f"{folder}quay/pipelines/app", region=region).keys() == {"v1.0.0", "v2.0.0"}
    # The repositories of both are there before the first is filled.
    assert re.findall("^target (.*):$", said, re.MULTILINE) == ["eu", "ap", "eu", "ap"]


def test_the_service_stops_at_files_that_do_not_fit_the_list(listed: Project) -> None:
    unit = pipeline_files(Setup(runner=None, provider=Provider.CRON))["systemd/mirrorgen-sync.service"]
    before = re.findall(r"^ExecStartPre=/opt/mirrorgen/bin/mirrorgen (.*)$", unit, re.MULTILINE)
    (listed.folder / "regsync.yaml").write_text("version: 1\n")
    assert [listed.run(*shlex.split(command)).returncode for command in before] == [3]
