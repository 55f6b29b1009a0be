"""Lifecycle rules as a list writes them, in few words."""

from __future__ import annotations

from typing import Any

from mirrorgen.destinations.ecr.rules import Lifecycle, LifecycleRule
from mirrorgen.destinations.ecr.written_rules import build_lifecycle


def rules(*selections: dict[str, Any]) -> tuple[LifecycleRule, ...]:
    """Rules with the priorities 1, 2, 3, ..., each with the action that goes with what it counts."""
    data = [
        {"rulePriority": number, "selection": selection, "action": _action(selection["countType"])}
        for number, selection in enumerate(selections, start=1)
    ]
    return build_lifecycle(Lifecycle(), {"rules": data}).rules or ()


def count(number: int, *prefixes: str, **more: Any) -> dict[str, Any]:
    tagged = {"tagStatus": "tagged", "tagPrefixList": list(prefixes)} if prefixes else {"tagStatus": "any"}
    return {**tagged, "countType": "imageCountMoreThan", "countNumber": number, **more}


def age(days: int, status: str = "tagged", *, by: str = "sinceImagePushed", **lists: Any) -> dict[str, Any]:
    where = {"storageClass": "archive"} if by == "sinceImageTransitioned" else {}
    return {"tagStatus": status, **lists, **where, "countType": by, "countUnit": "days", "countNumber": days}


def _action(count_type: str) -> dict[str, str]:
    if count_type == "sinceImagePulled":
        return {"type": "transition", "targetStorageClass": "archive"}
    return {"type": "expire"}
