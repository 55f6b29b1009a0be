"""Settings of an ECR repository: what a list asks for, key by key, and what is decided from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mirrorgen.destinations.ecr.access import Pull, merge_pull, pull_document
from mirrorgen.destinations.ecr.rules import Lifecycle, LifecycleRule, policy
from mirrorgen.destinations.ecr.tags import CHARACTERS, is_tag
from mirrorgen.destinations.ecr.written_rules import build_lifecycle, written_rule_problems
from mirrorgen.model.targets import Settings
from mirrorgen.problems import KeyPath, Problem

_MAX_RESOURCE_TAGS = 50


@dataclass(frozen=True, slots=True)
class Encryption:
    """Encryption at rest: `KMS` or `KMS_DSSE` (with the AWS managed key when `kms_key` is None), or `AES256`."""

    type: str = "KMS"
    kms_key: str | None = None


@dataclass(frozen=True, slots=True)
class EcrSettings(Settings):
    """What a list asks for; `tags` are AWS resource tags, sorted."""

    tag_mutability: str = "auto"
    scan_on_push: bool = True
    encryption: Encryption = Encryption()
    lifecycle: Lifecycle = Lifecycle()  # noqa: RUF009 - it is immutable
    pull: Pull = Pull()  # noqa: RUF009 - it is immutable
    tags: tuple[tuple[str, str], ...] = (("ManagedBy", "terraform"), ("Purpose", "image-mirror"))


@dataclass(frozen=True, slots=True)
class Mutability:
    """Whether tags may move, and the filters for the tags that `*_WITH_EXCLUSION` excepts."""

    setting: str
    exclusions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RepositorySettings(Settings):
    """What a repository must have.

    Attributes:
        mutability: of tags.
        scan_on_push: whether ECR scans what arrives.
        encryption: at rest.
        lifecycle: ECR's rules, by priority.
        resource_tags: AWS resource tags, sorted.
        repository_policy: who else may pull, as the text of a policy; None where the list lets nobody else, and leaves
            a policy alone that others have put there.
    """

    mutability: Mutability
    scan_on_push: bool
    encryption: Encryption
    lifecycle: tuple[LifecycleRule, ...]
    resource_tags: tuple[tuple[str, str], ...]
    repository_policy: str | None = None


def merge_settings(base: EcrSettings, data: Mapping[str, Any]) -> EcrSettings:
    """Lay what stands under `ecr` over `base`, key by key."""
    return EcrSettings(
        tag_mutability=data.get("tag_mutability", base.tag_mutability),
        scan_on_push=data.get("scan_on_push", base.scan_on_push),
        encryption=_merge_encryption(base.encryption, data.get("encryption", {})),
        lifecycle=build_lifecycle(base.lifecycle, data.get("lifecycle", {})),
        pull=merge_pull(base.pull, data.get("pull", {})),
        tags=_merge_tags(base.tags, data.get("tags", {})),
    )


def settings_problems(data: Mapping[str, Any], path: KeyPath) -> Iterator[Problem]:
    """Yield what is wrong with what stands under `ecr`, as far as the check of the shape left it."""
    encryption = data.get("encryption", {})
    if encryption.get("type") == "AES256" and encryption.get("kms_key"):
        message = "a KMS key is given, but the type AES256 does not use one"
        yield Problem("kms-key-unused", message, (*path, "encryption", "kms_key"), "remove it, or write type: KMS")
    tags = data.get("tags", {})
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            message = f"{key!r}: AWS keeps `aws:` for itself"
            yield Problem("bad-resource-tag", message, (*path, "tags", key), "choose another key", on_key=True)
        elif not is_tag(key, value or ""):
            message = f"AWS refuses the resource tag {key[:60]!r}"
            yield Problem("bad-resource-tag", message, (*path, "tags", key), CHARACTERS)
    count = sum(value is not None for value in tags.values())
    if count > _MAX_RESOURCE_TAGS:
        message = f"{count} resource tags; AWS allows {_MAX_RESOURCE_TAGS}"
        yield Problem("bad-resource-tag", message, (*path, "tags"))
    yield from written_rule_problems(data.get("lifecycle", {}), (*path, "lifecycle"))


def settings_document(settings: EcrSettings) -> dict[str, Any]:
    """Return what stands under `ecr` for these settings."""
    return {
        "tag_mutability": settings.tag_mutability,
        "scan_on_push": settings.scan_on_push,
        "encryption": {"type": settings.encryption.type, "kms_key": settings.encryption.kms_key},
        "lifecycle": _lifecycle_document(settings.lifecycle),
        "pull": pull_document(settings.pull),
        "tags": {**dict.fromkeys(dict(EcrSettings().tags)), **dict(settings.tags)},
    }


def _merge_tags(base: tuple[tuple[str, str], ...], data: Mapping[str, str | None]) -> tuple[tuple[str, str], ...]:
    """Lay tags over others; null takes one away."""
    merged = {**dict(base), **data}
    return tuple(sorted((key, value) for key, value in merged.items() if value is not None))


def _lifecycle_document(lifecycle: Lifecycle) -> dict[str, Any]:
    if lifecycle.rules is not None:
        return policy(lifecycle.rules)
    return {"untagged_days": lifecycle.untagged_days or False, "keep_last": lifecycle.keep_last or False}


def _merge_encryption(base: Encryption, data: Mapping[str, Any]) -> Encryption:
    encryption = Encryption(data.get("type", base.type), data.get("kms_key", base.kms_key))
    # An entry that asks for AES256 does not inherit the key of the defaults.
    return Encryption("AES256") if encryption.type == "AES256" else encryption
