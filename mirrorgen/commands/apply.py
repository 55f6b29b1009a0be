"""`mirrorgen apply`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.aiming import names_targets
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.in_use import Horizon, InUseFiles, read_in_use
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import TerraformBin, Wait, load_usable, runtime_for
from mirrorgen.commands.reported import ReportFile, Result, reported
from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.tools.terraform import TerraformPlan


@boundary
@names_list
@names_targets
def apply(
    file: Path,
    allow_destroy: Annotated[
        bool, typer.Option("--allow-destroy", help="Also destroy repositories, with the images in them.")
    ] = False,
    in_use: InUseFiles = None,
    horizon: Horizon = 30,
    allow_expiry: Annotated[
        bool, typer.Option("--allow-expiry", help="Also take rules that would remove what runs within --horizon days.")
    ] = False,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the result is shown.")] = ResultFormat.TEXT,
    report: ReportFile = None,
    wait: Wait = False,
    terraform_bin: TerraformBin = None,
) -> ExitCode:
    """Create and change the repositories.

    Applies exactly the plan that `mirrorgen plan` showed, and refuses if the list has changed since. Does nothing for a
    registry in which a push makes the repository.

    With --in-use refuses a plan that destroys a repository of which something runs, or whose lifecycle rules would
    remove it within --horizon days.
    """
    from mirrorgen.operations.holding.sparing import require_sparing
    from mirrorgen.operations.repositories.applying import apply_plan
    from mirrorgen.reporting.plans import view_applied

    def run() -> Result:
        runtime = runtime_for(load_usable(file), options={"terraform": terraform_bin})
        running, now = read_in_use(in_use, runtime), datetime.now(UTC)

        def also(plan: TerraformPlan) -> None:
            if running:
                days = None if allow_expiry else horizon
                require_sparing(runtime, plan.changes, running, horizon_days=days, now=now)

        applied = apply_plan(runtime, allow_destroy=allow_destroy, wait=wait, also=also)
        return Result(ExitCode.OK, view_applied(applied))

    return reported("apply", run, master_list=file, output=output, report=report)
