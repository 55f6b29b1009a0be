"""The policies of the roles as a linter of IAM reads them, in every partition."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.session import get_session

from tests.role_policies import ONLY, ROLES, role_policies

IDS = ("0f2d4a3c-0000-0000-0000-000000000000", "1f2d4a3c-0000-0000-0000-000000000000")
PARTITIONS = {"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
# All inline policies of a role, and a managed one: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST_INLINE, LARGEST_MANAGED = 10_240, 6_144
# AWS's own description of ECR has it, and the linter's list of actions, which is older, does not.
NEW, KNOWN = "ecr:StartReplicationBackfill", "ecr:DescribeRegistry"


@pytest.fixture(params=PARTITIONS.items(), ids=lambda item: item[0])
def policies(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Every policy with all that can be in it, by the name of its role, and `boundary`."""
    partition, region = request.param
    first, second = (f"arn:{partition}:kms:{region}:123456789012:key/{name}" for name in IDS)
    of_roles, boundary = role_policies(
        tmp_path,
        partition=partition,
        account_id="123456789012",
        regions=[region],
        state={"bucket": "example", "kms_key_arn": first},
        kms_key_arns=[second],
        reads_from=[f"arn:{partition}:ecr:{region}:210987654321:repository/mirror/*"],
        may_list_all_repositories=True,
        sets_scanning=True,
        sets_replication=True,
    )
    return {**of_roles, "boundary": boundary}


def found_in(policy: str) -> list[str]:
    """Return what parliament has to say; it warns of a library of its own, which is why it runs apart."""
    argv = [str(Path(sys.executable).with_name("parliament")), "--json", "--string", policy]
    said = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    return [json.loads(line)["issue"] for line in said.stdout.splitlines()]


def test_the_linter_has_nothing_to_say(policies: dict[str, str]) -> None:
    assert policies.keys() == {*ROLES, ONLY, "boundary"}
    assert NEW.removeprefix("ecr:") in get_session().get_service_model("ecr").operation_names
    found = {name: found_in(policy.replace(NEW, KNOWN)) for name, policy in policies.items()}
    assert found == {name: [] for name in policies}


def test_the_linter_would_say_something() -> None:
    wrong = [
        {"Effect": "Allow", "Action": "ecr:PutImages", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket"},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": wrong})
    assert sorted(found_in(policy)) == ["RESOURCE_MISMATCH", "UNKNOWN_ACTION"]


def test_iam_takes_them_with_room_to_spare(policies: dict[str, str]) -> None:
    assert max(len(policies[role]) for role in (*ROLES, ONLY)) < LARGEST_INLINE / 2
    assert len(policies["boundary"]) < LARGEST_MANAGED / 2
