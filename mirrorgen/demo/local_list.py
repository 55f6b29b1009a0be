"""A list as the demo runs it: the same entries, for images that are made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mirrorgen.desired.selection import Listings
from mirrorgen.desired.state import DesiredState
from mirrorgen.errors import UsageError
from mirrorgen.model.images import Image, MasterList


def images_to_serve(desired: DesiredState, listings: Listings) -> dict[str, list[str]]:
    """Tags to serve, by source: what the list writes out, and for rules what the listing has.

    Raises:
        UsageError: a rule has nothing to choose from.
    """
    images: dict[str, set[str]] = {}
    for _, entry in desired.entries:
        source = str(entry.source)
        if entry.is_open and source not in listings:
            hint = "give it with --from; `mirrorgen tags --save FILE` asks the real upstreams and writes it"
            raise UsageError(f"the demo does not know which tags {source} has for its rule to choose from", hint=hint)
        images.setdefault(source, set()).update(entry.tags, listings.get(source, ()))
    return {source: sorted(tags) for source, tags in images.items()}


def local_list(master_list: MasterList, digests: Mapping[tuple[str, str], str]) -> MasterList:
    """Give a list the digests of what stands in for its images; nothing else of it changes.

    Args:
        master_list: the list.
        digests: of what stands in for the images, by source and tag.
    """
    return replace(master_list, images=tuple(_with_digests(image, digests) for image in master_list.images))


def _with_digests(image: Image, digests: Mapping[tuple[str, str], str]) -> Image:
    found = {tag: digests[str(image.source), tag] for tag in image.tags.digests}
    return replace(image, tags=replace(image.tags, digests=found))
