"""Reaching registries: which settings of other files a list can take over, and which not, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mirrorgen.master_list.sending import upstream_problems
from mirrorgen.master_list.writing import registry_document
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.credentials import read_credentials
from mirrorgen.model.images import Registry
from mirrorgen.model.registries import default_alias
from mirrorgen.readers.contract import Place, Reading, Refusal


@dataclass(frozen=True, slots=True)
class Reached:
    """How a file reaches a registry, with the names of variables that it signs in with."""

    file: str
    registry: Registry

    @property
    def host(self) -> str:
        """The registry."""
        return self.registry.host

    def refusal(self, reason: str, hint: str = "") -> Refusal:
        """Return what is said of settings that cannot be taken over."""
        return Refusal(f"the settings for {self.host}", Place(self.file, 0), "", reason, hint)


def usable_settings(
    readings: Sequence[Reading], has: Mapping[str, Registry], target: str, allowances: Allowances
) -> tuple[list[Reached], tuple[Refusal, ...]]:
    """Return what a list can take over, for each registry that it does not configure, and why not the rest.

    Args:
        readings: of the files, in order.
        has: the registries that the list configures, by host.
        target: host of the list's own target, which `target` configures.
        allowances: what the list may do with credentials.
    """
    usable: dict[str, Reached] = {}
    refused = []
    for reading in readings:
        for reached in _reached(reading):
            if reached.host == target or not said_of(reached.registry):
                continue
            if reached.host in has:
                refused += _differing(reached, has[reached.host], "the list")
            elif reached.host in usable:
                refused += _differing(reached, usable[reached.host].registry, usable[reached.host].file)
            else:
                usable[reached.host], trouble = _allowed(reached, allowances)
                refused += trouble
    return [reached for reached in usable.values() if said_of(reached.registry)], tuple(refused)


def said_of(registry: Registry) -> dict[str, Any]:
    """Return what has to stand under `registries` for one: all that is not its default."""
    default = registry_document(Registry(registry.host, default_alias(registry.host)))
    return {key: value for key, value in registry_document(registry).items() if default.get(key) != value}


def _reached(reading: Reading) -> list[Reached]:
    file = next((image.place.file for image in reading.images), "")
    registries = {
        host: reading.registries.get(host) or Registry(host, default_alias(host))
        for host in dict.fromkeys((*reading.registries, *reading.credentials))
    }
    return [
        Reached(file, replace(registry, credentials=reading.credentials.get(host)))
        for host, registry in registries.items()
    ]


def _differing(reached: Reached, has: Registry, where: str) -> list[Refusal]:
    there = registry_document(has)
    keys = [key for key, value in said_of(reached.registry).items() if there.get(key) != value]
    hint = f"write {' and '.join(keys)} under registries.{reached.host} by hand, if that is meant"
    return [reached.refusal(f"{where} has other settings for it", hint)] if keys else []


def _allowed(reached: Reached, allowances: Allowances) -> tuple[Reached, list[Refusal]]:
    """Leave out credentials that a list may not name, or not send there."""
    registry = reached.registry
    if registry.credentials is None:
        return reached, []
    _, problems = read_credentials(registry.credentials.document(), ("registries", reached.host))
    problems += upstream_problems({reached.host: registry}, {reached.host: reached.host}, allowances)
    if not problems:
        return reached, []
    without = Reached(reached.file, replace(registry, credentials=None))
    return without, [reached.refusal(problems[0].message, problems[0].hint)]
