"""`mirrorgen move`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.aiming import names_target
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.in_use import InUseFiles, read_in_use
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import RegsyncBin, TerraformBin, Wait, load_usable, runtime_for
from mirrorgen.commands.reported import ReportFile, Result, reported
from mirrorgen.errors import UsageError
from mirrorgen.operations.repositories.steps import Step
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.tools.terraform import Change


@boundary
@names_list
@names_target
def move(
    file: Path,
    allow_destroy: Annotated[
        bool, typer.Option("--allow-destroy", help="Also destroy the old repositories, once all is in the new ones.")
    ] = False,
    step: Annotated[
        Step | None, typer.Option("--step", help="Take this step alone, with the role that may; all if not given.")
    ] = None,
    in_use: InUseFiles = None,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the result is shown.")] = ResultFormat.TEXT,
    report: ReportFile = None,
    wait: Wait = False,
    terraform_bin: TerraformBin = None,
    regsync_bin: RegsyncBin = None,
) -> ExitCode:
    """Move the images of repositories that have another name in the list now.

    ECR cannot rename a repository. Of the plan that `mirrorgen plan` showed, creates the new repositories, copies every
    image of the old ones into them, by digest and without upstream, and checks that all is there. Destroys the old ones
    only then, and only with --allow-destroy. Does nothing else of the plan.

    Exits with 5 if an image is not in its new repository; the old one stays.
    """
    from mirrorgen.operations.holding.sparing import require_sparing
    from mirrorgen.operations.repositories.moving import move as move_images
    from mirrorgen.reporting.moves import view_moved
    from mirrorgen.reporting.progress import sync_progress

    steps = [step] if step else [each for each in Step if allow_destroy or each is not Step.DESTROY]
    if step is Step.DESTROY and not allow_destroy:
        raise UsageError("--step destroy destroys repositories", hint="if that is meant, add --allow-destroy")

    def run() -> Result:
        runtime = runtime_for(load_usable(file), options={"regsync": regsync_bin, "terraform": terraform_bin})
        running, now = read_in_use(in_use, runtime), datetime.now(UTC)

        def also(changes: Sequence[Change]) -> None:
            if running:
                require_sparing(runtime, changes, running, horizon_days=None, now=now)

        # How many images there are is known only when ECR has been asked.
        with sync_progress(0, screen()) as on_event:
            moved = move_images(runtime, steps, wait=wait, also=also, on_event=on_event)
        return Result(exit_code(moved.failures), view_moved(moved))

    return reported("move", run, master_list=file, output=output, report=report)
