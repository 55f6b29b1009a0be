"""What an ECR registry holds, asked through boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from mirrorgen.errors import ToolFailed, ToolUnusable, UsageError

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient
    from mypy_boto3_ecr.type_defs import ImageIdentifierTypeDef, ListImagesFilterTypeDef

PARALLEL_REQUESTS = 8
"""Far below ECR's quota for ListImages, 50 a second:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html"""

MAX_BATCH = 100
"""Images in one request: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html"""

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
    return ask_each(repositories, lambda name: _tags(client, name, account_id))


_Answer = TypeVar("_Answer")


def ask_each(repositories: Iterable[str], ask: Callable[[str], _Answer]) -> dict[str, _Answer]:
    """Ask about repositories, some at once.

    Raises:
        ToolFailed: ECR cannot be asked.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    names = list(repositories)
    try:
        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            return dict(zip(names, pool.map(ask, names), strict=True))
    except (BotoCoreError, ClientError) as error:
        raise ToolFailed(f"cannot ask ECR: {error}") from error


def delete_tags(
    client: ECRClient, repository: str, tags: Sequence[tuple[str, str]], *, account_id: str | None = None
) -> dict[str, str]:
    """Delete tags, each only while it names the digest that stands beside it.

    Args:
        client: from `ecr_client`.
        repository: its name.
        tags: tag and digest.
        account_id: the account of the registry; None takes the one of the credentials.

    Returns:
        Why ECR refused, by tag; empty if all are gone.

    Raises:
        ToolFailed: ECR cannot be asked.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    refused: dict[str, str] = {}
    try:
        for start in range(0, len(tags), MAX_BATCH):
            ids: list[ImageIdentifierTypeDef] = [
                {"imageTag": tag, "imageDigest": digest} for tag, digest in tags[start : start + MAX_BATCH]
            ]
            if account_id:
                answer = client.batch_delete_image(repositoryName=repository, registryId=account_id, imageIds=ids)
            else:
                answer = client.batch_delete_image(repositoryName=repository, imageIds=ids)
            refused |= {one["imageId"]["imageTag"]: one["failureReason"] for one in answer["failures"]}
    except (BotoCoreError, ClientError) as error:
        raise ToolFailed(f"cannot delete tags of {repository}: {error}") from error
    return refused


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
