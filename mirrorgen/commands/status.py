"""`mirrorgen status`."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.options import DEFAULT_LIST, ListFile, Only, load_usable, runtime_for, show_problems
from mirrorgen.commands.reported import Result, announce
from mirrorgen.errors import ExitCode
from mirrorgen.reporting.formats import ResultFormat, StatusFormat


@boundary
def status(
    file: ListFile = DEFAULT_LIST,
    only: Only = None,
    upstream: Annotated[
        bool, typer.Option("--upstream", help="Also compare digests with upstream: a HEAD request for each tag.")
    ] = False,
    output: Annotated[StatusFormat, typer.Option("--format", help="How the status is shown.")] = StatusFormat.TEXT,
) -> ExitCode:
    """Show what ECR holds, beside what the list asks for.

    Exits with 3 if a repository or a tag is missing, a setting or a digest differs, with 5 if something could not be
    looked at. Tags that the list does not ask for are shown and do not count.
    """
    from mirrorgen.operations.holding.status import look
    from mirrorgen.rendering.regsync import target_host
    from mirrorgen.reporting.status import format_status

    loaded = load_usable(file)
    runtime = runtime_for(loaded, only=only or [])
    found = look(runtime, upstream=upstream, now=datetime.now(UTC))
    code = ExitCode.OK if found.is_in_sync else ExitCode.DIFFERENT
    if found.failures:
        code = ExitCode.FAILED
    if output is StatusFormat.HTML:
        from mirrorgen.reporting.page import format_page

        target = replace(
            runtime.desired.target,
            account_id=runtime.desired.target.account_id or os.environ.get("AWS_ACCOUNT_ID"),
            region=runtime.desired.target.region or os.environ.get("AWS_REGION"),
        )
        typer.echo(format_page(found, registry=target_host(target)), nl=False)
    elif output is StatusFormat.PROMETHEUS:
        from mirrorgen.reporting.metrics import format_metrics

        typer.echo(format_metrics(found), nl=False)
    else:
        shown = ResultFormat(output.value)
        announce("mirrorgen status", Result(code, lambda wanted: format_status(found, wanted)), shown)
    show_problems(found.problems, loaded)
    return code
