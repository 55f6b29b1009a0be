"""Lists in a git repository."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from mirrorgen.master_list.lock import Lock, LockedImage, LockedTag, key_of, rule_mark
from mirrorgen.project import load
from mirrorgen.rendering.files import render_lock

NGINX, REDIS, APP = "docker.io/library/nginx", "docker.io/library/redis", "quay.io/org/app"
IMAGES: dict[str, Any] = {NGINX: {"tags": ["1.25.3", "latest"]}, REDIS: {"tags": ["7.2.4"]}}


def git(*args: str) -> str:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    return subprocess.run(["git", *who, *args], check=True, capture_output=True, text=True).stdout.strip()


def commit() -> str:
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", "a commit")
    return git("rev-parse", "HEAD")


def write(images: dict[str, Any], **more: Any) -> None:
    document = {**more, "images": [{"source": source, **entry} for source, entry in images.items()]}
    Path("images.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


def lock(tags: dict[str, dict[str, str]]) -> None:
    """Write a lock as `mirrorgen lock` would, with a digest of one letter for each tag."""
    master_list = load(Path("images.yaml"), use_lock=False).master_list
    assert master_list
    images = [
        LockedImage(
            *(key_of(image)[0], image.repository, rule_mark(image), image.copying.platform or "all"),
            {
                tag: LockedTag(f"sha256:{letter * 64}", "2026-01-31T06:00:00Z")
                for tag, letter in tags[str(image.source)].items()
            },
        ).sealed()
        for image in master_list.images
    ]
    Path("images.lock.yaml").write_text(render_lock(Lock(tuple(images))))
