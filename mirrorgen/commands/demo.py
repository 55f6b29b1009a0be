"""`mirrorgen demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.options import DEFAULT_LIST, ListFile, load_usable
from mirrorgen.errors import ExitCode


@boundary
def demo(
    file: ListFile = DEFAULT_LIST,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the embedded ECR running, and print how to use it from another shell.")
    ] = False,
) -> ExitCode:
    """Run everything on this machine, without AWS.

    Uses an embedded ECR, small stand-ins for the images, and the real tools; nothing is downloaded from a registry.
    """
    from mirrorgen.demo.pipeline import Demo

    Demo(load_usable(Path(file)), say=typer.echo).run(keep=keep)
    return ExitCode.OK
