"""What a plan does to the settings of the registry itself, apart from those of repositories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mirrorgen.destinations.port import SettingDifference
from mirrorgen.operations.repositories.planning import REGISTRY_SETTINGS
from mirrorgen.tools.terraform import Change

_VERBS = {"create": "take over", "update": "change", "delete": "give up", "replace": "change"}

TITLE = "Settings of the registry, for all repositories of the account in the region"


def of_repositories(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Leave out what is about the registry itself."""
    return tuple(change for change in changes if change.resource_type not in REGISTRY_SETTINGS)


def registry_lines(changes: Iterable[Change], differences: Sequence[SettingDifference] = ()) -> list[str]:
    """Return a line for each setting that Terraform changes, and for each that is not as the list asks.

    Args:
        changes: of a plan.
        differences: what the registry has, and what it will have.
    """
    lines = [f"{change['action']} {change['setting']}" for change in registry_documents(changes)]
    return lines + [f"{each.setting}: {each.found}, then {each.wanted}" for each in differences]


def registry_documents(changes: Iterable[Change]) -> list[dict[str, str]]:
    """Return what Terraform does to each setting, for programs."""
    return [
        {"setting": REGISTRY_SETTINGS[change.resource_type], "action": _VERBS.get(change.action, change.action)}
        for change in changes
        if change.resource_type in REGISTRY_SETTINGS
    ]
