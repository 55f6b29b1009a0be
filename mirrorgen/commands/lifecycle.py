"""`mirrorgen lifecycle`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.aiming import names_targets
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.in_use import Horizon, InUseFiles, read_in_use
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import (
    Sources,
    canonical_sources,
    load_usable,
    runtime_for,
)
from mirrorgen.commands.reported import show_result
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat


@boundary
@names_list
@names_targets
def lifecycle(
    file: Path,
    sources: Sources = None,
    live: Annotated[bool, typer.Option("--live", help="Look at what ECR holds now.")] = False,
    from_files: Annotated[
        list[Path] | None,
        typer.Option("--from", metavar="IMAGES", help="Look at what `aws ecr describe-images` printed, a file each."),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Evaluate as of this day or time; now, if left out.")
    ] = None,
    in_use: InUseFiles = None,
    horizon: Horizon = 30,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the result is shown.")] = ResultFormat.TEXT,
) -> ExitCode:
    """Show what the lifecycle rules would remove.

    Without --live or --from, each repository is taken to hold only what the list asks for, of any age and in any
    order: what could go then is shown.

    With --in-use also shows, for each image that runs, the day on which it would go while nothing is pushed or pulled.

    Exits with 1 if a tag that the list asks for would go, or what runs within --horizon days; with 3 if what runs is
    not held; with 5 if it is not known of all.
    """
    from mirrorgen.operations.holding.expiring import expiring_at_worst, expiring_of, read_images
    from mirrorgen.operations.holding.running import Held, running_of, unclear
    from mirrorgen.reporting.lifecycles import view_expiring

    if in_use and not (live or from_files):
        raise UsageError("--in-use needs what ECR holds", hint="add --live, or --from IMAGES")
    if live and from_files:
        raise UsageError("--live and --from are two ways to say what ECR holds", hint="give one of them")
    # What this shows is more than the sentence that it would be refused with.
    loaded = load_usable(file, tolerated={"lifecycle-expires-wanted"})
    runtime = runtime_for(loaded, sources=canonical_sources(sources or [], loaded))
    repositories = runtime.desired.repositories
    now = _time(at)
    used, running = None, None
    if live or from_files:
        stored = (
            runtime.destination.images(repository.name for repository in repositories)
            if live
            else read_images(from_files or [])
        )
        expiring = expiring_of(repositories, stored, now=now)
        if used := read_in_use(in_use, runtime, live=live):
            running = running_of(repositories, stored, used, now=now)
    else:
        expiring = expiring_at_worst(repositories)
    failures = unclear(used)
    show_result(view_expiring(repositories, expiring, running, failures), output)
    soon = now + timedelta(days=horizon)
    going = any(each.goes and each.goes.at <= soon for each in running or ())
    return exit_code(
        failures,
        has_problems=going or any(image.wanted for image in expiring),
        has_differences=any(each.held is Held.NO for each in running or ()),
    )


def _time(at: str | None) -> datetime:
    from mirrorgen.operations.holding.expiring import read_time

    if at is None:
        return datetime.now(UTC)
    try:
        return read_time(at)
    except ValueError as error:
        raise UsageError(f"--at: {at!r} is no time", hint="write 2027-01-31 or 2027-01-31T12:00:00Z") from error
