"""What a request to AWS is called in IAM, and what it is about.

Sources: the service authorization references of ECR, S3 and KMS (which action a call needs, and on which resource):
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
For the registry's own protocol the rights that pushing and pulling need:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from tests.real.conftest import ACCOUNT, REGION

SIGN_IN = "ecr:GetAuthorizationToken"
_REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository"

# Of the distribution protocol, the first that fits. https://github.com/opencontainers/distribution-spec/blob/main/spec.md
_REGISTRY = (
    (r"(GET|HEAD) /v2/(?P<name>.+)/manifests/.+", "ecr:BatchGetImage"),
    (r"PUT /v2/(?P<name>.+)/manifests/.+", "ecr:PutImage"),
    (r"DELETE /v2/(?P<name>.+)/manifests/.+", "ecr:BatchDeleteImage"),
    (r"POST /v2/(?P<name>.+)/blobs/uploads/?", "ecr:InitiateLayerUpload"),
    (r"(PATCH|GET) /v2/(?P<name>.+)/blobs/uploads/.+", "ecr:UploadLayerPart"),
    # A small blob comes with the request that completes it, and is a part all the same.
    (r"PUT /v2/(?P<name>.+)/blobs/uploads/.+", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"),
    (r"HEAD /v2/(?P<name>.+)/blobs/.+", "ecr:BatchCheckLayerAvailability"),
    (r"GET /v2/(?P<name>.+)/blobs/.+", "ecr:GetDownloadUrlForLayer"),
    (r"GET /v2/(?P<name>.+)/tags/list", "ecr:ListImages"),
    # https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImageReferrers.html
    (r"GET /v2/(?P<name>.+)/referrers/.+", "ecr:BatchGetImage"),
)
_ABOUT_EVERYTHING = {
    "GetAuthorizationToken",
    "DescribeRegistry",
    "GetRegistryScanningConfiguration",
    "PutRegistryScanningConfiguration",
    "PutReplicationConfiguration",
}
_OBJECT = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """A right that a request needs.

    Attributes:
        action: as policies have it.
        resource: its ARN; `*` where the action knows none.
    """

    action: str
    resource: str = "*"


def calls_of(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Iterator[Call]:
    """Return every right that a request needs; none for what needs none."""
    path = unquote(urlsplit(target).path)
    if "X-Amz-Target" in headers:
        yield from _of_ecr(headers["X-Amz-Target"].rpartition(".")[2], json.loads(body or b"{}"))
    elif path.startswith("/v2/"):
        yield from _of_registry(method, path, urlsplit(target).query)
    elif "Action" in (form := parse_qs(body.decode("utf-8", "replace"))):
        # Who one is may be asked by everybody: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
        assert form["Action"] == ["GetCallerIdentity"], form
    else:
        yield _of_s3(method, path)


def _of_ecr(operation: str, asked: Mapping[str, object]) -> Iterator[Call]:
    if operation in _ABOUT_EVERYTHING:
        yield Call(f"ecr:{operation}")
        return
    named = asked.get("repositoryName") or asked.get("repositoryNames") or "*"
    names = [str(name) for name in named] if isinstance(named, list) else [str(named)]
    resources = [str(asked["resourceArn"])] if "resourceArn" in asked else [f"{_REPOSITORY}/{name}" for name in names]
    for resource in resources:
        yield Call(f"ecr:{operation}", resource)
        if operation == "CreateRepository" and asked.get("tags"):
            yield Call("ecr:TagResource", resource)


def _of_registry(method: str, path: str, query: str) -> Iterator[Call]:
    # Whoever speaks to the registry has asked for a token, as it answers nobody else.
    yield Call(SIGN_IN)
    if path == "/v2/":
        return
    for pattern, *actions in _REGISTRY:
        if match := re.fullmatch(pattern, f"{method} {path}"):
            yield from (Call(action, f"{_REPOSITORY}/{match['name']}") for action in actions)
            # ECR mounts a layer only where a setting of the account allows it; a client downloads it otherwise:
            # https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html
            yield from (
                Call("ecr:GetDownloadUrlForLayer", f"{_REPOSITORY}/{name}") for name in parse_qs(query).get("from", ())
            )
            return
    raise AssertionError(f"nobody knows what right {method} {path} needs")


def _of_s3(method: str, path: str) -> Call:
    bucket, _, key = path.strip("/").partition("/")
    if not key:
        assert method in {"GET", "HEAD"}, f"{method} {path}"
        return Call("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    return Call(_OBJECT[method], f"arn:aws:s3:::{bucket}/{key}")
