"""Repositories that the list does not have: what they weigh, and whether anybody still pulls from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mirrorgen.destinations.port import Footprint
from mirrorgen.model.targets import Target
from mirrorgen.operations.holding.status import Stray
from mirrorgen.reporting.amounts import NOT_TOLD, day, size

STRAYS = "Repositories below the prefix that the list does not have"

STRAY_HEAD = ("not in the list", "images", "size", "last pull")

_WHAT_IS_TOLD = (
    f"{STRAYS}: the size is the registry's sum over all images, in which shared layers count for each; the last pull "
    "may have been up to a day later than told."
)


def stray_rows(strays: Sequence[Stray]) -> list[tuple[str, str, str, str]]:
    """Return what is told of each; a registry that tells no sizes tells no pulls either."""
    return [(stray.name, *_told(stray.footprint)) for stray in strays]


def stray_note(strays: Sequence[Stray], target: Target) -> str:
    """Return what these numbers are, and what puts the repositories into the list; nothing where there are none."""
    told = _WHAT_IS_TOLD if any(stray.footprint.size_bytes is not None for stray in strays) else ""
    # Where pushes make repositories nobody takes them over.
    remedy = _enlisting(target) if strays and target.is_provisioned else ""
    return " ".join(filter(None, (told, remedy)))


def stray_size(strays: Sequence[Stray]) -> int | None:
    """Return what they weigh together; None where that is not known of each."""
    sizes = [stray.footprint.size_bytes for stray in strays]
    return None if None in sizes else sum(count for count in sizes if count is not None)


def stray_sum(strays: Sequence[Stray]) -> str:
    """Return how many there are, and what they weigh together where that is known."""
    together = stray_size(strays)
    return f"{len(strays):,}, with {size(together)}" if strays and together is not None else f"{len(strays):,}"


def stray_documents(strays: Sequence[Stray] | None) -> list[dict[str, Any]] | None:
    """Return them as they stand in JSON; None where nobody may know."""
    return None if strays is None else [_document(stray) for stray in strays]


def _enlisting(target: Target) -> str:
    named = f" --target {target.list_name}" if target.list_name else ""
    return f"`mirrorgen adopt --prefix {target.prefix}{named}` shows list entries for them."


def _told(footprint: Footprint) -> tuple[str, str, str]:
    if footprint.images is None:
        return (NOT_TOLD, NOT_TOLD, NOT_TOLD)
    return (f"{footprint.images:,}", size(footprint.size_bytes), day(footprint.pulled_at))


def _document(stray: Stray) -> dict[str, Any]:
    footprint = stray.footprint
    return {
        "name": stray.name,
        "images": footprint.images,
        "size_bytes": footprint.size_bytes,
        "pulled_at": footprint.pulled_at.isoformat() if footprint.pulled_at else None,
    }
