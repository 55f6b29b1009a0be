"""`mirrorgen status`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.options import DEFAULT_LIST, ListFile, Only, load_usable, runtime_for, show_problems
from mirrorgen.commands.reported import Result, announce
from mirrorgen.errors import ExitCode
from mirrorgen.reporting.formats import ResultFormat


@boundary
def status(
    file: ListFile = DEFAULT_LIST,
    only: Only = None,
    upstream: Annotated[
        bool, typer.Option("--upstream", help="Also compare digests with upstream: a HEAD request for each tag.")
    ] = False,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the status is shown.")] = ResultFormat.TEXT,
) -> ExitCode:
    """Show what ECR holds, beside what the list asks for.

    Exits with 3 if a repository or a tag is missing, a setting or a digest differs, with 5 if something could not be
    looked at. Tags that the list does not ask for are shown and do not count.
    """
    from mirrorgen.operations.status import look
    from mirrorgen.reporting.status import format_status

    loaded = load_usable(file)
    found = look(runtime_for(loaded, only=only or []), upstream=upstream, now=datetime.now(UTC))
    code = ExitCode.OK if found.is_in_sync else ExitCode.DIFFERENT
    if found.failures:
        code = ExitCode.FAILED
    announce("mirrorgen status", Result(code, lambda shown: format_status(found, shown)), output)
    show_problems(found.problems, loaded)
    return code
