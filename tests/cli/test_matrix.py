"""`mirrorgen matrix`, and what `--shard` understands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import botocore.validate
import kubernetes_validate
import pytest
import yaml

from mirrorgen.commands.options import parse_shard
from mirrorgen.errors import UsageError
from tests.conftest import RunCli


def test_a_job_for_each_part_also_for_one_without_anything(run_cli: RunCli, in_folder: Path) -> None:
    entries = "".join(f'  - source: quay.io/org/app{i}\n    tags: ["v1.0.0", "v1.1.0"]\n' for i in range(20))
    (in_folder / "images.yaml").write_text("images:\n" + entries)
    jobs = json.loads(run_cli("matrix", "--shards", "4").stdout)["include"]
    assert [job["shard"] for job in jobs] == ["1/4", "2/4", "3/4", "4/4"]
    assert sum(job["repositories"] for job in jobs) == 20
    assert sum(job["tags"] for job in jobs) == 40
    jobs = json.loads(run_cli("matrix", "--shards", "100").stdout)["include"]
    assert [job["shard"] for job in jobs] == [f"{number}/100" for number in range(1, 101)]
    assert sum(job["repositories"] for job in jobs) == 20


def test_github_has_room_for_256_jobs(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text('images:\n  - source: nginx\n    tags: ["1.25"]\n')
    assert run_cli("matrix", "--shards", "256").exit_code == 0
    assert run_cli("matrix", "--shards", "257").exit_code == 2
    assert run_cli("matrix", "--shards", "257", "--for", "batch").exit_code == 0


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        (None, {}, (1, 1)),
        ("1/1", {}, (1, 1)),
        ("3/4", {}, (3, 4)),
        ("env/4", {"JOB_COMPLETION_INDEX": "0"}, (1, 4)),
        ("env/4", {"AWS_BATCH_JOB_ARRAY_INDEX": "3"}, (4, 4)),
    ],
)
def test_parts_count_from_1_and_job_indexes_from_0(
    text: str | None, variables: dict[str, str], expected: tuple[int, int]
) -> None:
    assert parse_shard(text, variables) == expected


@pytest.mark.parametrize(
    "text", ["", "1", "0/4", "5/4", "a/4", "1/0", "1/", "/4", "-1/4", "1/4/2", "1/1001", "env/4", "٣/4"]
)
def test_what_is_no_part(text: str) -> None:
    with pytest.raises(UsageError):
        parse_shard(text, {})


def test_a_job_index_outside_of_the_array() -> None:
    with pytest.raises(UsageError, match="there is no such part"):
        parse_shard("env/4", {"JOB_COMPLETION_INDEX": "4"})


LIST = """\
registries:
  docker.io:
    credentials: {username_env: DOCKER_USER, password_env: DOCKER_TOKEN}
images:
  - source: nginx
    tags: ["1.25"]
"""
IMAGE = f"registry.example.com:5000/platform/mirrorgen:1.2@sha256:{'0' * 64}"
LOCKED = Path(__file__).parents[1] / "cases/valid/locked"
KUBERNETES = ("matrix", "--shards", "4", "--for", "kubernetes")


@pytest.fixture
def for_kubernetes(run_cli: RunCli, in_folder: Path) -> Callable[..., dict[str, Any]]:
    """What is printed for Kubernetes, held against its schema."""

    def run(*options: str, text: str = LIST) -> dict[str, Any]:
        (in_folder / "images.yaml").write_text(text)
        shown = run_cli(*KUBERNETES, "--image", IMAGE, *options)
        assert shown.exit_code == 0, shown.stderr
        document: dict[str, Any] = yaml.safe_load(shown.stdout)
        kubernetes_validate.validate(document, "1.33", strict=True)
        return document

    return run


def job_of(document: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = document["spec"]
    return spec if document["kind"] == "Job" else dict(spec["jobTemplate"]["spec"])


each_form = pytest.mark.parametrize("options", [(), ("--schedule", "0 */6 * * *")], ids=["job", "cron-job"])


@each_form
def test_the_parts_are_those_of_an_indexed_job(
    options: tuple[str, ...], for_kubernetes: Callable[..., dict[str, Any]]
) -> None:
    job = job_of(for_kubernetes(*options))
    assert (job["completions"], job["parallelism"], job["completionMode"]) == (4, 4, "Indexed")
    (container,) = job["template"]["spec"]["containers"]
    assert container["image"] == IMAGE
    variables = {variable["name"]: variable for variable in container["env"]}
    field = variables["MIRRORGEN_RUN"]["valueFrom"]["fieldRef"]["fieldPath"]
    assert field == "metadata.labels['batch.kubernetes.io/controller-uid']"


@each_form
def test_it_runs_as_the_restricted_pod_security_standard_wants_it(
    options: tuple[str, ...], for_kubernetes: Callable[..., dict[str, Any]]
) -> None:
    pod = job_of(for_kubernetes(*options))["template"]["spec"]
    # https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 65532
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]
    assert {mount["name"] for mount in container["volumeMounts"] if not mount.get("readOnly")} == {"reports"}


def test_credentials_come_from_a_secret_and_only_those_that_the_list_names(
    for_kubernetes: Callable[..., dict[str, Any]],
) -> None:
    def secrets(document: dict[str, Any]) -> list[str]:
        (container,) = job_of(document)["template"]["spec"]["containers"]
        return [
            name
            for variable in container["env"]
            if "secretKeyRef" in variable.get("valueFrom", {})
            for name in [variable["name"]]
        ]

    assert secrets(for_kubernetes()) == ["DOCKER_TOKEN", "DOCKER_USER"]
    assert secrets(for_kubernetes(text='images:\n  - source: nginx\n    tags: ["1.25"]\n')) == []


def test_runs_by_a_schedule_never_overlap(for_kubernetes: Callable[..., dict[str, Any]]) -> None:
    document = for_kubernetes("--schedule", "15 2 * * 1-5")
    assert document["kind"] == "CronJob"
    spec = document["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("15 2 * * 1-5", "Etc/UTC", "Forbid")


def test_a_lock_is_checked_and_mounted_where_there_is_one(
    for_kubernetes: Callable[..., dict[str, Any]], in_folder: Path
) -> None:
    def files_and_script(document: dict[str, Any]) -> tuple[list[str], str]:
        (container,) = job_of(document)["template"]["spec"]["containers"]
        mounts = container["volumeMounts"]
        # What is mounted without a subPath is a link, and a lock that is a link is not read.
        assert all(mount["mountPath"] == f"/list/{mount['subPath']}" for mount in mounts if mount["name"] == "list")
        return [mount["subPath"] for mount in mounts if mount["name"] == "list"], container["args"][0]

    files, script = files_and_script(for_kubernetes("--schedule", "@daily"))
    assert files == ["images.yaml"]
    assert "lock --check" not in script
    shutil.copy(LOCKED / "images.lock.yaml", in_folder)
    files, script = files_and_script(for_kubernetes("--schedule", "@daily", text=(LOCKED / "images.yaml").read_text()))
    assert files == ["images.yaml", "images.lock.yaml"]
    assert "lock --check" in script


def test_the_role_is_explained_only_where_there_is_one(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(LIST)
    shown = run_cli(*KUBERNETES, "--image", IMAGE).stdout
    assert "create-pod-identity-association" in shown
    assert "eks.amazonaws.com/role-arn" in shown
    (in_folder / "images.yaml").write_text("target: {registry: harbor.example.com/mirror}\n" + LIST)
    shown = run_cli(*KUBERNETES, "--image", IMAGE).stdout
    assert "aws" not in shown


def test_without_an_image_none_is_made_up(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(LIST)
    refused = run_cli(*KUBERNETES)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "needs --image" in refused.stderr
    assert "make image" in refused.stderr


@pytest.mark.parametrize(
    "image", ["", "it's: #odd", "Registry/Team/app", "app:", "app@sha256:1", "a b", "app:1\n  x: y", "https://app"]
)
def test_what_is_no_image(run_cli: RunCli, in_folder: Path, image: str) -> None:
    (in_folder / "images.yaml").write_text(LIST)
    refused = run_cli(*KUBERNETES, "--image", image)
    assert (refused.exit_code, refused.stdout) == (2, "")


@pytest.mark.parametrize("schedule", ["", "daily", "* * * *", "* * * * * *", "0 0 * * *\n", "0 0 * * ' #"])
def test_what_is_no_schedule(run_cli: RunCli, in_folder: Path, schedule: str) -> None:
    (in_folder / "images.yaml").write_text(LIST)
    refused = run_cli(*KUBERNETES, "--image", IMAGE, "--schedule", schedule)
    assert (refused.exit_code, refused.stdout) == (2, "")


@pytest.mark.parametrize("kind", ["github", "batch"])
def test_only_kubernetes_has_a_schedule_here(run_cli: RunCli, in_folder: Path, kind: str) -> None:
    (in_folder / "images.yaml").write_text(LIST)
    refused = run_cli("matrix", "--shards", "4", "--for", kind, "--schedule", "@daily")
    assert (refused.exit_code, refused.stdout) == (2, "")


def test_a_list_whose_name_no_config_map_has(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "my list.yaml").write_text(LIST)
    refused = run_cli(*KUBERNETES, "--image", IMAGE, "my list.yaml")
    assert (refused.exit_code, refused.stdout) == (2, "")


def test_the_batch_job_is_an_array(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text('images:\n  - source: nginx\n    tags: ["1.25"]\n')
    job = json.loads(run_cli("matrix", "--shards", "4", "--for", "batch").stdout)
    shape = botocore.session.get_session().get_service_model("batch").operation_model("SubmitJob").input_shape
    assert shape
    report = botocore.validate.ParamValidator().validate(job, shape)
    assert not report.has_errors(), report.generate_report()
    assert job["arrayProperties"] == {"size": 4}
