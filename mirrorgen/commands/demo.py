"""`mirrorgen demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import load_usable
from mirrorgen.outcomes import ExitCode


@boundary
@names_list
def demo(
    file: Path,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="LISTING", help="What upstream has, for a list with rules that choose tags."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the embedded ECR running, and print how to use it from another shell.")
    ] = False,
) -> ExitCode:
    """Run everything on this machine, without AWS.

    Uses an embedded ECR, small stand-ins for the images, and the real tools; nothing is downloaded from a registry.
    """
    from mirrorgen.demo.pipeline import Demo
    from mirrorgen.operations.upstream.selecting import read_listing

    listings = read_listing(from_file) if from_file else {}
    Demo(load_usable(file, use_lock=False), listings=listings, say=screen().show).run(keep=keep)
    return ExitCode.OK
