"""The lock of a list: which tags its rules stood for when it was written, and what each of them named.

It is made by a program and read by people, in a diff. So every tag has a line, nothing changes that need not, and
each entry carries two marks: `rule`, made from what the list asked for, and `seal`, made from the entry itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mirrorgen.model.images import Image, MasterList
from mirrorgen.model.references import is_tag
from mirrorgen.model.tags import passes
from mirrorgen.problems import Problem

Key = tuple[str, str]
"""What tells entries apart: the source, and the target repository where the entry names one."""


@dataclass(frozen=True, slots=True)
class LockedTag:
    """What a tag named, and since when the lock says so (UTC, ISO 8601)."""

    digest: str
    locked: str


@dataclass(frozen=True, slots=True)
class LockedImage:
    """One entry of the lock.

    Attributes:
        source: the upstream repository.
        repository: the target repository where the list's entry names one.
        rule: mark of what the list asked for.
        platforms: which platforms the list wants, `all` or one; the digest is that of the tag in any case.
        tags: sorted.
        seal: mark of all the rest.
        index: position in the lock, from 0.
    """

    source: str
    repository: str | None
    rule: str
    platforms: str
    tags: Mapping[str, LockedTag]
    seal: str = ""
    index: int = 0

    @property
    def key(self) -> Key:
        """What tells entries apart."""
        return (self.source, self.repository or "")

    @property
    def digests(self) -> dict[str, str]:
        """Digest by tag."""
        return {tag: locked.digest for tag, locked in self.tags.items()}

    def document(self) -> dict[str, Any]:
        """Return the entry as plain data, without its seal."""
        repository = {"repository": self.repository} if self.repository else {}
        tags = {tag: {"digest": named.digest, "locked": named.locked} for tag, named in sorted(self.tags.items())}
        return {"source": self.source, **repository, "rule": self.rule, "platforms": self.platforms, "tags": tags}

    def sealed(self) -> LockedImage:
        """Return this entry with the seal that belongs to it."""
        return replace(self, seal=_mark(self.document()))


@dataclass(frozen=True, slots=True)
class Lock:
    """Every entry of a lock, sorted by source and repository."""

    images: tuple[LockedImage, ...]

    @property
    def tag_count(self) -> int:
        """How many tags are locked altogether."""
        return sum(len(image.tags) for image in self.images)

    def by_key(self) -> dict[Key, LockedImage]:
        """Return the entries by what tells them apart."""
        return {image.key: image for image in self.images}


def lock_path(path: Path) -> Path:
    """Return where the lock of a list is: `images.lock.yaml` beside `images.yaml`."""
    return path.with_name(f"{path.stem}.lock.yaml")


def key_of(image: Image) -> Key:
    """Return what tells an entry of the list apart in its lock."""
    return (str(image.source), image.repository or "")


def rule_mark(image: Image) -> str:
    """Return a mark that changes when the list asks for other tags, or for another platform."""
    rule = image.tags
    return _mark(
        {
            **{key: sorted(getattr(rule, key)) for key in ("exact", "match", "semver", "exclude")},
            "newest": rule.newest,
            "order": rule.order,
            "platforms": image.copying.platform,
            # Not in locks that were written before lists had these.
            **({"suffix": rule.suffix} if rule.suffix is not None else {}),
            **({"digests": dict(rule.digests)} if rule.digests else {}),
        }
    )


def lock_problems(lock: Lock, master_list: MasterList) -> Iterator[Problem]:
    """Yield why entries of a lock do not belong to the list; paths are those of the lock."""
    wanted = {key_of(image): image for image in master_list.images}
    first: dict[Key, int] = {}
    for entry in lock.images:
        path = ("images", entry.index)
        image = wanted.get(entry.key)
        update = f"run `mirrorgen lock --update {entry.source}` and review the difference"
        if entry.key in first:
            related = ("images", first[entry.key], "source")
            message = f"{entry.source} stands here twice"
            yield Problem("lock-edited", message, (*path, "source"), update, related=related)
        elif image is None:
            message = f"the list has no such entry: {entry.source}"
            yield Problem("lock-unknown-image", message, (*path, "source"), "run `mirrorgen generate`")
        elif entry.seal != _mark(entry.document()):
            message = f"the entry for {entry.source} is not as `mirrorgen lock` wrote it"
            yield Problem("lock-edited", message, (*path, "source"), update)
        elif entry.rule != rule_mark(image):
            message = f"the list asks for other tags of {entry.source} than when this was locked"
            hint = "run `mirrorgen generate` and review the difference"
            yield Problem("lock-stale", message, (*path, "rule"), hint)
        else:
            yield from _impossible_tags(entry, image)
        first.setdefault(entry.key, entry.index)


def _impossible_tags(entry: LockedImage, image: Image) -> Iterator[Problem]:
    """A seal can be made by anybody: what follows from the list is looked at all the same."""
    path = ("images", entry.index, "tags")
    hint = f"run `mirrorgen lock --update {entry.source}` and review the difference"
    named = set(image.tags.named)
    for tag in entry.tags:
        if not is_tag(tag) or not (tag in named or (image.tags.is_open and passes(image.tags, tag))):
            message = f"the list does not choose the tag {tag!r} of {entry.source}"
            yield Problem("lock-edited", message, (*path, tag), hint, on_key=True)
        elif image.tags.digests.get(tag, entry.tags[tag].digest) != entry.tags[tag].digest:
            message = f"the list gives {tag!r} of {entry.source} another digest"
            yield Problem("lock-edited", message, (*path, tag), hint, on_key=True)
    for tag in sorted(named - entry.tags.keys()):
        yield Problem("lock-edited", f"the tag {tag!r} of the list is missing here", path, hint)


def needs_lock(master_list: MasterList, lock: Lock | None) -> Iterator[Problem]:
    """Yield entries that a lock must have and does not; paths are those of the list."""
    known = lock.by_key() if lock else {}
    for image in master_list.images:
        if key_of(image) in known:
            continue
        if lock:
            hint = "run `mirrorgen generate`"
            yield Problem("lock-missing-image", f"the lock does not have {image.source}", (*image.path, "source"), hint)
            continue
        hint = "run `mirrorgen generate`, review images.lock.yaml and commit it"
        if image.tags.newest is not None:
            message = "`newest` needs a lock: regsync cannot count, and the newest change with every release"
            yield Problem("newest-needs-lock", message, (*image.path, "tags", "newest"), hint)
        if image.copying.pin == "digest":
            message = f"`pin: digest` needs a lock, which has the digests of {image.source}"
            yield Problem("pin-needs-lock", message, (*image.path, "pin"), hint)


def wants_lock(master_list: MasterList) -> bool:
    """Return whether only a lock can say what some entry stands for."""
    return any(image.tags.is_open or image.copying.pin == "digest" for image in master_list.images)


def unsettled(lock: Lock | None, master_list: MasterList) -> frozenset[int]:
    """Return the indexes of entries that a lock does not have, or not for what the list asks for now."""
    known = lock.by_key() if lock else {}
    return frozenset(
        image.index
        for image in master_list.images
        if (locked := known.get(key_of(image))) is None or locked.rule != rule_mark(image)
    )


def locked_digests(lock: Lock, master_list: MasterList) -> dict[int, Mapping[str, str]]:
    """Return digest by tag for each entry of the list that the lock has, by its index."""
    known = lock.by_key()
    return {image.index: known[key_of(image)].digests for image in master_list.images if key_of(image) in known}


def _mark(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
