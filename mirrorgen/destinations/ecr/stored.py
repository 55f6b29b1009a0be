"""What repositories of ECR hold: tags, images, and which images an index names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mirrorgen.destinations.ecr.api import MAX_BATCH
from mirrorgen.destinations.port import StoredImage

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient
    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef, ImageIdentifierTypeDef

_INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


def tags(client: ECRClient, account_id: str, repository: str) -> Mapping[str, str] | None:
    """Return digest by tag; None for a repository that does not exist."""
    pages = client.get_paginator("list_images").paginate(
        repositoryName=repository, registryId=account_id, filter={"tagStatus": "TAGGED"}
    )
    try:
        return {
            image["imageTag"]: image["imageDigest"]
            for page in pages
            for image in page["imageIds"]
            if "imageTag" in image
        }
    except client.exceptions.RepositoryNotFoundException:
        return None


def repositories(client: ECRClient, account_id: str, prefix: str) -> list[str]:
    """Return the names of the account's repositories that start with `prefix`."""
    pages = client.get_paginator("describe_repositories").paginate(registryId=account_id)
    names = [described["repositoryName"] for page in pages for described in page["repositories"]]
    return [name for name in names if name.startswith(prefix)]


def images(client: ECRClient, account_id: str, repository: str) -> tuple[StoredImage, ...] | None:
    """Describe every image of a repository; None for one that does not exist."""
    pages = client.get_paginator("describe_images").paginate(repositoryName=repository, registryId=account_id)
    try:
        details = [detail for page in pages for detail in page["imageDetails"]]
    except client.exceptions.RepositoryNotFoundException:
        return None
    indexes = [detail["imageDigest"] for detail in details if detail.get("imageManifestMediaType") in _INDEX_TYPES]
    contents: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(indexes), MAX_BATCH):
        contents |= _contents(client, account_id, repository, indexes[start : start + MAX_BATCH])
    return tuple(_stored(detail, contents.get(detail["imageDigest"], ())) for detail in details)


def delete(client: ECRClient, account_id: str, repository: str, tagged: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Delete tags, each with the digest it must name; return why ECR refused, by tag."""
    ids: list[ImageIdentifierTypeDef] = [{"imageTag": tag, "imageDigest": digest} for tag, digest in tagged]
    answer = client.batch_delete_image(repositoryName=repository, registryId=account_id, imageIds=ids)
    return {failure["imageId"]["imageTag"]: failure["failureReason"] for failure in answer["failures"]}


def _contents(
    client: ECRClient, account_id: str, repository: str, digests: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Which images each index names."""
    answer = client.batch_get_image(
        repositoryName=repository,
        registryId=account_id,
        imageIds=[{"imageDigest": digest} for digest in digests],
        acceptedMediaTypes=list(_INDEX_TYPES),
    )
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
