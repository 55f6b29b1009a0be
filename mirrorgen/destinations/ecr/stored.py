"""Every image that repositories of ECR hold, and the settings of the repositories."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mirrorgen.destinations.ecr.api import MAX_BATCH, ask_each
from mirrorgen.destinations.stored import StoredImage, StoredRepository

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient
    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef, ImageIdentifierTypeDef, RepositoryTypeDef


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
    return ask_each(repositories, lambda name: _images(client, name, account_id))


def stored_repositories(
    client: ECRClient, repositories: Iterable[str], *, account_id: str | None = None
) -> Mapping[str, StoredRepository | None]:
    """Describe the settings of repositories; None for one that does not exist.

    Args:
        client: from `ecr_client`.
        repositories: names of repositories.
        account_id: the account of the registry; None takes the one of the credentials.

    Raises:
        ToolFailed: ECR cannot be asked.
    """
    return ask_each(repositories, lambda name: _repository(client, name, account_id))


_INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


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
    for start in range(0, len(indexes), MAX_BATCH):
        contents |= _contents(client, repository, account_id, indexes[start : start + MAX_BATCH])
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
        size_bytes=detail.get("imageSizeInBytes", 0),
        findings=_findings(detail),
    )


def _findings(detail: ImageDetailTypeDef) -> dict[str, int] | None:
    summary = detail.get("imageScanFindingsSummary")
    return None if summary is None else {str(key): n for key, n in summary.get("findingSeverityCounts", {}).items()}


def _repository(client: ECRClient, name: str, account_id: str | None) -> StoredRepository | None:
    try:
        if account_id:
            answer = client.describe_repositories(repositoryNames=[name], registryId=account_id)
        else:
            answer = client.describe_repositories(repositoryNames=[name])
    except client.exceptions.RepositoryNotFoundException:
        return None
    (described,) = answer["repositories"]
    tags = client.list_tags_for_resource(resourceArn=described["repositoryArn"])["tags"]
    encryption = described.get("encryptionConfiguration", {"encryptionType": "AES256"})
    return StoredRepository(
        name=name,
        tag_mutability=described.get("imageTagMutability", "MUTABLE"),
        exclusions=_exclusions(described),
        scan_on_push=described.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        encryption=encryption["encryptionType"],
        kms_key=encryption.get("kmsKey"),
        lifecycle=_lifecycle(client, name, account_id),
        resource_tags={tag["Key"]: tag["Value"] for tag in tags},
    )


def _exclusions(described: RepositoryTypeDef) -> tuple[str, ...]:
    filters: Any = described.get("imageTagMutabilityExclusionFilters") or []
    return tuple(sorted(one["filter"] for one in filters))


def _lifecycle(client: ECRClient, name: str, account_id: str | None) -> tuple[Mapping[str, Any], ...]:
    try:
        if account_id:
            answer = client.get_lifecycle_policy(repositoryName=name, registryId=account_id)
        else:
            answer = client.get_lifecycle_policy(repositoryName=name)
    except client.exceptions.LifecyclePolicyNotFoundException:
        return ()
    rules = json.loads(answer["lifecyclePolicyText"])["rules"]
    return tuple(sorted(rules, key=lambda rule: rule["rulePriority"]))
