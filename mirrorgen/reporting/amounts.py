"""Sizes and days as a person reads them."""

from __future__ import annotations

from datetime import datetime

from mirrorgen.destinations.port import StoredImage

NOT_TOLD = "not told"


def day(moment: datetime | None) -> str:
    """Return the day of a moment, `never` for none."""
    return moment.strftime("%Y-%m-%d") if moment else "never"


def pushed(image: StoredImage) -> str:
    """Return the day on which an image came, `not told` where the registry does not say."""
    return day(image.pushed_at) if image.pushed_at else NOT_TOLD


def pulled(image: StoredImage) -> str:
    """Return the day of the last pull, `never` for none, `not told` where the registry tells no times."""
    return NOT_TOLD if image.pulled_at is None and image.pushed_at is None else day(image.pulled_at)


def size(count: int | None) -> str:
    """Return bytes as a person reads them, in powers of 1024; `not told` where they are not known."""
    if count is None:
        return NOT_TOLD
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"
