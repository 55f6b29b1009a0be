"""Expiring: what the lifecycle rules of a list would remove, in the worst case or from what ECR holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mirrorgen.desired.state import Repository
from mirrorgen.destinations.ecr.expiry import expire
from mirrorgen.destinations.ecr.rules import LifecycleRule
from mirrorgen.destinations.ecr.settings import RepositorySettings
from mirrorgen.destinations.ecr.worst_case import companions, worst_case
from mirrorgen.destinations.port import StoredImage
from mirrorgen.errors import InputError
from mirrorgen.files import read_named

Stored = Mapping[str, Sequence[StoredImage] | None]
"""Images by repository; None for a repository that does not exist."""


@dataclass(frozen=True, slots=True)
class Expiring:
    """An image that would go.

    Attributes:
        repository: its repository in ECR.
        digest: empty in the worst case, which knows only tags.
        tags: all of its tags.
        wanted: those among them that the list asks for.
        pushed_at: None in the worst case.
        rule: what takes it.
    """

    repository: str
    digest: str
    tags: tuple[str, ...]
    wanted: tuple[str, ...]
    pushed_at: datetime | None
    rule: LifecycleRule


def rules_of(repository: Repository) -> tuple[LifecycleRule, ...]:
    """Return the lifecycle rules of a repository; only ECR has any."""
    return repository.settings.lifecycle if isinstance(repository.settings, RepositorySettings) else ()


def expiring_at_worst(repositories: Sequence[Repository]) -> tuple[Expiring, ...]:
    """Return the tags that could go while each repository holds nothing but what the list asks for."""
    return tuple(
        Expiring(repository.name, "", (tag,), (tag,), None, rule)
        for repository in repositories
        for tag, rule in worst_case(rules_of(repository), repository.tags, companions(repository.entries))
    )


def expiring_of(repositories: Sequence[Repository], stored: Stored, *, now: datetime) -> tuple[Expiring, ...]:
    """Return the images that the rules of the list would remove from what ECR holds.

    Args:
        repositories: of the desired state.
        stored: what ECR holds.
        now: the moment of the evaluation.
    """
    return tuple(
        Expiring(
            repository=repository.name,
            digest=expiry.image.digest,
            tags=expiry.image.tags,
            wanted=tuple(filter(is_wanted, expiry.image.tags)),
            pushed_at=expiry.image.pushed_at,
            rule=expiry.rule,
        )
        for repository in repositories
        for is_wanted in [repository.asks_for()]
        for expiry in expire(rules_of(repository), stored.get(repository.name) or (), now=now)
    )


def read_images(paths: Sequence[Path]) -> Stored:
    """Read what `aws ecr describe-images` printed.

    Raises:
        InputError: a file cannot be read or says something else.
    """
    images: dict[str, list[StoredImage]] = {}
    for path in paths:
        try:
            details = json.loads(read_named(path))["imageDetails"]
            for detail in details:
                images.setdefault(detail["repositoryName"], []).append(_stored(detail))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = "`aws ecr describe-images --repository-name NAME --output json` prints it"
            raise InputError(f"{path} is not what ECR says of images: {error!r}", hint=hint) from error
    return images


def _stored(detail: Mapping[str, Any]) -> StoredImage:
    status = detail.get("imageStatus", "ACTIVE")
    return StoredImage(
        digest=detail["imageDigest"],
        tags=tuple(sorted(detail.get("imageTags", ()))),
        pushed_at=read_time(detail["imagePushedAt"]),
        pulled_at=_read_if_said(detail, "lastRecordedPullTime"),
        is_archived=status != "ACTIVE",
        archived_at=_read_if_said(detail, "lastArchivedAt") if status == "ARCHIVED" else None,
        activated_at=_read_if_said(detail, "lastActivatedAt"),
        subject=detail.get("subjectManifestDigest", ""),
    )


def _read_if_said(detail: Mapping[str, Any], key: str) -> datetime | None:
    return read_time(detail[key]) if detail.get(key) is not None else None


def read_time(value: str | float) -> datetime:
    """Read a time as the AWS command line prints it: ISO 8601, or seconds since 1970; UTC where none is said.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    read = datetime.fromisoformat(value)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
