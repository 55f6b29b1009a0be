"""Lists of any size, the same on every run, and what they would be with one regsync entry for each tag."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from mirrorgen.master_list.lock import Lock, LockedImage, LockedTag, lock_path, rule_mark
from mirrorgen.model.images import Image
from mirrorgen.project import load
from mirrorgen.rendering.files import render_lock

TAGS_PER_IMAGE = 10

_HOSTS = ("docker.io", "quay.io", "gcr.io", "ghcr.io", "public.ecr.aws")
_FLAVOURS = ("", "-alpine", "-slim")


def write_list(path: Path, images: int) -> None:
    """Write a master list of so many images, of ten tags each; in every fourth, some tags move."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write("images:\n")
        for index in range(images):
            stream.write(f"  - source: {_HOSTS[index % len(_HOSTS)]}/team-{index % 97}/service-{index}\n")
            stream.write(f"    tags: [{', '.join(_tags(index))}]\n")


def write_locked(path: Path, images: int) -> None:
    """Write a master list of so many rules, and beside it a lock in which each has chosen ten tags."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write("images:\n")
        for index in range(images):
            stream.write(f"  - source: {_HOSTS[index % len(_HOSTS)]}/team-{index % 97}/service-{index}\n")
            stream.write(f"    tags: {{semver: ['>=1'], exclude: ['.*-rc.*'], newest: {TAGS_PER_IMAGE}}}\n")
    master_list = load(path, use_lock=False).master_list
    assert master_list
    locked = (
        LockedImage(str(image.source), None, rule_mark(image), "all", _locked(image)) for image in master_list.images
    )
    lock_path(path).write_text(render_lock(Lock(tuple(image.sealed() for image in locked))), encoding="utf-8")


def _locked(image: Image) -> dict[str, LockedTag]:
    tags = [f"v1.{number}.{image.index % 7}" for number in range(TAGS_PER_IMAGE)]
    digests = {tag: hashlib.sha256(f"{image.source}:{tag}".encode()).hexdigest() for tag in tags}
    return {tag: LockedTag(f"sha256:{digest}", "2026-01-01T00:00:00Z") for tag, digest in digests.items()}


def write_ungrouped(grouped: Path, path: Path) -> None:
    """Write the work of a rendered regsync.yaml once more, as one entry of type `image` for each tag.

    Line by line, because a large list in this process would count as memory of the children it starts.
    """
    source = target = ""
    with grouped.open(encoding="utf-8") as lines, path.open("w", encoding="utf-8") as stream:
        for line in lines:
            key, _, value = line.strip().removeprefix("- ").partition(": ")
            if source and line.startswith("        - "):
                tag = key.strip("'").replace("\\", "")
                stream.write(f"  - source: '{source}:{tag}'\n    target: '{target}:{tag}'\n    type: image\n")
            elif key == "source":
                source = value.strip("'")
            elif key == "target":
                target = value.strip("'")
            elif not source:
                stream.write(line)


def _tags(index: int) -> Iterator[str]:
    for number in range(TAGS_PER_IMAGE):
        moves = index % 4 == 0 and number % 3 == 0
        patch = "" if moves else f".{(index + number) % 7}"
        yield f'"v{1 + index % 3}.{number}{patch}{_FLAVOURS[index % len(_FLAVOURS)]}"'
