"""`mirrorgen report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.reported import show_result
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.reporting.merging import Parts


@boundary
def report(
    files: Annotated[list[Path], typer.Argument(metavar="REPORT...", help="Reports of one run.")],
    merge: Annotated[bool, typer.Option("--merge", help="Join the parts of a sync into one report.")] = False,
    by_owner: Annotated[bool, typer.Option("--by-owner", help="Show what failed, by who answers for it.")] = False,
    output: Annotated[ResultFormat, typer.Option("--format", help="How --by-owner is shown.")] = ResultFormat.TEXT,
) -> ExitCode:
    """Join the reports of the parts of a sync, or show what failed.

    --merge prints the joined report, and exits as one sync of the whole list would have. It exits with 1, and prints
    nothing, if they are not all the parts of one run, each with a result.

    --by-owner takes reports of any commands, and says what is missing. Exits as the worst of them did, or with 5 if
    something is missing.
    """
    from mirrorgen.reporting.reports import read_report

    if merge == by_owner:
        raise UsageError("what is to be done with the reports is not said", hint="add --merge, or --by-owner")
    if merge and output is not ResultFormat.TEXT:
        raise UsageError("a joined report is JSON", hint="leave out --format")
    parts = [(path, read_report(path)) for path in files]
    return _merge(parts) if merge else _show_by_owner(parts, output)


def _merge(parts: Parts) -> ExitCode:
    from mirrorgen.reporting.merging import merge_reports
    from mirrorgen.reporting.reports import format_report

    joined = merge_reports(parts)
    screen().show_document(format_report(joined))
    return ExitCode(joined.exit_code)


def _show_by_owner(parts: Parts, output: ResultFormat) -> ExitCode:
    from mirrorgen.reporting.owners import view_by_owner, worst_exit_code

    show_result(view_by_owner(parts), output)
    return worst_exit_code(parts)
