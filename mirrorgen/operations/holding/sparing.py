"""Sparing what runs: no plan may take it away, be it at once or by the rules that it brings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from mirrorgen.consumers.running import InUse, Use
from mirrorgen.errors import InputError
from mirrorgen.operations.holding.running import Running, running_of
from mirrorgen.operations.runtime import Runtime
from mirrorgen.tools.terraform import Change

_POLICY = "aws_ecr_lifecycle_policy"
_SAID = 5
"""How many images a sentence names."""


def require_sparing(
    runtime: Runtime, changes: Iterable[Change], in_use: InUse, *, horizon_days: int | None, now: datetime
) -> None:
    """Make sure that a plan leaves alone what runs.

    Args:
        runtime: of the list.
        changes: of the plan.
        in_use: what runs.
        horizon_days: so long must what runs stay under lifecycle rules that the plan changes; None for however long.
        now: the time.

    Raises:
        InputError: it destroys a repository of which something runs, or brings rules that remove something too soon; or
            it is not known of everything what runs.
        ToolUnusable, ToolFailed: the target cannot be asked.
    """
    changes = list(changes)
    destroyed = {change.name for change in changes if change.destroys_repository}
    ruled = {change.name for change in changes if _changes_rules(change)} - destroyed
    if in_use.refused and (destroyed or ruled):
        raise InputError(in_use.unclear, hint="nothing that may run is put at risk")
    lost = [said for name in sorted(destroyed) for said in _lost_with(name, in_use)]
    if lost:
        message = f"the plan destroys repositories of which something runs: {_first(lost)}"
        raise InputError(message, hint="stop what runs first, or leave out --in-use")
    if horizon_days is not None and ruled:
        _require_time(runtime, ruled, in_use, now, horizon_days)


def _lost_with(name: str, in_use: InUse) -> list[str]:
    """What runs of a repository, also by a name upstream that the list, without the repository, no longer has."""
    return [_said(use) for use in in_use.of(name)] or [
        f"{name} as {source} ({use.consumers[0]})" for source, use in in_use.perhaps_of(name)
    ]


def _changes_rules(change: Change) -> bool:
    return change.resource_type == _POLICY and change.action not in {"no-op", "forget"}


def _require_time(runtime: Runtime, names: set[str], in_use: InUse, now: datetime, days: int) -> None:
    repositories = [repository for repository in runtime.desired.repositories if repository.name in names]
    stored = runtime.destination.images(repository.name for repository in repositories)
    limit = now + timedelta(days=days)
    soon = [
        f"{_said(running.use)} on {running.goes.at:%Y-%m-%d}, by rule {running.goes.rule.priority}"
        for running in sorted(running_of(repositories, stored, in_use, now=now), key=_when)
        if running.goes and running.goes.at <= limit
    ]
    if soon:
        message = f"the lifecycle rules of the plan would remove what runs within {days} days: {_first(soon)}"
        raise InputError(message, hint="change the rules; or, if that is meant, add --allow-expiry")


def _when(running: Running) -> tuple[str, str]:
    return running.goes.at.isoformat() if running.goes else "", running.use.image


def _said(use: Use) -> str:
    return f"{use.image} ({use.consumers[0]})"


def _first(said: list[str]) -> str:
    more = f"; and {len(said) - _SAID} more" if len(said) > _SAID else ""
    return "; ".join(said[:_SAID]) + more
