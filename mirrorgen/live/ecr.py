"""What an ECR registry holds, asked through boto3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from mirrorgen.errors import ToolFailed, ToolUnusable, UsageError
from mirrorgen.stored import StoredImage

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient
    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef, ImageIdentifierTypeDef, ListImagesFilterTypeDef

PARALLEL_REQUESTS = 8
"""Far below ECR's quota for ListImages, 50 a second:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html"""

Holdings = Mapping[str, Mapping[str, str] | None]
"""Digest by tag, by repository name; None for a repository that does not exist."""


def ecr_client(*, region: str | None) -> ECRClient:
    """Return a client for ECR with the credentials of the environment.

    Args:
        region: AWS region; None takes the one of the environment.

    Raises:
        ToolUnusable: boto3 is not installed.
        UsageError: there are no credentials, or no region.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise ToolUnusable("boto3 is not installed", hint="pip install 'mirrorgen[aws]'") from error
    config = Config(retries={"mode": "adaptive", "max_attempts": 5}, max_pool_connections=PARALLEL_REQUESTS)
    hint = "sign in to AWS first: `aws sts get-caller-identity` must work in this shell"
    try:
        session = boto3.Session()
        if session.get_credentials() is None:
            raise UsageError("there are no AWS credentials in the environment", hint=hint)
        return session.client("ecr", region_name=region, config=config)
    except BotoCoreError as error:
        raise UsageError(f"cannot sign in to AWS: {error}", hint=hint) from error


def held_tags(client: ECRClient, repositories: Iterable[str], *, account_id: str | None = None) -> Holdings:
    """List the tags that repositories hold.

    Args:
        client: from `ecr_client`.
        repositories: names of repositories.
        account_id: the account of the registry; None takes the one of the credentials.

    Raises:
        ToolFailed: ECR cannot be asked.
    """
    return _ask_each(repositories, lambda name: _tags(client, name, account_id))


def stored_images(
    client: ECRClient, repositories: Iterable[str], *, account_id: str | None = None
) -> Mapping[str, tuple[StoredImage, ...] | None]:
    """Describe every image that repositories hold, and which images each index names.

    Args:
        client: from `ecr_client`.
        repositories: names of repositories.
        account_id: the account of the registry; None takes the one of the credentials.

    Returns:
        Images by repository; None for a repository that does not exist.

    Raises:
        ToolFailed: ECR cannot be asked.
    """
    return _ask_each(repositories, lambda name: _images(client, name, account_id))


_Answer = TypeVar("_Answer")


def _ask_each(repositories: Iterable[str], ask: Callable[[str], _Answer]) -> dict[str, _Answer]:
    from botocore.exceptions import BotoCoreError, ClientError

    names = list(repositories)
    try:
        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            return dict(zip(names, pool.map(ask, names), strict=True))
    except (BotoCoreError, ClientError) as error:
        raise ToolFailed(f"cannot list the images in ECR: {error}") from error


def _tags(client: ECRClient, repository: str, account_id: str | None) -> Mapping[str, str] | None:
    paginator = client.get_paginator("list_images")
    tagged: ListImagesFilterTypeDef = {"tagStatus": "TAGGED"}
    if account_id:
        pages = paginator.paginate(repositoryName=repository, registryId=account_id, filter=tagged)
    else:
        pages = paginator.paginate(repositoryName=repository, filter=tagged)
    try:
        return {
            image["imageTag"]: image["imageDigest"]
            for page in pages
            for image in page["imageIds"]
            if "imageTag" in image
        }
    except client.exceptions.RepositoryNotFoundException:
        return None


_INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MAX_BATCH = 100
"""https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html"""


def _images(client: ECRClient, repository: str, account_id: str | None) -> tuple[StoredImage, ...] | None:
    paginator = client.get_paginator("describe_images")
    if account_id:
        pages = paginator.paginate(repositoryName=repository, registryId=account_id)
    else:
        pages = paginator.paginate(repositoryName=repository)
    try:
        details = [detail for page in pages for detail in page["imageDetails"]]
    except client.exceptions.RepositoryNotFoundException:
        return None
    indexes = [one["imageDigest"] for one in details if one.get("imageManifestMediaType") in _INDEX_TYPES]
    contents: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(indexes), _MAX_BATCH):
        contents |= _contents(client, repository, account_id, indexes[start : start + _MAX_BATCH])
    return tuple(_stored(detail, contents.get(detail["imageDigest"], ())) for detail in details)


def _contents(
    client: ECRClient, repository: str, account_id: str | None, digests: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Which images each index names."""
    ids: list[ImageIdentifierTypeDef] = [{"imageDigest": digest} for digest in digests]
    accepted = list(_INDEX_TYPES)
    if account_id:
        answer = client.batch_get_image(
            repositoryName=repository, registryId=account_id, imageIds=ids, acceptedMediaTypes=accepted
        )
    else:
        answer = client.batch_get_image(repositoryName=repository, imageIds=ids, acceptedMediaTypes=accepted)
    return {
        image["imageId"]["imageDigest"]: tuple(
            entry["digest"] for entry in json.loads(image["imageManifest"]).get("manifests", ())
        )
        for image in answer["images"]
    }


def _stored(detail: ImageDetailTypeDef, contains: tuple[str, ...]) -> StoredImage:
    return StoredImage(
        digest=detail["imageDigest"],
        tags=tuple(sorted(detail.get("imageTags", ()))),
        pushed_at=detail["imagePushedAt"],
        pulled_at=detail.get("lastRecordedPullTime"),
        contains=contains,
    )
