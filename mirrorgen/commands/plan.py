"""`mirrorgen plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.aiming import names_targets
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import (
    RegsyncBin,
    TerraformBin,
    Wait,
    load_usable,
    runtime_for,
    show_problems,
    warn_of_outdated,
)
from mirrorgen.commands.reported import Result, announce
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.operations.planning import MirrorPlan


@boundary
@names_list
@names_targets
def plan(
    file: Path,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the plan is shown.")] = ResultFormat.TEXT,
    wait: Wait = False,
    terraform_bin: TerraformBin = None,
    regsync_bin: RegsyncBin = None,
) -> ExitCode:
    """Show what apply and sync would do.

    Lists repositories to create, change and destroy, and tags to copy, and saves Terraform's plan for apply.

    Exits with 0 if there is nothing to do, with 3 if there is, with 1 if a rule chooses nothing now, with 5 if upstream
    lacks a tag, something could not be checked or apply would fail.
    """
    from mirrorgen.operations.planning import make_plan

    loaded = load_usable(file)
    warn_of_outdated(loaded)
    runtime = runtime_for(loaded, options={"regsync": regsync_bin, "terraform": terraform_bin})
    made = make_plan(runtime, wait=wait)
    code = announce("mirrorgen plan", plan_result(made), output)
    show_problems(made.problems, loaded)
    return code


def plan_result(made: MirrorPlan) -> Result:
    """Return what a plan comes to."""
    from mirrorgen.reporting.plans import view_plan

    return Result(exit_code(made.failures, has_differences=made.is_pending), view_plan(made))
