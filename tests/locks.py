"""Locks as `mirrorgen lock` writes them, of digests that a test makes up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mirrorgen.master_list.lock import Lock, LockedImage, LockedTag, lock_path, rule_mark
from mirrorgen.model.images import MasterList
from mirrorgen.project import load
from mirrorgen.rendering.files import render_lock

Digests = Mapping[str, Mapping[str, str]]
"""Digest by tag, by source."""


def lock_of(master_list: MasterList, digests: Digests) -> Lock:
    """Return a lock that has the entries of a list for whose sources there are digests."""
    entries = [
        LockedImage(
            str(image.source),
            image.repository,
            rule_mark(image),
            image.copying.platform or "all",
            {tag: LockedTag(digest, "2026-01-31T06:00:00Z") for tag, digest in digests[str(image.source)].items()},
        ).sealed()
        for image in master_list.images
        if str(image.source) in digests
    ]
    return Lock(tuple(sorted(entries, key=lambda entry: entry.key)))


def write_lock(path: Path, digests: Digests) -> None:
    """Write the lock of a list beside it."""
    loaded = load(path, use_lock=False)
    assert loaded.master_list
    lock_path(path).write_text(render_lock(lock_of(loaded.master_list, digests)))
    assert load(path).is_usable
