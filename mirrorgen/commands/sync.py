"""`mirrorgen sync`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.aiming import names_targets
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import (
    Only,
    RegsyncBin,
    Retries,
    RetryWait,
    Shard,
    load_usable,
    parse_shard,
    runtime_for,
    warn_of_outdated,
)
from mirrorgen.commands.reported import ReportFile, Result, announce, reported
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.operations.copying.syncing import Patience
    from mirrorgen.operations.runtime import Runtime


@boundary
@names_list
@names_targets
def sync(
    file: Path,
    only: Only = None,
    shard: Shard = None,
    full: Annotated[
        bool, typer.Option("--full", help="Let regsync look at every tag, whatever the target holds already.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Also hold fixed tags that are there against upstream: a HEAD request for each."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Copy nothing; show what would be looked at, and exit with 3 if any.")
    ] = False,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the result is shown.")] = ResultFormat.TEXT,
    retries: Retries = 2,
    retry_wait: RetryWait = 30,
    report: ReportFile = None,
    regsync_bin: RegsyncBin = None,
) -> ExitCode:
    """Copy the images, and check that all are in the target.

    Asks the target first. regsync is given only tags that it lacks, and moving tags.

    Exits with 5 if a tag is missing or could not be copied, with 1 if only a rule chooses nothing; what could be
    copied is copied all the same.
    """
    from mirrorgen.operations.copying.replicating import plan_replication
    from mirrorgen.operations.copying.syncing import Patience, plan_sync
    from mirrorgen.reporting.syncs import view_replication_plan, view_sync_plan

    part = parse_shard(shard, os.environ)
    patience = Patience(retries, retry_wait)

    def prepare() -> Runtime:
        loaded = load_usable(file)
        warn_of_outdated(loaded)
        return runtime_for(loaded, only=only or [], part=part, options={"regsync": regsync_bin})

    def run() -> Result:
        return sync_result(prepare(), full=full, verify=verify, patience=patience)

    def look_ahead() -> Result:
        if (runtime := prepare()).desired.target.replicated_from:
            expected = plan_replication(runtime, full=full or verify)
            code = exit_code(expected.failures, has_differences=bool(expected.behind))
            return Result(code, view_replication_plan(expected))
        plan = plan_sync(runtime, full=full, verify=verify, may_pull=False)
        return Result(exit_code(plan.failures, has_differences=not plan.todo.is_empty), view_sync_plan(plan))

    if dry_run:
        return announce("mirrorgen sync --dry-run", look_ahead(), output)
    return reported("sync", run, master_list=file, output=output, report=report, part=part, only=only or ())


def sync_result(runtime: Runtime, *, full: bool = False, verify: bool = False, patience: Patience) -> Result:
    """Copy the images, show how far it is, and return what came of it.

    Args:
        runtime: of the list.
        full, verify: as the options of these names.
        patience: how often to try again.

    Raises:
        ToolUnusable, ToolFailed, UsageError: nothing is known of any image.
    """
    from mirrorgen.operations.copying.replicating import plan_replication, replicate
    from mirrorgen.operations.copying.syncing import plan_sync, sync_images
    from mirrorgen.reporting.progress import sync_progress
    from mirrorgen.reporting.syncs import view_sync

    if runtime.desired.target.replicated_from:
        replicated = replicate(runtime, plan_replication(runtime, full=full or verify), patience=patience)
        return Result(exit_code(replicated.failures), view_sync(replicated))
    plan = plan_sync(runtime, full=full, verify=verify)
    with sync_progress(plan.todo.desired.tag_count, screen()) as on_event:
        result = sync_images(runtime, plan, patience=patience, on_event=on_event)
    return Result(exit_code(result.failures), view_sync(result))
