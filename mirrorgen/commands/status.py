"""`mirrorgen status`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.aiming import names_targets
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.in_use import InUseFiles, read_in_use
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import Only, load_usable, require_real, runtime_for, show_problems, warn_of_outdated
from mirrorgen.commands.reported import Result, announce
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat, StatusFormat

if TYPE_CHECKING:
    from mirrorgen.operations.holding.status import Status


@boundary
@names_list
@names_targets
def status(
    file: Path,
    only: Only = None,
    upstream: Annotated[
        bool, typer.Option("--upstream", help="Also compare digests with upstream: a HEAD request for each tag.")
    ] = False,
    findings: Annotated[
        bool, typer.Option("--findings", help="Also ask for the result of each image's scan: a request for each image.")
    ] = False,
    in_use: InUseFiles = None,
    output: Annotated[StatusFormat, typer.Option("--format", help="How the status is shown.")] = StatusFormat.TEXT,
) -> ExitCode:
    """Show what the target holds, beside what the list asks for.

    Exits with 3 if a repository or a tag is missing, a setting or a digest differs, or something that runs is not
    held, with 1 if a rule chooses nothing or a lifecycle rule would remove a tag of the list, with 5 if something could
    not be looked at. Tags and repositories that the list does not ask for are shown and do not count.
    """
    from mirrorgen.operations.holding.status import read_status

    if output is StatusFormat.PROMETHEUS:
        require_real("metrics")
    loaded = load_usable(file)
    warn_of_outdated(loaded)
    runtime = runtime_for(loaded, only=only or [])
    running = read_in_use(in_use, runtime)
    found = read_status(runtime, upstream=upstream, findings=findings, now=datetime.now(UTC), in_use=running)
    code = _code(found)
    if output is StatusFormat.HTML:
        from mirrorgen.reporting.page import format_page

        screen().show_document(format_page(found, stand_in=runtime.stand_in))
    elif output is StatusFormat.PROMETHEUS:
        from mirrorgen.reporting.metrics import format_metrics

        screen().show_document(format_metrics(found))
    else:
        announce("mirrorgen status", status_result(found), ResultFormat(output.value))
    show_problems(found.problems, loaded)
    return code


def status_result(found: Status) -> Result:
    """Return what a status comes to."""
    from mirrorgen.reporting.status import view_status

    return Result(_code(found), view_status(found))


def _code(found: Status) -> ExitCode:
    return exit_code(found.failures, has_problems=bool(found.expiring), has_differences=found.has_differences)
