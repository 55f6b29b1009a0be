"""Settings of a repository as ECR has them, held against those that the list asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mirrorgen.destinations.ecr.access import same_policy
from mirrorgen.destinations.ecr.rules import policy
from mirrorgen.destinations.ecr.settings import RepositorySettings
from mirrorgen.destinations.port import SettingDifference

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient
    from mypy_boto3_ecr.type_defs import RepositoryTypeDef


@dataclass(frozen=True, slots=True)
class FoundSettings:
    """Settings of a repository, in ECR's own words.

    Attributes:
        tag_mutability: `MUTABLE`, `IMMUTABLE` or one of these with exclusions.
        exclusions: filters of tags that are excepted, sorted.
        scan_on_push: whether ECR scans what arrives.
        encryption: `AES256`, `KMS` or `KMS_DSSE`.
        kms_key: ARN of the key, None without one of your own.
        lifecycle: rules of the policy, by priority; none without a policy.
        resource_tags: AWS resource tags.
        repository_policy: who else may use it, as text; nothing without a policy, None where nobody asked.
    """

    tag_mutability: str
    exclusions: tuple[str, ...]
    scan_on_push: bool
    encryption: str
    kms_key: str | None
    lifecycle: tuple[Mapping[str, Any], ...]
    resource_tags: Mapping[str, str]
    repository_policy: str | None = None


def settings_of(client: ECRClient, account_id: str, name: str, *, with_policy: bool = False) -> FoundSettings | None:
    """Ask for the settings of a repository; None for one that does not exist.

    Args:
        client: for the region.
        account_id: of the registry.
        name: of the repository.
        with_policy: also ask for its repository policy.
    """
    try:
        answer = client.describe_repositories(repositoryNames=[name], registryId=account_id)
    except client.exceptions.RepositoryNotFoundException:
        return None
    (described,) = answer["repositories"]
    tags = client.list_tags_for_resource(resourceArn=described["repositoryArn"])["tags"]
    encryption = described.get("encryptionConfiguration", {"encryptionType": "AES256"})
    return FoundSettings(
        tag_mutability=described.get("imageTagMutability", "MUTABLE"),
        exclusions=_exclusions(described),
        scan_on_push=described.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        encryption=encryption["encryptionType"],
        kms_key=encryption.get("kmsKey"),
        lifecycle=lifecycle_of(client, account_id, name),
        resource_tags={tag["Key"]: tag["Value"] for tag in tags},
        repository_policy=policy_of(client, account_id, name) if with_policy else None,
    )


def differences(wanted: RepositorySettings, found: FoundSettings) -> Iterator[SettingDifference]:
    """Yield what is not as wanted."""
    both: dict[str, tuple[Any, Any]] = {
        "tag mutability": (wanted.mutability.setting, found.tag_mutability),
        "exclusion filters": (list(wanted.mutability.exclusions), list(found.exclusions)),
        "scan on push": (wanted.scan_on_push, found.scan_on_push),
        "encryption": (wanted.encryption.type, found.encryption),
        "lifecycle": (policy(wanted.lifecycle)["rules"], [dict(rule) for rule in found.lifecycle]),
        "resource tags": (dict(wanted.resource_tags), _own_tags(wanted, found)),
    }
    if wanted.encryption.kms_key:
        both["KMS key"] = (wanted.encryption.kms_key, found.kms_key)
    for setting, (ours, theirs) in both.items():
        if ours != theirs:
            yield SettingDifference(setting, _shown(ours), _shown(theirs))
    # Without a word of the list a policy is none of its business: Lambda, for one, puts its own.
    if wanted.repository_policy and not same_policy(wanted.repository_policy, found.repository_policy or ""):
        yield SettingDifference("repository policy", wanted.repository_policy, found.repository_policy or "none")


def _exclusions(described: RepositoryTypeDef) -> tuple[str, ...]:
    filters: Any = described.get("imageTagMutabilityExclusionFilters") or []
    return tuple(sorted(exclusion["filter"] for exclusion in filters))


def lifecycle_of(client: ECRClient, account_id: str, name: str) -> tuple[Mapping[str, Any], ...]:
    """Ask for the rules of a repository, by priority; none where it has no policy."""
    try:
        answer = client.get_lifecycle_policy(repositoryName=name, registryId=account_id)
    except client.exceptions.LifecyclePolicyNotFoundException:
        return ()
    rules = json.loads(answer["lifecyclePolicyText"])["rules"]
    return tuple(sorted(rules, key=lambda rule: rule["rulePriority"]))


def policy_of(client: ECRClient, account_id: str, name: str) -> str:
    """Ask for the policy of a repository, as text; nothing where it has none."""
    try:
        return client.get_repository_policy(repositoryName=name, registryId=account_id)["policyText"]
    except client.exceptions.RepositoryPolicyNotFoundException:
        return ""


def _own_tags(wanted: RepositorySettings, found: FoundSettings) -> dict[str, str]:
    """AWS services put tags of their own on resources; those the list does not name are none of its business."""
    names = dict(wanted.resource_tags)
    return {key: value for key, value in found.resource_tags.items() if key in names}


def _shown(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "; ".join(_shown_rule(rule) for rule in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}={value[key]}" for key in sorted(value)) or "none"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown_rule(rule: Mapping[str, Any]) -> str:
    selection = rule.get("selection", {})
    tags = selection.get("tagPrefixList") or selection.get("tagPatternList") or []
    parts = [selection.get("tagStatus"), *tags, selection.get("countType"), selection.get("countNumber")]
    parts += [selection.get("storageClass"), rule.get("action", {}).get("type")]
    return f"{rule.get('rulePriority')}: {' '.join(str(part) for part in parts if part is not None)}"
