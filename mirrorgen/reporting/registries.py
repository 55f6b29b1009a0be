"""What a plan does to the settings of the registry itself, apart from those of repositories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mirrorgen.destinations.port import SettingDifference
from mirrorgen.operations.repositories.planning import REGISTRY_SETTINGS
from mirrorgen.reporting.views import Block, Items, Line
from mirrorgen.tools.terraform import Change

_VERBS = {"create": "take over", "update": "change", "delete": "give up", "replace": "change"}

TITLE = "Settings of the registry, for all repositories of the account in the region"

_SCANNING, _REPLICATION = "scanning", "replication"
_UNSEEN = "Settings of the registry that are not as the list asks, and that Terraform does not see"
_EMPTIED = (
    "`aws ecr put-replication-configuration --replication-configuration '{\"rules\": []}'` empties it; the next plan "
    "and apply set it as the list asks."
)


def of_repositories(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Leave out what is about the registry itself."""
    return tuple(change for change in changes if change.resource_type not in REGISTRY_SETTINGS)


def registry_lines(changes: Sequence[Change], differences: Sequence[SettingDifference] = ()) -> list[str]:
    """Return a line for each setting that Terraform changes, with what the registry has and will have.

    Args:
        changes: of a plan.
        differences: what is not as the list asks.
    """
    lines = [f"{change['action']} {change['setting']}" for change in registry_documents(changes)]
    left = unseen(changes, differences)
    seen = (each for each in differences if each not in left)
    return lines + [f"{each.setting}: {each.found}, then {each.wanted}" for each in seen]


def unseen(changes: Iterable[Change], differences: Iterable[SettingDifference]) -> list[SettingDifference]:
    """Return what is not as the list asks, and is changed by nothing that Terraform does.

    Its provider compares the keys that it knows: what others have set beside them is no change to it.
    """
    changed = {document["setting"] for document in registry_documents(changes)}
    return [
        each for each in differences if (_REPLICATION if each.setting == _REPLICATION else _SCANNING) not in changed
    ]


def unseen_blocks(changes: Iterable[Change], differences: Iterable[SettingDifference]) -> list[Block]:
    """Return these settings, and what helps."""
    left = unseen(changes, differences)
    lines = [f"{each.setting}: {each.found}, wanted {each.wanted}" for each in left]
    helps = [Line(_EMPTIED)] if any(each.setting == _REPLICATION for each in left) else []
    return [Items(_UNSEEN, lines), *helps]


def registry_documents(changes: Iterable[Change]) -> list[dict[str, str]]:
    """Return what Terraform does to each setting, for programs."""
    return [
        {"setting": REGISTRY_SETTINGS[change.resource_type], "action": _VERBS.get(change.action, change.action)}
        for change in changes
        if change.resource_type in REGISTRY_SETTINGS
    ]
