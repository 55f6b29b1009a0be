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
    problems = [problem for one in loaded for problem in one.problems]
    write.get(output, terminal.show_document)(
        format_problems(problems, output, excerpts=terminal.has_people_at_results)
    )
    if output is ProblemFormat.TEXT and not terminal.quiet:
        for one in loaded:
            counted = (
                f" (images: {len(one.master_list.images)}, tags: {one.desired.tag_count})"
                if one.is_usable and one.desired and one.master_list
                else ""
            )
            terminal.show(f"{one.path}: {summary(one.problems)}{counted}")
    return ExitCode.OK if all(one.is_usable for one in loaded) else ExitCode.PROBLEMS
