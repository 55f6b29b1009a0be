"""How long a copy takes at least, as a document and as a sentence."""

from __future__ import annotations

from typing import Any

from mirrorgen.operations.copying.pushing import Pushing

_WORTH_SAYING_S = 60
"""Shorter copies are over before anybody wonders."""


def pushing_document(pushing: Pushing | None) -> dict[str, Any] | None:
    """Return what is pushed and how long it takes, for programs."""
    if pushing is None:
        return None
    return {
        "per_second": pushing.per_second,
        "manifests": {"at_least": pushing.least, "usually": pushing.usual},
        "seconds": {"at_least": pushing.least_s, "usually": pushing.usual_s},
    }


def pushing_sentence(pushing: Pushing | None) -> str:
    """Return how long the copy takes; nothing where that is less than a minute in any case that is usual."""
    if pushing is None or pushing.usual_s < _WORTH_SAYING_S:
        return ""
    usually = f", and usually {duration(pushing.usual_s)}" if pushing.usual > pushing.least else ""
    return (
        f"{pushing.label} takes {pushing.per_second} manifests a second in a region, from all machines together, "
        f"unless that quota was raised: copying takes at least {duration(pushing.least_s)}{usually}."
    )


def duration(seconds: int) -> str:
    """Return a time in words, without seconds from an hour on: `1 min 40 s`, `2 h 46 min`."""
    minutes, rest = divmod(seconds, 60)
    hours, of_hour = divmod(minutes, 60)
    parts = [(hours, "h"), (of_hour, "min"), (0 if hours else rest, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"
