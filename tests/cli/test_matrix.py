"""`mirrorgen matrix`, and what `--shard` understands."""

from __future__ import annotations

import json
from pathlib import Path

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


def test_the_kubernetes_job_fits_the_schema_of_kubernetes(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text('images:\n  - source: nginx\n    tags: ["1.25"]\n')
    text = run_cli("matrix", "--shards", "4", "--for", "kubernetes", "--image", "it's: #odd").stdout
    job = yaml.safe_load(text)
    kubernetes_validate.validate(job, "1.33", strict=True)
    assert (job["spec"]["completions"], job["spec"]["completionMode"]) == (4, "Indexed")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "it's: #odd"
    assert container["args"][:3] == ["sync", "--shard", "env/4"]
    (variable,) = container["env"]
    assert variable["name"] == "MIRRORGEN_RUN"
    assert variable["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['batch.kubernetes.io/controller-uid']"


def test_the_batch_job_is_an_array(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text('images:\n  - source: nginx\n    tags: ["1.25"]\n')
    job = json.loads(run_cli("matrix", "--shards", "4", "--for", "batch").stdout)
    shape = botocore.session.get_session().get_service_model("batch").operation_model("SubmitJob").input_shape
    assert shape
    report = botocore.validate.ParamValidator().validate(job, shape)
    assert not report.has_errors(), report.generate_report()
    assert job["arrayProperties"] == {"size": 4}
