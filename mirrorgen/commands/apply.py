"""`mirrorgen apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import TerraformBin, Wait, load_usable, runtime_for
from mirrorgen.commands.reported import ReportFile, Result, reported
from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.formats import ResultFormat


@boundary
@names_list
def apply(
    file: Path,
    allow_destroy: Annotated[
        bool, typer.Option("--allow-destroy", help="Also destroy repositories, with the images in them.")
    ] = False,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the result is shown.")] = ResultFormat.TEXT,
    report: ReportFile = None,
    wait: Wait = False,
    terraform_bin: TerraformBin = None,
) -> ExitCode:
    """Create and change the repositories.

    Applies exactly the plan that `mirrorgen plan` showed, and refuses if the list has changed since. Does nothing for a
    registry in which a push makes the repository.
    """
    from mirrorgen.operations.repositories.applying import apply_plan
    from mirrorgen.reporting.plans import view_applied

    def run() -> Result:
        runtime = runtime_for(load_usable(file), options={"terraform": terraform_bin})
        applied = apply_plan(runtime, allow_destroy=allow_destroy, wait=wait)
        return Result(ExitCode.OK, view_applied(applied))

    return reported("apply", run, master_list=file, output=output, report=report)
