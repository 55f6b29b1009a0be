"""Which images of a repository nobody asks for: neither the list, nor an image that stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mirrorgen.destinations.port import StoredImage
from mirrorgen.model.tags import SIGNATURES


def unwanted(
    images: Sequence[StoredImage], *, is_wanted: Callable[[str], bool], stays: Callable[[StoredImage], bool]
) -> list[StoredImage]:
    """Return the images that can go, all their tags with them.

    What stays keeps more: an index keeps the images that it names, also those within an index within it; an image
    keeps its signatures. What has no tag stays, as nothing here removes it, and so does what is archived.

    Args:
        images: everything the repository holds.
        is_wanted: tells of a tag whether the list asks for it.
        stays: tells of an image whether it stays for another reason, such as its age.
    """
    going = {
        image.digest: image
        for image in images
        if image.tags and not image.is_archived and not stays(image) and not any(map(is_wanted, image.tags))
    }
    staying = [image for image in images if image.digest not in going]
    while staying:
        digests = {image.digest for image in staying}
        parts = {part for image in staying for part in image.contains}
        staying = [image for image in going.values() if image.digest in parts or _belongs_to(image, digests)]
        for image in staying:
            del going[image.digest]
    return list(going.values())


def _belongs_to(image: StoredImage, digests: set[str]) -> bool:
    return image.subject in digests or any(_signed(tag) in digests for tag in image.tags)


def _signed(tag: str) -> str:
    """The digest that a tag such as `sha256-<digest>.sig` belongs to, otherwise nothing."""
    return f"sha256:{tag.removeprefix(SIGNATURES)[:64]}" if tag.startswith(SIGNATURES) else ""
