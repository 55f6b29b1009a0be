"""What runs, and how long the target will hold it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mirrorgen.operations.holding.running import Held, Running
from mirrorgen.reporting.views import Table

_HEAD = ("runs", "used by", "held", "goes", "rule")


def running_table(running: Sequence[Running]) -> Table:
    """Return what runs, what goes first at the top."""
    rows = [
        (
            found.use.image,
            consumers(found.use.consumers),
            str(found.held),
            f"{found.goes.at:%Y-%m-%d}" if found.goes else "-",
            str(found.goes.rule.priority) if found.goes else "-",
        )
        for found in sorted(running, key=_urgency)
    ]
    return Table(_HEAD, rows)


def running_documents(running: Sequence[Running] | None) -> list[dict[str, Any]] | None:
    """Return what runs as it stands in JSON; None where nobody said what runs."""
    return None if running is None else [_document(found) for found in running]


def consumers(names: Sequence[str]) -> str:
    """Return who runs an image in few words: the first, and how many more."""
    if not names:
        return "-"
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _urgency(found: Running) -> tuple[bool, str, str]:
    return found.held is not Held.NO, found.goes.at.isoformat() if found.goes else "~", found.use.image


def _document(found: Running) -> dict[str, Any]:
    return {
        "repository": found.use.repository,
        "tag": found.use.tag,
        "digest": found.use.digest,
        "consumers": list(found.use.consumers),
        "held": found.held.name.lower(),
        "goes_at": found.goes.at.isoformat() if found.goes else None,
        "rule": found.goes.rule.priority if found.goes else None,
        "action": found.goes.rule.action if found.goes else None,
    }
