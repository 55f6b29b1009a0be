"""Where programs are looked for: the folders of PATH, but for those whose content a cloned branch decides."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from mirrorgen.tools.checkouts import checkouts, is_in

_NOWHERE = os.devnull
"""What PATH says where nothing is left of it: to be empty would again stand for the current folder."""


def find_program(name: str, env: Mapping[str, str], *, around: Path | None = None) -> Path | None:
    """Look for a program on PATH, outside of the project.

    Args:
        name: of the program.
        env: the environment, with PATH and HOME.
        around: the folder of the list; that of the user counts always.

    Returns:
        Its path, or None.
    """
    projects = checkouts(env, *([around] if around else []))
    for folder in outside(env, around=around)["PATH"].split(os.pathsep):
        found = shutil.which(name, path=folder)
        if found and not is_in(Path(found), projects):
            return Path(found)
    return None


def named_program(given: str, env: Mapping[str, str], *, around: Path | None = None) -> Path | None:
    """Return the program that somebody has named, by its path, which may be anywhere, or by a name on PATH."""
    if os.sep not in given:
        return find_program(given, env, around=around)
    return Path(given) if shutil.which(given) else None


def outside(env: Mapping[str, str], *, around: Path | None = None) -> dict[str, str]:
    """Return an environment in which PATH leads only to what no branch decides: to nothing relative, or in the project.

    Args:
        env: the environment, with PATH and HOME.
        around: the folder of the list; that of the user counts always.
    """
    projects = checkouts(env, *([around] if around else []))
    folders = search_path(env).split(os.pathsep)
    kept = [folder for folder in folders if not is_in(Path(folder), projects)]
    return {**env, "PATH": os.pathsep.join(kept) or _NOWHERE}


def search_path(env: Mapping[str, str]) -> str:
    """Return PATH without what depends on the current folder: empty entries, `.` and all others that are relative.

    Source: POSIX, Base Definitions 8.3: an empty entry stands for the current folder.
    """
    folders = env.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if Path(folder).is_absolute()) or _NOWHERE
