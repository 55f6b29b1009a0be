"""Images and repositories as ECR holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredImage:
    """What ECR knows of an image.

    Attributes:
        digest: names it.
        tags: all of its tags, none for an untagged image.
        pushed_at: when it came, with a time zone.
        pulled_at: when ECR last recorded a pull; None for never.
        contains: digests of the images that it names, for an index.
        size_bytes: what ECR bills for it, without the images that it names.
        findings: how many vulnerabilities of each severity a scan found; None where none has run.
    """

    digest: str
    tags: tuple[str, ...]
    pushed_at: datetime
    pulled_at: datetime | None = None
    contains: tuple[str, ...] = ()
    size_bytes: int = 0
    findings: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class StoredRepository:
    """Settings of a repository, in ECR's own words.

    Attributes:
        name: full name.
        tag_mutability: `MUTABLE`, `IMMUTABLE` or one of these with exclusions.
        exclusions: filters of tags that may move, sorted.
        scan_on_push: whether ECR scans what arrives.
        encryption: `AES256` or `KMS`.
        kms_key: ARN of the key, None without one of your own.
        lifecycle: rules of the policy, by priority; none without a policy.
        resource_tags: AWS resource tags.
    """

    name: str
    tag_mutability: str
    exclusions: tuple[str, ...]
    scan_on_push: bool
    encryption: str
    kms_key: str | None
    lifecycle: tuple[Mapping[str, Any], ...]
    resource_tags: Mapping[str, str]
