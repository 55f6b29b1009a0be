"""Who else may pull, and what ECR scans: what the list says, with the real Terraform and an emulated ECR."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mirrorgen.demo.emulator import Emulator
from tests.real.conftest import Project, empty_account

IMAGES = {"quay.io/org/app": ["v1.0.0"], "quay.io/org/other": ["v1.0.0"]}
ORGANIZATION = "o-a1b2c3d4e5"
PULL = {"ecr": {"pull": {"accounts": ["222222222222", "333333333333"], "organization": ORGANIZATION, "lambda": True}}}
SCANNING = {"scanning": {"type": "ENHANCED", "on_push": ["*"], "continuous": ["mirror/*", "base"]}}


@pytest.fixture(scope="module")
def ecr(base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An account of its own: what is scanned is set for all of it."""
    with empty_account(base_env, tmp_path_factory.mktemp("account")) as running:
        yield running


@pytest.fixture
def mirrored(project: Project) -> Project:
    project.serve(IMAGES)
    project.target = SCANNING
    project.write(IMAGES, settings=PULL)
    done = project.run("run", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def name(project: Project) -> str:
    return f"{project.prefix}/quay/org/app"


def policy(project: Project) -> dict[str, Any]:
    return dict(json.loads(project.client().get_repository_policy(repositoryName=name(project))["policyText"]))


def scanned(project: Project) -> dict[str, Any]:
    return dict(project.client().get_registry_scanning_configuration()["scanningConfiguration"])


def document(project: Project, *args: str, code: int) -> dict[str, Any]:
    done = project.run(*args, "--format", "json")
    assert done.returncode == code, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def test_what_the_list_asks_for_is_made_once_and_for_all(mirrored: Project) -> None:
    assert [statement["Sid"] for statement in policy(mirrored)["Statement"]] == [
        "PullByAccounts",
        "PullByOrganization",
        "PullForLambda",
        "PullForLambdaOfOrganization",
    ]
    assert scanned(mirrored)["scanType"] == "ENHANCED"
    rules = {
        rule["scanFrequency"]: {each["filter"] for each in rule["repositoryFilters"]}
        for rule in scanned(mirrored)["rules"]
    }
    assert rules == {"SCAN_ON_PUSH": {"*"}, "CONTINUOUS_SCAN": {"mirror/*", "base"}}
    assert document(mirrored, "plan", code=0)["pending"] is False
    assert document(mirrored, "status", code=0)["in_sync"] is True


def test_what_means_the_same_is_no_difference(mirrored: Project) -> None:
    changed = policy(mirrored)
    changed["Statement"].reverse()
    for statement in changed["Statement"]:
        statement["Action"].reverse()
    by_accounts = changed["Statement"][-1]
    by_accounts["Principal"]["AWS"] = [f"arn:aws:iam::{account}:root" for account in ("333333333333", "222222222222")]
    mirrored.client().set_repository_policy(repositoryName=name(mirrored), policyText=json.dumps(changed))
    assert document(mirrored, "status", code=0)["in_sync"] is True
    assert document(mirrored, "plan", code=0)["pending"] is False


def test_what_others_have_changed_is_seen_and_put_back(mirrored: Project) -> None:
    changed = policy(mirrored)
    changed["Statement"][0]["Principal"]["AWS"].append("999999999999")
    mirrored.client().set_repository_policy(repositoryName=name(mirrored), policyText=json.dumps(changed))
    everything = [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "x", "filterType": "WILDCARD"}]}]
    mirrored.client().put_registry_scanning_configuration(scanType="BASIC", rules=everything)

    status = document(mirrored, "status", code=3)
    (app, other) = status["repositories"]
    assert [each["setting"] for each in app["settings"]] == ["repository policy"]
    assert "999999999999" in app["settings"][0]["found"]
    assert other["settings"] == []
    assert [each["setting"] for each in status["registry_settings"]] == ["scanning", "scan on push", "continuous scan"]

    plan = document(mirrored, "plan", code=3)
    assert plan["repositories"]["change"] == [name(mirrored)]
    assert plan["registry"] == [{"setting": "scanning", "action": "change"}]
    assert plan["registry_settings"][0] == {"setting": "scanning", "wanted": "ENHANCED", "found": "BASIC"}
    applied = mirrored.run("apply")
    assert applied.returncode == 0, applied.stderr
    assert document(mirrored, "status", code=0)["in_sync"] is True


def test_a_policy_that_others_have_removed_is_made_again(mirrored: Project) -> None:
    mirrored.client().delete_repository_policy(repositoryName=name(mirrored))
    (app, _) = document(mirrored, "status", code=3)["repositories"]
    assert [(each["setting"], each["found"]) for each in app["settings"]] == [("repository policy", "none")]
    assert mirrored.run("plan").returncode == 3
    assert mirrored.run("apply").returncode == 0
    assert document(mirrored, "status", code=0)["in_sync"] is True


def test_a_repository_that_is_replaced_keeps_its_policy(mirrored: Project) -> None:
    before = policy(mirrored)
    settings = {"ecr": {**PULL["ecr"], "encryption": {"type": "AES256"}}}
    mirrored.write(IMAGES, settings=settings)
    assert mirrored.run("plan").returncode == 3
    applied = mirrored.run("apply", "--allow-destroy")
    assert applied.returncode == 0, applied.stderr
    assert policy(mirrored) == before
    assert document(mirrored, "plan", code=3)["repositories"]["change"] == []  # only tags are to be copied


def test_a_lost_state_is_brought_back_with_its_policies(mirrored: Project) -> None:
    (mirrored.folder / "terraform/terraform.tfstate").unlink()
    adopted = document(mirrored, "adopt", code=3)
    policies = [each["address"] for each in adopted["imports"] if "aws_ecr_repository_policy" in each["address"]]
    assert policies == [
        f'module.repositories.aws_ecr_repository_policy.this["{mirrored.prefix}/quay/org/{each}"]'
        for each in ("app", "other")
    ]
    assert adopted["settings"] == {}
    assert mirrored.run("apply").returncode == 0
    assert document(mirrored, "plan", code=0)["pending"] is False


def test_what_the_list_no_longer_asks_for_goes(mirrored: Project) -> None:
    mirrored.target = {}
    mirrored.write(IMAGES)
    plan = document(mirrored, "plan", code=3)
    assert plan["registry"] == [{"setting": "scanning", "action": "give up"}]
    assert mirrored.run("apply").returncode == 0
    found = mirrored.client()
    with pytest.raises(found.exceptions.RepositoryPolicyNotFoundException):
        policy(mirrored)
    assert scanned(mirrored) == {"scanType": "BASIC", "rules": []}
    assert document(mirrored, "status", code=0)["in_sync"] is True
