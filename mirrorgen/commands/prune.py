"""`mirrorgen prune`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.aiming import names_target
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.in_use import InUseFiles, read_in_use
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import Only, load_usable, runtime_for, warn_of_outdated
from mirrorgen.commands.reported import ReportFile, Result, announce, reported
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.operations.runtime import Runtime


@boundary
@names_list
@names_target
def prune(
    file: Path,
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="PLAN", help="Write what would go to this file; delete nothing.")
    ] = None,
    apply: Annotated[
        Path | None, typer.Option("--apply", metavar="PLAN", help="Delete exactly what this file says.")
    ] = None,
    older_than: Annotated[
        int, typer.Option("--older-than", min=0, metavar="DAYS", help="Leave what was pushed since; in both steps.")
    ] = 30,
    in_use: InUseFiles = None,
    only: Only = None,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the result is shown.")] = ResultFormat.TEXT,
    report: ReportFile = None,
) -> ExitCode:
    """Delete tags that the list no longer asks for, in two steps.

    With --plan exits with 3 if something would go; with --apply with 1, and nothing deleted, if the list, the target or
    what runs has changed since. Exits with 1 if a rule chooses nothing, with 5 if a repository could not be looked at,
    or the target refused.

    What runs, by --in-use, is never deleted; give it in both steps.
    """
    from mirrorgen.files import write_file
    from mirrorgen.operations.holding.pruning import (
        apply_prune_plan,
        format_prune_plan,
        make_prune_plan,
        read_prune_plan,
    )
    from mirrorgen.reporting.removals import view_deleted, view_prune_plan

    if (plan is None) is (apply is None):
        raise UsageError("what is to be done is not said", hint="give --plan FILE, review it, then --apply FILE")

    def prepare() -> Runtime:
        loaded = load_usable(file)
        warn_of_outdated(loaded)
        return runtime_for(loaded, only=only or [])

    def make(where: Path) -> Result:
        runtime = prepare()
        running = read_in_use(in_use, runtime)
        made = make_prune_plan(runtime, older_than_days=older_than, now=datetime.now(UTC), in_use=running)
        write_file(where, format_prune_plan(made), project=file.parent, is_private=True)
        code = exit_code(made.failures, has_differences=bool(made.removals))
        return Result(code, view_prune_plan(made))

    def delete(where: Path) -> Result:
        runtime = prepare()
        reviewed = read_prune_plan(where)
        running, now = read_in_use(in_use, runtime), datetime.now(UTC)
        gone, refused = apply_prune_plan(runtime, reviewed, older_than_days=older_than, now=now, in_use=running)
        return Result(exit_code(refused), view_deleted(gone, refused))

    if plan is not None:
        return announce("mirrorgen prune --plan", make(plan), output)
    assert apply is not None
    return reported("prune", partial(delete, apply), master_list=file, output=output, report=report, only=only or ())
