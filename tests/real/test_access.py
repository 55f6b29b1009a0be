"""Who else may pull, and what ECR scans: what the list says, with the real Terraform and an emulated ECR."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mirrorgen.demo.emulator import Emulator
from mirrorgen.files import write_files
from mirrorgen.rendering.module import module_files
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


@pytest.fixture(scope="module")
def mirrored(
    ecr: Emulator,
    provider_for: Callable[[Emulator], dict[str, str]],
    base_env: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Project:
    """A mirror that is as the list asks; each test leaves it as the next one needs it."""
    folder = tmp_path_factory.mktemp("mirrored")
    write_files(folder, module_files())
    project = Project(folder, ecr, base_env, "access", provider_for(ecr), target=SCANNING)
    project.serve(IMAGES)
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


def test_what_the_list_asks_for_is_made_and_what_means_the_same_is_no_difference(mirrored: Project) -> None:
    made = policy(mirrored)
    assert [statement["Sid"] for statement in made["Statement"]] == [
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

    made["Statement"].reverse()
    for statement in made["Statement"]:
        statement["Action"].reverse()
    by_accounts = made["Statement"][-1]
    by_accounts["Principal"]["AWS"] = [f"arn:aws:iam::{account}:root" for account in ("333333333333", "222222222222")]
    mirrored.client().set_repository_policy(repositoryName=name(mirrored), policyText=json.dumps(made))
    assert document(mirrored, "status", code=0)["in_sync"] is True
    assert document(mirrored, "plan", code=0)["pending"] is False


def test_what_others_have_changed_is_seen_and_put_back(mirrored: Project) -> None:
    ecr, other = mirrored.client(), f"{mirrored.prefix}/quay/org/other"
    changed = policy(mirrored)
    changed["Statement"].append({**changed["Statement"][0], "Sid": "Mine", "Principal": {"AWS": "999999999999"}})
    ecr.set_repository_policy(repositoryName=name(mirrored), policyText=json.dumps(changed))
    ecr.delete_repository_policy(repositoryName=other)
    everything = [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "x", "filterType": "WILDCARD"}]}]
    ecr.put_registry_scanning_configuration(scanType="BASIC", rules=everything)

    status = document(mirrored, "status", code=3)
    found = {each["name"]: each["settings"] for each in status["repositories"]}
    assert {each: [setting["setting"] for setting in settings] for each, settings in found.items()} == {
        name(mirrored): ["repository policy"],
        other: ["repository policy"],
    }
    assert "999999999999" in found[name(mirrored)][0]["found"]
    assert found[other][0]["found"] == "none"
    assert [each["setting"] for each in status["registry_settings"]] == ["scanning", "scan on push", "continuous scan"]

    plan = document(mirrored, "plan", code=3)
    assert plan["repositories"]["change"] == [name(mirrored), other]
    assert plan["registry"] == [{"setting": "scanning", "action": "change"}]
    assert all("222222222222" in plan["who_may_pull"][each] for each in (name(mirrored), other))
    assert plan["registry_settings"][0] == {"setting": "scanning", "wanted": "ENHANCED", "found": "BASIC"}
    applied = mirrored.run("apply")
    assert applied.returncode == 0, applied.stderr
    assert document(mirrored, "status", code=0)["in_sync"] is True


def test_a_policy_follows_its_repository_and_comes_back_with_a_lost_state(mirrored: Project) -> None:
    before = policy(mirrored)
    mirrored.write(IMAGES, settings={"ecr": {**PULL["ecr"], "encryption": {"type": "AES256"}}})
    assert mirrored.run("plan").returncode == 3
    applied = mirrored.run("apply", "--allow-destroy")
    assert applied.returncode == 0, applied.stderr
    assert policy(mirrored) == before

    (mirrored.folder / "terraform/terraform.tfstate").unlink()
    adopted = document(mirrored, "adopt", code=3)
    policies = [each["address"] for each in adopted["imports"] if "aws_ecr_repository_policy" in each["address"]]
    assert policies == [
        f'module.repositories.aws_ecr_repository_policy.this["{mirrored.prefix}/quay/org/{each}"]'
        for each in ("app", "other")
    ]
    assert adopted["settings"] == {}
    assert mirrored.run("apply").returncode == 0
    assert mirrored.run("sync").returncode == 0
    assert document(mirrored, "plan", code=0)["pending"] is False


def test_what_the_list_no_longer_asks_for_goes(mirrored: Project) -> None:
    mirrored.target = {}
    mirrored.write(IMAGES, settings={"ecr": {"encryption": {"type": "AES256"}}})
    plan = document(mirrored, "plan", code=3)
    assert plan["registry"] == [{"setting": "scanning", "action": "give up"}]
    assert plan["who_may_pull"] == {name(mirrored): "", f"{mirrored.prefix}/quay/org/other": ""}
    assert mirrored.run("apply").returncode == 0
    with pytest.raises(mirrored.client().exceptions.RepositoryPolicyNotFoundException):
        policy(mirrored)
    assert scanned(mirrored) == {"scanType": "BASIC", "rules": []}
    assert document(mirrored, "plan", code=0)["pending"] is False


def test_a_policy_of_others_does_not_go_without_a_word(mirrored: Project) -> None:
    theirs = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:PutImage"}]}
    mirrored.client().set_repository_policy(repositoryName=name(mirrored), policyText=json.dumps(theirs))
    assert document(mirrored, "plan", code=0)["pending"] is False
    mirrored.write(IMAGES, settings={"ecr": {**PULL["ecr"], "encryption": {"type": "AES256"}}})
    assert document(mirrored, "plan", code=3)["overwritten_policies"] == [name(mirrored)]
