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
    """Run the whole pipeline on this machine: an embedded ECR, small stand-ins for the images, the real tools.

    No AWS account and no image download is needed.
    """
    from mirrorgen.demo.pipeline import Demo

    Demo(load_usable(Path(file)), say=typer.echo).run(keep=keep)
    return ExitCode.OK
