"""`mirrorgen sync`."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.options import DEFAULT_LIST, ListFile, RegsyncBin, load_usable, runtime_for
from mirrorgen.errors import ExitCode
from mirrorgen.reporting.formats import ResultFormat


@boundary
def sync(
    file: ListFile = DEFAULT_LIST,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the result is shown.")] = ResultFormat.TEXT,
    regsync_bin: RegsyncBin = None,
) -> ExitCode:
    """Copy the images, and check that all are in ECR.

    Exits with 5 if a tag is missing or could not be copied; what could be copied is copied all the same.
    """
    from mirrorgen.operations.syncing import sync_images
    from mirrorgen.reporting.plans import format_sync
    from mirrorgen.reporting.progress import sync_progress

    runtime = runtime_for(load_usable(file), regsync_bin=regsync_bin)
    with sync_progress(runtime.desired.tag_count) as on_event:
        result = sync_images(runtime, on_event=on_event)
    typer.echo(format_sync(result, output), nl=False)
    return ExitCode.FAILED if result.failures else ExitCode.OK
