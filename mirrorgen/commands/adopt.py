"""`mirrorgen adopt`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.aiming import names_target
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import TerraformBin, Wait, load_usable, runtime_for
from mirrorgen.commands.reported import Result, announce
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat


@boundary
@names_list
@names_target
def adopt(
    file: Path,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the result is shown.")] = ResultFormat.TEXT,
    wait: Wait = False,
    terraform_bin: TerraformBin = None,
) -> ExitCode:
    """Let Terraform take over repositories that ECR has already.

    Writes `import` blocks for the repositories of the list, and their lifecycle policies, that ECR has and Terraform's
    state lacks, and saves the plan for apply; changes nothing in AWS. Shows each setting that is not as the list asks.
    Refuses what would be replaced.

    Exits with 3 if there is something to take over.
    """
    from mirrorgen.operations.repositories.adopting import adopt as take_over
    from mirrorgen.reporting.adoptions import view_adoption

    runtime = runtime_for(load_usable(file), options={"terraform": terraform_bin})
    adoption = take_over(runtime, wait=wait)
    code = exit_code(has_differences=bool(adoption.adopted))
    return announce("mirrorgen adopt", Result(code, view_adoption(adoption)), output)
