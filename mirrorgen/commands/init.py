"""`mirrorgen init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.outcomes import ExitCode


@boundary
def init(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to start.")] = Path()) -> ExitCode:
    """Start in a folder: a list and the module.

    Writes a list to edit and the Terraform module that mirrorgen drives. Files that are there are left alone.
    """
    from mirrorgen.files import write_files
    from mirrorgen.master_list.finding import NAMES
    from mirrorgen.rendering.module import module_files
    from mirrorgen.resources import resource

    example = (resource("templates") / "images.yaml").read_text(encoding="utf-8")
    # A second list beside one of the other name would only raise the question which is meant.
    master_list = next((name for name in NAMES if (folder / name).exists()), NAMES[0])
    files = {master_list: example, **module_files()}
    kept = [name for name in files if (folder / name).exists()]
    for name in kept:
        screen().say(f"kept {folder / name}")
    for name in write_files(folder, {name: text for name, text in files.items() if name not in kept}):
        screen().say(f"wrote {folder / name}")
    screen().say(f"next: edit {master_list}, then run `mirrorgen render` and `mirrorgen plan`")
    return ExitCode.OK
