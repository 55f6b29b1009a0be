"""`mirrorgen validate`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import allowances, names_list
from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.formats import ProblemFormat


@boundary
@names_list
def validate(
    files: list[Path],
    output: Annotated[ProblemFormat, typer.Option("--format", help="How problems are shown.")] = ProblemFormat.TEXT,
) -> ExitCode:
    """Show every problem of a master list."""
    from mirrorgen.desired.state import expiry_problems
    from mirrorgen.project import load
    from mirrorgen.reporting.problems import format_problems, summary

    today = datetime.now(UTC).date()
    loaded = [
        load(path, also=lambda model: list(expiry_problems(model, today=today)), allowances=allowances())
        for path in files
    ]
    terminal = screen()
    write = {ProblemFormat.TEXT: terminal.show, ProblemFormat.GITHUB: terminal.annotate}
    problems = [problem for checked in loaded for problem in checked.problems]
    write.get(output, terminal.show_document)(
        format_problems(problems, output, excerpts=terminal.has_people_at_results)
    )
    if output is ProblemFormat.TEXT and not terminal.quiet:
        for checked in loaded:
            counted = (
                f" (images: {len(checked.master_list.images)}, tags: {checked.desired.tag_count})"
                if checked.is_usable and checked.desired and checked.master_list
                else ""
            )
            terminal.show(f"{checked.path}: {summary(checked.problems)}{counted}")
    return ExitCode.OK if all(checked.is_usable for checked in loaded) else ExitCode.PROBLEMS
