"""Where programs are looked for: the folders of PATH, but for those whose content a cloned branch decides."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def find_program(name: str, env: Mapping[str, str], *, first: Path | None = None) -> Path | None:
    """Look for a program on PATH, outside of the project that the user stands in.

    Args:
        name: of the program.
        env: the environment, with PATH and HOME.
        first: a folder to look into before PATH.

    Returns:
        Its path, or None.
    """
    folders = [folder for folder in search_path(env).split(os.pathsep) if not _is_in_project(folder, env)]
    found = shutil.which(name, path=os.pathsep.join([*([str(first)] if first else []), *folders]))
    return Path(found) if found else None


def named_program(given: str, env: Mapping[str, str]) -> Path | None:
    """Return the program that somebody has named, by its path, which may be anywhere, or by a name on PATH."""
    if os.sep not in given:
        return find_program(given, env)
    return Path(given) if shutil.which(given) else None


def search_path(env: Mapping[str, str]) -> str:
    """Return PATH without what depends on the current folder: empty entries, `.` and all others that are relative.

    Source: POSIX, Base Definitions 8.3: an empty entry stands for the current folder.
    """
    folders = env.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if Path(folder).is_absolute())


def _is_in_project(folder: str, env: Mapping[str, str]) -> bool:
    """Whether a folder is in the current one; nobody's project is `/`, or what the user's home is in."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it has been removed, and nothing is in it
        return False
    home = Path(env.get("HOME") or Path.home()).resolve()
    return not home.is_relative_to(here) and Path(folder).resolve().is_relative_to(here)
