"""`mirrorgen demo`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.aiming import names_target
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import allowances, names_list
from mirrorgen.commands.options import load_usable
from mirrorgen.outcomes import ExitCode


@boundary
@names_list
@names_target
def demo(
    file: Path,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="LISTING", help="What upstream has, for a list with rules that choose tags."),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Leave it all running, and print a line for the shell that leads every run there."),
    ] = False,
) -> ExitCode:
    """Run everything on this machine, without AWS.

    Uses an embedded ECR, small stand-ins for the images, and the real tools; no image is downloaded.

    With --keep, `eval "$(mirrorgen demo --keep)"` lets plan, apply, sync and status in your own folder run against it.
    """
    from mirrorgen.demo.pipeline import Demo
    from mirrorgen.operations.stand_in import VARIABLE
    from mirrorgen.operations.upstream.selecting import read_listing
    from mirrorgen.project import CURED_BY_LOCK

    listings = read_listing(from_file) if from_file else {}
    # What a shell is to run is all that may stand on standard output.
    say = screen().say if keep else screen().show
    loaded = load_usable(file, use_lock=False, tolerated=CURED_BY_LOCK)
    kept = Demo(loaded, listings=listings, allowances=allowances(), say=say).run(keep=keep)
    if kept:
        screen().show(f"export {VARIABLE}={shlex.quote(str(kept.stand_in_file))}")
        folder = shlex.quote(str(kept.stand_in_file.parent))
        screen().note("A shell with this line asks and changes nothing real; each run in it says so.")
        screen().note(f"To end it: kill {kept.pid}; rm -r {folder}; unset {VARIABLE}")
    return ExitCode.OK
