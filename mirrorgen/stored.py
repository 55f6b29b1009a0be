"""An image as ECR holds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoredImage:
    """What ECR knows of an image.

    Attributes:
        digest: names it.
        tags: all of its tags, none for an untagged image.
        pushed_at: when it came, with a time zone.
        pulled_at: when ECR last recorded a pull; None for never.
        contains: digests of the images that it names, for an index.
    """

    digest: str
    tags: tuple[str, ...]
    pushed_at: datetime
    pulled_at: datetime | None = None
    contains: tuple[str, ...] = ()
