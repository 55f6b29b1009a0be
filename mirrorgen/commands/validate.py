"""`mirrorgen validate`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.options import DEFAULT_LIST
from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.formats import ProblemFormat


@boundary
def validate(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Master lists; images.yaml if none.")
    ] = None,
    output: Annotated[ProblemFormat, typer.Option("--format", help="How problems are shown.")] = ProblemFormat.TEXT,
) -> ExitCode:
    """Show every problem of a master list."""
    from mirrorgen.desired.state import expiry_problems
    from mirrorgen.project import load
    from mirrorgen.reporting.problems import format_problems, summary

    today = datetime.now(UTC).date()
    loaded = [
        load(path, also=lambda model: list(expiry_problems(model, today=today))) for path in files or [DEFAULT_LIST]
    ]
    problems = [problem for one in loaded for problem in one.problems]
    typer.echo(format_problems(problems, output, excerpts=sys.stdout.isatty()), nl=False)
    if output is ProblemFormat.TEXT:
        for one in loaded:
            counted = (
                f" (images: {len(one.master_list.images)}, tags: {one.desired.tag_count})"
                if one.is_usable and one.desired and one.master_list
                else ""
            )
            typer.echo(f"{one.path}: {summary(one.problems)}{counted}")
    return ExitCode.OK if all(one.is_usable for one in loaded) else ExitCode.PROBLEMS
