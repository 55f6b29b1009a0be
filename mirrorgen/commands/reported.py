"""What every command with a result says beside it: a report for programs, a summary for the page of a GitHub job."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.aiming import aimed, named_target
from mirrorgen.commands.everywhere import screen
from mirrorgen.errors import MirrorgenError
from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.reporting.views import View

ReportFile = Annotated[
    Path | None, typer.Option("--report", metavar="REPORT", help="Also write the result to this file, as JSON.")
]

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True, slots=True)
class Result:
    """What a command came to.

    Attributes:
        exit_code: of the command.
        view: what it found.
    """

    exit_code: ExitCode
    view: View


def show_result(view: View, output: ResultFormat, *, is_change: bool = False) -> None:
    """Print what a command found, or what it did: of a change, `--quiet` leaves only what failed."""
    from mirrorgen.reporting.views import only_failures, show

    view = _marked(view)
    if output is not ResultFormat.TEXT:
        screen().show_document(show(view, output))
    else:
        screen().show(aimed(show(only_failures(view) if is_change and screen().quiet else view, output)))


def announce(title: str, result: Result, output: ResultFormat, *, is_change: bool = False) -> ExitCode:
    """Print a result, and add it to the summary of the GitHub job that this runs in, if there is one."""
    show_result(result.view, output, is_change=is_change)
    summarize(title, result.view)
    return result.exit_code


def summarize(title: str, view: View) -> None:
    """Add what a command found to the summary of the GitHub job that this runs in, if there is one."""
    from mirrorgen.files import append_file
    from mirrorgen.reporting.views import PAGE_BYTES, show

    summary = os.environ.get(SUMMARY_VARIABLE)
    if summary:
        text = show(_marked(view), ResultFormat.MARKDOWN, markdown_bytes=PAGE_BYTES)
        of_target = f" --target {named_target()}" if named_target() else ""
        append_file(Path(summary), f"## {title}{of_target}\n\n{text}\n")


def reported(
    command: str,
    run: Callable[[], Result],
    *,
    master_list: Path,
    output: ResultFormat,
    report: Path | None,
    part: tuple[int, int] = (1, 1),
    only: Sequence[str] = (),
    show: Callable[[Result], None] | None = None,
) -> ExitCode:
    """Run a command that changes something, and say what came of it, also where it could not go on.

    Args:
        command: its name.
        run: does it.
        master_list: the list.
        output: how the result is printed.
        report: where the report goes.
        part: which of how many parts of the list.
        only: patterns for the sources or repositories that matter; all where there are none.
        show: prints the result; None for the usual way.

    Raises:
        InputError: the report cannot be written. What was done is done, and the result has been printed.
    """
    write = _writer(command, master_list, report, part, only)

    # What a killed run leaves behind. And a place that cannot be written to is said before anything is done.
    write(ExitCode.FAILED, "the run has not come to its end", None)
    try:
        done = run()
    except MirrorgenError as failure:
        write(failure.exit_code, failure.message, None)
        raise
    except KeyboardInterrupt:
        write(ExitCode.INTERRUPTED, "interrupted", None)
        raise
    try:
        write(done.exit_code, None, done)
    finally:
        if show:
            show(done)
        else:
            announce(f"mirrorgen {command}", done, output, is_change=True)
    return done.exit_code


def _writer(
    command: str, master_list: Path, report: Path | None, part: tuple[int, int], only: Sequence[str]
) -> Callable[[ExitCode, str | None, Result | None], None]:
    """Return what writes the report of the run that begins now, as often as there is more to say."""
    if report is None:
        return lambda _exit_code, _error, _result: None
    from mirrorgen.files import write_file
    from mirrorgen.reporting.reports import Report, format_report
    from mirrorgen.reporting.runs import this_run

    started = datetime.now(UTC)
    run = this_run(master_list, only, os.environ, target=named_target())

    def write(exit_code: ExitCode, error: str | None, result: Result | None) -> None:
        document = result.view.document if result else None
        ended = datetime.now(UTC)
        made = Report(command, run, str(master_list), part, started, ended, int(exit_code), error, document)
        write_file(report, format_report(made), project=master_list.parent, is_private=True)

    return write


def _marked(view: View) -> View:
    """Nobody may take what a stand-in holds for what is real, wherever the result is read."""
    from mirrorgen.operations.stand_in import find_stand_in
    from mirrorgen.reporting.views import Line, View

    stand_in = find_stand_in(os.environ)
    if stand_in is None:
        return view
    blocks = [Line(f"Not real: {stand_in.note}."), *view.blocks]
    return View({**view.document, "stand_in": stand_in.address}, blocks, view.summary)
