"""What terraform.tfvars.json must say; terraform/variables.tf declares exactly these variables."""

from __future__ import annotations

from typing import Any

from mirrorgen.desired.state import DesiredState, Repository
from mirrorgen.model.images import LifecycleRule


def document(state: DesiredState) -> dict[str, Any]:
    """Return the content of terraform.tfvars.json as plain data, without its comment."""
    return {
        "account_id": state.target.account_id,
        "region": state.target.region,
        "mirrored_images": [_image(repository) for repository in state.repositories],
    }


def _image(repository: Repository) -> dict[str, Any]:
    return {
        "source": str(repository.source),
        "repository": repository.name,
        "tag_mutability": repository.mutability.setting,
        "mutability_exclusions": list(repository.mutability.exclusions),
        "scan_on_push": repository.scan_on_push,
        "encryption": {"type": repository.encryption.type, "kms_key": repository.encryption.kms_key},
        "lifecycle_rules": [_rule(rule) for rule in repository.lifecycle],
        "tags": dict(repository.resource_tags),
    }


def _rule(rule: LifecycleRule) -> dict[str, Any]:
    return {
        "priority": rule.priority,
        "description": rule.description or None,
        "tag_status": rule.tag_status,
        "tag_prefixes": list(rule.tag_prefixes),
        "tag_patterns": list(rule.tag_patterns),
        "count_type": rule.count_type,
        "count_unit": rule.count_unit,
        "count_number": rule.count_number,
    }
