"""What a cloned branch decides: the folders whose programs nobody but a branch may have chosen."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from mirrorgen.places import holds_home, work_tree


def checkouts(env: Mapping[str, str], *folders: Path) -> frozenset[Path]:
    """Return the projects of a run: what is around the current folder, and around others.

    Around a folder is the outermost git work tree that it is in; where there is none, the folder itself is meant.
    Nobody's project is `/`, or what the user's home is in.

    Args:
        env: the environment, with HOME.
        folders: more of them: that of the list.
    """
    around = {project for folder in folders if (project := _around(folder, env))}
    try:
        here = _around(Path.cwd(), env)
    except FileNotFoundError:  # it has been removed, and nothing is in it
        return frozenset(around)
    return frozenset(around | ({here} if here else set()))


def is_in(path: Path, projects: Collection[Path]) -> bool:
    """Return whether a path is in a project, or leads through it; by whatever name, as links and letter case go."""
    known = {identity for project in projects for identity in _identities(project)}
    ways = (Path(os.path.abspath(path)), path.resolve())  # noqa: PTH100 - the way as it is written
    return any(identity in known for way in ways for part in (way, *way.parents) for identity in _identities(part))


def _around(folder: Path, env: Mapping[str, str]) -> Path | None:
    folder = folder.resolve()
    return work_tree(folder, env) or (None if holds_home(folder, env) else folder)


def _identities(path: Path) -> Iterator[tuple[int, int]]:
    try:
        found = path.stat()
    except OSError:
        return
    yield found.st_dev, found.st_ino
