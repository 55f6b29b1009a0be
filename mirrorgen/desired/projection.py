"""A list with several targets as it is for one of them: everything behind it knows of one."""

from __future__ import annotations

from dataclasses import replace

from mirrorgen.model.images import MasterList
from mirrorgen.model.named_targets import NamedTarget


def projected(master_list: MasterList, named: NamedTarget) -> MasterList:
    """Return what a list asks of one target: its entries alone, read where the first has them already.

    Args:
        master_list: the whole list.
        named: one of its targets.
    """
    images = tuple(image for image in master_list.images if named.share.takes(image))
    first = master_list.targets[0] if named.reads_first else None
    return replace(master_list, target=named.target, images=images, first=first)
