"""Results of ECR's scans. No findings, not scanned, and not known are three things.

The older basic scanning says its result where images are described. The newer one (`AWS_NATIVE`) and the enhanced one
do not, and have to be asked image by image:
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html,
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mirrorgen.destinations.ecr.api import is_denied
from mirrorgen.destinations.port import StoredImage

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient
    from mypy_boto3_ecr.type_defs import (
        DescribeImageScanFindingsResponseTypeDef,
        ImageScanFindingsSummaryTypeDef,
        ImageScanFindingsTypeDef,
        ImageScanStatusTypeDef,
    )

_DONE = ("COMPLETE", "ACTIVE")
"""A basic scan that has ended, and enhanced scanning, which goes on."""

UNKNOWN = "unknown"
NOT_SCANNED = "not scanned"


def counts(
    summary: ImageScanFindingsSummaryTypeDef | ImageScanFindingsTypeDef | None,
) -> Mapping[str, int] | None:
    """Return how many findings of each severity a result has; None without a result."""
    if summary is None or "findingSeverityCounts" not in summary:
        return None
    return {str(severity): count for severity, count in summary["findingSeverityCounts"].items()}


def state(status: ImageScanStatusTypeDef | None) -> str:
    """Return what a scan without a result is at, in ECR's words."""
    word = status.get("status") if status else None
    if word is None or word in _DONE:
        return UNKNOWN
    return f"scan {word.lower().replace('_', ' ')}"


def is_untold(image: StoredImage) -> bool:
    """Whether it is still open what a scan found. An index is not scanned, the images that it names are."""
    return image.findings is None and image.scan == UNKNOWN and not (image.contains or image.trouble)


def ask(client: ECRClient, account_id: str, repository: str, image: StoredImage) -> StoredImage:
    """Ask for the result of an image's scan; without the right to know it, it stays unknown."""
    pages = client.get_paginator("describe_image_scan_findings").paginate(
        repositoryName=repository, registryId=account_id, imageId={"imageDigest": image.digest}
    )
    try:
        return _with_result(image, iter(pages))
    except client.exceptions.ScanNotFoundException:
        return replace(image, scan=NOT_SCANNED)
    except client.exceptions.ImageNotFoundException:
        return image
    except client.exceptions.ClientError as error:
        if is_denied(error):
            return image
        raise


def _with_result(image: StoredImage, pages: Iterator[DescribeImageScanFindingsResponseTypeDef]) -> StoredImage:
    first = next(pages)
    status = first.get("imageScanStatus")
    if status is not None and status.get("status") not in _DONE:
        return replace(image, scan=state(status))
    found = first.get("imageScanFindings", {})
    told = counts(found)
    if told is None:
        told = Counter(_severities(found))
        for page in pages:
            told.update(_severities(page.get("imageScanFindings", {})))
    return replace(image, findings=dict(told))


def _severities(found: ImageScanFindingsTypeDef) -> Iterator[str]:
    for basic in found.get("findings", ()):
        yield basic.get("severity", "UNDEFINED")
    for enhanced in found.get("enhancedFindings", ()):
        yield enhanced.get("severity", "UNDEFINED")
