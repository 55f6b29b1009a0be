"""`mirrorgen report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode


@boundary
def report(
    files: Annotated[list[Path], typer.Argument(metavar="REPORT...", help="Reports of all parts of one sync.")],
    merge: Annotated[bool, typer.Option("--merge", help="Join them into one.")] = False,
) -> ExitCode:
    """Join the reports of the parts of a sync.

    Prints the joined report, and exits as one sync of the whole list would have. Exits with 1, and prints nothing, if
    they are not all the parts of one run, each with a result.
    """
    from mirrorgen.reporting.merging import merge_reports
    from mirrorgen.reporting.reports import format_report, read_report

    if not merge:
        raise UsageError("what is to be done with the reports is not said", hint="add --merge")
    joined = merge_reports([(path, read_report(path)) for path in files])
    screen().show_document(format_report(joined))
    return ExitCode(joined.exit_code)
