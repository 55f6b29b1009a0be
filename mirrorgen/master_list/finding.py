"""Where the list is when nobody says: in the current folder or the nearest one above that has one."""

from __future__ import annotations

import os
from pathlib import Path

from mirrorgen.errors import InputError

NAMES = ("images.yaml", "images.yml")


def find_list() -> Path:
    """Return the path of the list, relative to the current folder; `images.yaml` where there is none to be found.

    The search ends with the folder that holds `.git`: a list outside of a repository is not the repository's.

    Raises:
        InputError: a folder has it under both names, or a folder above has one of another user, with a module that
            nobody should run unasked.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        found = [folder / name for name in NAMES if (folder / name).exists()]
        named = [_relative(path, here) for path in found]
        if len(found) > 1:
            raise InputError(
                f"there are {named[0]} and {named[1]}, and it is not said which is meant",
                hint="remove one, or name the other with --file",
            )
        if found:
            if folder != here and found[0].stat().st_uid not in {0, os.geteuid()}:
                raise InputError(f"{named[0]} belongs to another user", hint=f"if you trust it, give --file {named[0]}")
            return named[0]
        if (folder / ".git").exists():
            break
    return Path(NAMES[0])


def _relative(path: Path, here: Path) -> Path:
    return Path(os.path.relpath(path, here))
