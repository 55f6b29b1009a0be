"""The roles in moto's IAM, which checks signature and policies of every request: what each may do, and may not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import settings
from moto.ecr.responses import ECRResponse
from moto.server import ThreadedMotoServer

from mirrorgen.destinations.ecr.access import Pull, repository_policy
from tests.role_policies import ONLY, ROLES, role_policies

ACCOUNT, REGION, BUCKET = "123456789012", "eu-west-1", "example-state"
NAME, FOREIGN = "mirror/quay/org/image", "others/image"
FIRST = "first/image"
"""As if it were in another account: moto looks at what a role may, and not at whose a repository is."""
STATE, LOCK = "mirrorgen/terraform.tfstate", "mirrorgen/terraform.tfstate.tflock"
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"})
RULE = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
POLICY = repository_policy(Pull(accounts=("222222222222",)), account_id=ACCOUNT, region=REGION)
ABOUT_EVERYTHING = {
    "GetAuthorizationToken",
    "DescribeRegistry",
    "GetRegistryScanningConfiguration",
    "PutRegistryScanningConfiguration",
    "PutReplicationConfiguration",
    "StartReplicationBackfill",
}
RULES = json.dumps({"rules": [{"rulePriority": 1, "selection": RULE, "action": {"type": "expire"}}]})

Use = Callable[[Any, Any], Any]
# Every use of ECR and S3, and the roles that may make it; each of them leaves the account as it was for the next.
USES: dict[str, tuple[set[str], Use]] = {
    "look at the mirror": ({*ROLES}, lambda ecr, _: ecr.describe_repositories(repositoryNames=[NAME])),
    "list its tags": ({*ROLES}, lambda ecr, _: ecr.list_images(repositoryName=NAME)),
    "describe its images": ({*ROLES}, lambda ecr, _: ecr.describe_images(repositoryName=NAME)),
    "get a token": ({*ROLES}, lambda ecr, _: ecr.get_authorization_token()),
    "push": ({"sync"}, lambda ecr, _: ecr.put_image(repositoryName=NAME, imageManifest=MANIFEST, imageTag="1")),
    "change mutability": (
        {"apply", "destroy"},
        lambda ecr, _: ecr.put_image_tag_mutability(repositoryName=NAME, imageTagMutability="MUTABLE"),
    ),
    "set rules": (
        {"apply", "destroy"},
        lambda ecr, _: ecr.put_lifecycle_policy(repositoryName=NAME, lifecyclePolicyText=RULES),
    ),
    "look at who else may pull": ({*ROLES}, lambda ecr, _: ecr.get_repository_policy(repositoryName=NAME)),
    "say who else may pull": (
        {"apply", "destroy"},
        lambda ecr, _: ecr.set_repository_policy(repositoryName=NAME, policyText=POLICY),
    ),
    "say that nobody else may pull": (
        {"apply", "destroy"},
        lambda ecr, _: ecr.delete_repository_policy(repositoryName=NAME),
    ),
    "let others pull from the repository of others": (
        set(),
        lambda ecr, _: ecr.set_repository_policy(repositoryName=FOREIGN, policyText=POLICY),
    ),
    "look at what is scanned": ({*ROLES}, lambda ecr, _: ecr.get_registry_scanning_configuration()),
    "say what is scanned": (
        {"apply", "destroy"},
        lambda ecr, _: ecr.put_registry_scanning_configuration(scanType="BASIC", rules=[]),
    ),
    "look at where images are copied to": ({*ROLES}, lambda ecr, _: ecr.describe_registry()),
    "say where images are copied to": (
        {"apply", "destroy"},
        lambda ecr, _: ecr.put_replication_configuration(replicationConfiguration={"rules": []}),
    ),
    "have what was there before copied": (
        {"sync"},
        lambda ecr, _: ecr.start_replication_backfill(destination={"registryId": ACCOUNT, "region": "us-east-1"}),
    ),
    "say who may use the whole registry": (set(), lambda ecr, _: ecr.put_registry_policy(policyText=POLICY)),
    "look at an image of the first target": (
        {*ROLES},
        lambda ecr, _: ecr.batch_get_image(repositoryName=FIRST, imageIds=[{"imageTag": "1"}]),
    ),
    "list the tags of the first target": ({*ROLES}, lambda ecr, _: ecr.list_images(repositoryName=FIRST)),
    "pull from the first target": (
        {"sync"},
        lambda ecr, _: ecr.get_download_url_for_layer(repositoryName=FIRST, layerDigest=f"sha256:{'0' * 64}"),
    ),
    "push to the first target": (
        set(),
        lambda ecr, _: ecr.put_image(repositoryName=FIRST, imageManifest=MANIFEST, imageTag="1"),
    ),
    "remove an image": (
        {"destroy"},
        lambda ecr, _: ecr.batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "none"}]),
    ),
    "remove a repository": ({"destroy"}, lambda ecr, _: ecr.delete_repository(repositoryName="mirror/none")),
    "look at the repository of others": (set(), lambda ecr, _: ecr.describe_repositories(repositoryNames=[FOREIGN])),
    "push to the repository of others": (
        set(),
        lambda ecr, _: ecr.put_image(repositoryName=FOREIGN, imageManifest=MANIFEST, imageTag="1"),
    ),
    "remove the repository of others": (set(), lambda ecr, _: ecr.delete_repository(repositoryName=FOREIGN)),
    "read the state": ({"plan", "apply", "destroy"}, lambda _, s3: s3.get_object(Bucket=BUCKET, Key=STATE)),
    "write the state": ({"apply", "destroy"}, lambda _, s3: s3.put_object(Bucket=BUCKET, Key=STATE, Body=b"{}")),
    "lock the state": ({"apply", "destroy"}, lambda _, s3: s3.put_object(Bucket=BUCKET, Key=LOCK, Body=b"{}")),
    "unlock the state": ({"apply", "destroy"}, lambda _, s3: s3.delete_object(Bucket=BUCKET, Key=LOCK)),
    "remove the state": (set(), lambda _, s3: s3.delete_object(Bucket=BUCKET, Key=STATE)),
    "read another state": (set(), lambda _, s3: s3.get_object(Bucket=BUCKET, Key="others.tfstate")),
}


def resource_of(request: Any) -> str:
    """What a request to ECR is about, which moto asks of each service and ECR's does not say."""
    names = request._get_param("repositoryNames") or [request._get_param("repositoryName") or "*"]
    if request._get_action() in ABOUT_EVERYTHING:
        return "*"
    return f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{names[0]}"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # What moto keeps belongs to the process: other tests in it may have left something.
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def sessions(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, boto3.Session]]:
    """A session with each role, after which moto asks everybody for rights."""
    policies, _ = role_policies(
        tmp_path_factory.mktemp("policies"),
        account_id=ACCOUNT,
        regions=[REGION],
        state={"bucket": BUCKET},
        reads_from=[f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{FIRST}"],
        sets_scanning=True,
        sets_replication=True,
    )
    root = boto3.Session("key", "secret", region_name=REGION)
    iam, sts, ecr, s3 = clients(root, endpoint, "iam", "sts", "ecr", "s3")
    for name in (NAME, FOREIGN, FIRST):
        ecr.create_repository(repositoryName=name)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in (STATE, "others.tfstate"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
    found = {}
    for role, policy in policies.items():
        iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
        iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=policy)
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName=role)["Credentials"]
        found[role] = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ECRResponse, "_determine_resource", resource_of, raising=False)
        patched.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        yield found


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("use", USES)
def test_a_role_may_do_what_it_is_for_and_nothing_else(
    sessions: dict[str, boto3.Session], endpoint: str, role: str, use: str
) -> None:
    may, do = USES[use]
    ecr, s3 = clients(sessions[role], endpoint, "ecr", "s3")
    assert is_allowed(lambda: do(ecr, s3)) == (role in may)


@pytest.mark.parametrize("use", USES)
def test_an_only_role_may_do_what_those_that_apply_and_sync_may(
    sessions: dict[str, boto3.Session], endpoint: str, use: str
) -> None:
    may, do = USES[use]
    ecr, s3 = clients(sessions[ONLY], endpoint, "ecr", "s3")
    assert is_allowed(lambda: do(ecr, s3)) == bool(may & {"apply", "sync"})


def clients(session: boto3.Session, endpoint: str, *names: Any) -> list[Any]:
    """Return a client for each of several services."""
    return [session.client(name, endpoint_url=endpoint) for name in names]


def is_allowed(do: Callable[[], Any]) -> bool:
    """Whether somebody may do something, be it that it then fails for another reason."""
    try:
        do()
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.FORBIDDEN
    return True
