"""`mirrorgen matrix` for a list with several targets: which jobs there are, and what each has to know."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from mirrorgen.commands.aiming import VARIABLE
from mirrorgen.starting.account import Account, write_account
from tests.cli.test_targets import LIST
from tests.conftest import RunCli


@pytest.fixture
def folder(in_folder: Path) -> Path:
    (in_folder / "images.yaml").write_text(LIST)
    return in_folder


def test_a_job_for_each_target(run_cli: RunCli, folder: Path) -> None:
    jobs = json.loads(run_cli("matrix", "--by", "target").stdout)["include"]
    assert [(job["target"], job["first"], job["from"], job["repositories"]) for job in jobs] == [
        ("eu", True, "upstream", 2),
        ("us", False, "first", 1),
        ("edge", False, "first", 1),
    ]
    assert [(job["account_id"], job["region"]) for job in jobs[:2]] == [
        ("123456789012", "eu-west-1"),
        ("123456789012", "us-east-1"),
    ]
    result = run_cli("matrix", "--by", "target", "--for", "batch")
    assert (result.exit_code, "--by target prints a matrix for github" in result.stderr) == (2, True)
    assert run_cli("matrix", "--shards", "2", "--targets", "first", "--target", "eu").exit_code == 2
    assert folder.exists()


def test_jobs_for_the_first_target_and_for_those_after_it(run_cli: RunCli, folder: Path) -> None:
    def parts(which: str, shards: int) -> list[tuple[str, str]]:
        said = run_cli("matrix", "--by", "target", "--targets", which, "--shards", str(shards)).stdout
        return [(job["target"], job["shard"]) for job in json.loads(said)["include"]]

    assert parts("first", 2) == [("eu", "1/2"), ("eu", "2/2")]
    assert parts("others", 2) == [("us", "1/2"), ("us", "2/2"), ("edge", "1/2"), ("edge", "2/2")]
    assert run_cli("matrix", "--by", "target", "--targets", "others", "--shards", "129").exit_code == 2
    # What ECR fills is asked for once.
    replicated = LIST.replace('images: {sources: ["quay.io/*"]}', "replicate: true").replace(
        LIST[LIST.index("  edge:\n") : LIST.index("images:\n  -")], ""
    )
    (folder / "images.yaml").write_text(replicated)
    assert parts("others", 2) == [("us", "1/1")]


def test_a_list_with_one_target_is_its_first_and_has_no_others(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.yaml").write_text(LIST[LIST.index("images:\n") :])
    (job,) = json.loads(run_cli("matrix", "--by", "target").stdout)["include"]
    assert (job["target"], job["first"], job["account_id"], job["repositories"]) == ("", True, "", 2)
    parts = json.loads(run_cli("matrix", "--by", "target", "--targets", "first", "--shards", "2").stdout)["include"]
    assert [(part["target"], part["shard"]) for part in parts] == [("", "1/2"), ("", "2/2")]
    assert sum(part["repositories"] for part in parts) == 2
    assert run_cli("matrix", "--by", "target", "--targets", "others").stdout == '{"include": []}\n'


def test_jobs_of_parts_know_their_target(run_cli: RunCli, folder: Path) -> None:
    assert folder.exists()
    batch = json.loads(run_cli("matrix", "--shards", "2", "--for", "batch", "--target", "us").stdout)
    assert batch["containerOverrides"]["environment"] == [{"name": VARIABLE, "value": "us"}]
    argv = ("matrix", "--shards", "2", "--for", "kubernetes", "--image", "registry.example.com/mirrorgen:1")
    job = yaml.safe_load(run_cli(*argv, "--target", "us").stdout)
    assert {"name": VARIABLE, "value": "us"} in job["spec"]["template"]["spec"]["containers"][0]["env"]
    assert job["metadata"]["name"] == "mirrorgen-sync-us"


def test_a_job_knows_the_roles_of_an_account_with_a_bootstrap_of_its_own(run_cli: RunCli, folder: Path) -> None:
    roles = {name: f"arn:aws:iam::210987654321:role/image-{name}-role" for name in ("plan", "sync")}
    account = Account("210987654321", "eu-west-1", "its-state", roles, {name: f"image-{name}" for name in roles})
    path = folder / "bootstrap/210987654321.json"
    path.parent.mkdir()
    path.write_text(write_account(account))
    jobs = json.loads(run_cli("matrix", "--by", "target").stdout)["include"]
    assert ["sync_role" in job for job in jobs] == [False, False, True]
    names = ("plan_role", "apply_role", "sync_role", "destroy_role", "state_bucket", "state_region")
    assert [jobs[2][name] for name in names] == [
        roles["plan"],
        roles["sync"],
        roles["sync"],
        "",
        "its-state",
        "eu-west-1",
    ]
    # What applies runs where the role that it gets there is trusted, be it its own or that of sync.
    assert [job.get("apply_environment") for job in jobs] == [None, None, "image-sync"]
    own = {name: f"arn:aws:iam::210987654321:role/image-{name}-role" for name in ("apply", "sync")}
    path.write_text(write_account(replace(account, roles=own, environments={name: f"mirror-{name}" for name in own})))
    job = json.loads(run_cli("matrix", "--by", "target").stdout)["include"][2]
    assert (job["apply_role"], job["apply_environment"]) == (own["apply"], "mirror-apply")
    path.write_text(write_account(replace(account, account_id="123456789012")))
    result = run_cli("matrix", "--by", "target")
    assert (result.exit_code, "is of the account 123456789012" in result.stderr) == (1, True)
    path.write_text("{}")
    result = run_cli("matrix", "--by", "target")
    assert (result.exit_code, "is not as it was written" in result.stderr) == (1, True)
