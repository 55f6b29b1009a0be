"""`mirrorgen sync`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.options import (
    DEFAULT_LIST,
    ListFile,
    Only,
    RegsyncBin,
    Shard,
    load_usable,
    parse_shard,
    runtime_for,
)
from mirrorgen.commands.reported import ReportFile, Result, announce, reported
from mirrorgen.errors import ExitCode
from mirrorgen.reporting.formats import ResultFormat


@boundary
def sync(
    file: ListFile = DEFAULT_LIST,
    only: Only = None,
    shard: Shard = None,
    full: Annotated[
        bool, typer.Option("--full", help="Let regsync look at every tag, whatever ECR holds already.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Copy nothing; show what would be looked at, and exit with 3 if any.")
    ] = False,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the result is shown.")] = ResultFormat.TEXT,
    retries: Annotated[
        int, typer.Option("--retries", min=0, max=10, metavar="N", help="Try what may pass again, so often.")
    ] = 2,
    retry_wait: Annotated[
        float, typer.Option("--retry-wait", min=0, metavar="SECONDS", help="Wait before the first retry; then doubled.")
    ] = 30,
    report: ReportFile = None,
    regsync_bin: RegsyncBin = None,
) -> ExitCode:
    """Copy the images, and check that all are in ECR.

    Asks ECR first. regsync is given only tags that ECR lacks, and moving tags.

    Exits with 5 if a tag is missing or could not be copied; what could be copied is copied all the same.
    """
    from mirrorgen.operations.copying.syncing import Patience, plan_sync, sync_images
    from mirrorgen.reporting.plans import format_sync, format_sync_plan
    from mirrorgen.reporting.progress import sync_progress

    part = parse_shard(shard, os.environ)
    patience = Patience(retries, retry_wait)

    def run() -> Result:
        runtime = runtime_for(load_usable(file), only=only or [], part=part, regsync_bin=regsync_bin)
        plan = plan_sync(runtime, full=full)
        with sync_progress(plan.todo.desired.tag_count) as on_event:
            result = sync_images(runtime, plan, patience=patience, on_event=on_event)
        code = ExitCode.FAILED if result.failures else ExitCode.OK
        return Result(code, lambda shown: format_sync(result, shown))

    def look() -> Result:
        plan = plan_sync(runtime_for(load_usable(file), only=only or [], part=part, regsync_bin=regsync_bin), full=full)
        code = ExitCode.OK if plan.todo.is_empty else ExitCode.DIFFERENT
        if plan.work.failures or plan.work.problems or plan.left:
            code = ExitCode.FAILED
        return Result(code, lambda shown: format_sync_plan(plan, shown))

    if dry_run:
        return announce("mirrorgen sync --dry-run", look(), output)
    return reported("sync", run, master_list=file, output=output, report=report, part=part)
