"""What repositories of ECR hold: tags, images, and which images an index names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mirrorgen.destinations.ecr.api import MAX_BATCH, is_denied
from mirrorgen.destinations.ecr.scanning import counts, state
from mirrorgen.destinations.port import Footprint, StoredImage

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient
    from mypy_boto3_ecr.literals import ImageStatusFilterType
    from mypy_boto3_ecr.type_defs import (
        BatchGetImageResponseTypeDef,
        ImageDetailTypeDef,
        ImageIdentifierTypeDef,
        PaginatorConfigTypeDef,
    )

_INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)

# What the usual listing leaves out: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImagesFilter.html
_OUT_OF_REACH: tuple[ImageStatusFilterType, ...] = ("ARCHIVED", "ACTIVATING")

# The most that DescribeRepositories and DescribeImages answer at once:
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
_LARGE_PAGES: PaginatorConfigTypeDef = {"PageSize": 1000}


def tags(client: ECRClient, account_id: str, repository: str) -> Mapping[str, str] | None:
    """Return digest by tag; None for a repository that does not exist."""
    pages = client.get_paginator("list_images").paginate(
        repositoryName=repository, registryId=account_id, filter={"tagStatus": "TAGGED"}
    )
    try:
        return {
            image["imageTag"]: image["imageDigest"]
            for page in pages
            for image in page.get("imageIds", ())
            if "imageTag" in image
        }
    except client.exceptions.RepositoryNotFoundException:
        return None


def repositories(client: ECRClient, account_id: str, prefix: str) -> list[str] | None:
    """Return the names of the account's repositories that start with `prefix`; None without the right to list them."""
    pages = client.get_paginator("describe_repositories").paginate(registryId=account_id, PaginationConfig=_LARGE_PAGES)
    try:
        names = [described["repositoryName"] for page in pages for described in page.get("repositories", ())]
    except client.exceptions.ClientError as error:
        if is_denied(error):
            return None
        raise
    return [name for name in names if name.startswith(prefix)]


def archived_tags(client: ECRClient, account_id: str, repository: str) -> frozenset[str]:
    """Return the tags of archived images, and of those that ECR restores at this moment."""
    lister = client.get_paginator("list_images")
    return frozenset(
        image["imageTag"]
        for status in _OUT_OF_REACH
        for page in lister.paginate(
            repositoryName=repository, registryId=account_id, filter={"tagStatus": "TAGGED", "imageStatus": status}
        )
        for image in page.get("imageIds", ())
        if "imageTag" in image
    )


def images(client: ECRClient, account_id: str, repository: str) -> tuple[StoredImage, ...] | None:
    """Describe every image of a repository, archived ones among them; None for one that does not exist."""
    pages = client.get_paginator("describe_images").paginate(
        repositoryName=repository, registryId=account_id, filter={"imageStatus": "ANY"}
    )
    try:
        details = [detail for page in pages for detail in page.get("imageDetails", ())]
    except client.exceptions.RepositoryNotFoundException:
        return None
    found = {detail["imageDigest"]: _stored(detail) for detail in details}
    # What is archived is not shown either.
    indexes = [
        detail["imageDigest"]
        for detail in details
        if detail.get("imageManifestMediaType") in _INDEX_TYPES and not found[detail["imageDigest"]].is_archived
    ]
    for start in range(0, len(indexes), MAX_BATCH):
        asked = indexes[start : start + MAX_BATCH]
        found |= _with_contents(_manifests(client, account_id, repository, asked), [found[digest] for digest in asked])
    return tuple(found.values())


def footprint(client: ECRClient, account_id: str, repository: str) -> Footprint:
    """Add up what ECR says of each image of a repository, archived ones among them.

    ECR writes a pull down once in 24 hours at least, so that the latest one may be a day later than what it tells:
    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html, `lastRecordedPullTime`.

    Returns:
        Nothing but None for a repository that does not exist, or of which the credentials may not ask this.
    """
    pages = client.get_paginator("describe_images").paginate(
        repositoryName=repository,
        registryId=account_id,
        filter={"imageStatus": "ANY"},
        PaginationConfig=_LARGE_PAGES,
    )
    try:
        details = [detail for page in pages for detail in page.get("imageDetails", ())]
    except client.exceptions.RepositoryNotFoundException:
        return Footprint()
    except client.exceptions.ClientError as error:
        if is_denied(error):
            return Footprint()
        raise
    sizes = [detail.get("imageSizeInBytes") for detail in details]
    pulls = [detail["lastRecordedPullTime"] for detail in details if "lastRecordedPullTime" in detail]
    size = None if None in sizes else sum(size for size in sizes if size is not None)
    return Footprint(len(details), size, max(pulls, default=None))


def delete(client: ECRClient, account_id: str, repository: str, tagged: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Delete tags, each with the digest it must name; return why ECR refused, by tag."""
    ids: list[ImageIdentifierTypeDef] = [{"imageTag": tag, "imageDigest": digest} for tag, digest in tagged]
    answer = client.batch_delete_image(repositoryName=repository, registryId=account_id, imageIds=ids)
    return {failure["imageId"]["imageTag"]: failure["failureReason"] for failure in answer.get("failures", ())}


def delete_images(client: ECRClient, account_id: str, repository: str, digests: Sequence[str]) -> dict[str, str]:
    """Delete images by digest, with their tags; return why ECR refused, by digest. What is gone already is deleted."""
    answer = client.batch_delete_image(
        repositoryName=repository, registryId=account_id, imageIds=[{"imageDigest": digest} for digest in digests]
    )
    return {
        failure["imageId"]["imageDigest"]: f"{failure['failureCode']}: {failure['failureReason']}"
        for failure in answer.get("failures", ())
        if failure["failureCode"] != "ImageNotFound"
    }


def in_order_of_deletion(images: Sequence[StoredImage]) -> Iterator[list[str]]:
    """Yield digests in batches, each index before what it names: ECR keeps what an index names.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageFailure.html, ImageReferencedByManifestList.
    """
    left = {image.digest: image for image in images}
    while left:
        named = {digest for image in left.values() for digest in image.contains}
        free = [digest for digest in left if digest not in named] or list(left)
        for start in range(0, len(free), MAX_BATCH):
            yield free[start : start + MAX_BATCH]
        left = {digest: image for digest, image in left.items() if digest not in free}


def _manifests(
    client: ECRClient, account_id: str, repository: str, digests: Sequence[str]
) -> BatchGetImageResponseTypeDef:
    return client.batch_get_image(
        repositoryName=repository,
        registryId=account_id,
        imageIds=[{"imageDigest": digest} for digest in digests],
        acceptedMediaTypes=list(_INDEX_TYPES),
    )


def _with_contents(answer: BatchGetImageResponseTypeDef, indexes: Sequence[StoredImage]) -> dict[str, StoredImage]:
    """Say which images each index names, or why ECR does not tell: it answers for one and refuses another."""
    manifests = {image["imageId"]["imageDigest"]: image["imageManifest"] for image in answer.get("images", ())}
    refused = {
        failure["imageId"]["imageDigest"]: f"{failure['failureCode']}: {failure['failureReason']}"
        for failure in answer.get("failures", ())
    }
    described = {}
    for index in indexes:
        contains = _named_by(manifests.get(index.digest, ""))
        if contains is None:
            reason = refused.get(index.digest, "ECR does not show what the index names")
            described[index.digest] = replace(index, trouble=reason)
        else:
            described[index.digest] = replace(index, contains=contains)
    return described


def _named_by(manifest: str) -> tuple[str, ...] | None:
    """Return the digests of the images that an index names; None for what is no index."""
    try:
        return tuple(str(entry["digest"]) for entry in json.loads(manifest)["manifests"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _stored(detail: ImageDetailTypeDef) -> StoredImage:
    status = detail.get("imageStatus", "ACTIVE")
    return StoredImage(
        digest=detail["imageDigest"],
        tags=tuple(sorted(detail.get("imageTags", ()))),
        pushed_at=detail["imagePushedAt"],
        pulled_at=detail.get("lastRecordedPullTime"),
        size_bytes=detail.get("imageSizeInBytes"),
        findings=counts(detail.get("imageScanFindingsSummary")),
        scan=state(detail.get("imageScanStatus")),
        is_archived=status != "ACTIVE",
        # What ECR restores at this moment has a time of its last archival, too.
        archived_at=detail.get("lastArchivedAt") if status == "ARCHIVED" else None,
        activated_at=detail.get("lastActivatedAt"),
        subject=detail.get("subjectManifestDigest", ""),
    )
