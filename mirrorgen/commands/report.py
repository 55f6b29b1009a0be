"""`mirrorgen report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode


@boundary
def report(
    files: Annotated[list[Path], typer.Argument(metavar="REPORT...", help="Reports of all parts of one sync.")],
    merge: Annotated[bool, typer.Option("--merge", help="Join them into one.")] = False,
) -> ExitCode:
    """Join the reports of the parts of a sync.

    Prints the joined report, and exits as one sync of the whole list would have: with 5 if anything is not mirrored,
    or if a part has no report.
    """
    from mirrorgen.reporting.reports import format_report, merge_reports, read_report

    if not merge:
        raise UsageError("what is to be done with the reports is not said", hint="add --merge")
    joined = merge_reports([read_report(path) for path in files])
    typer.echo(format_report(joined), nl=False)
    return ExitCode(joined.exit_code)
