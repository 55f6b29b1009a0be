"""`mirrorgen covers`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.aiming import names_target
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import allowances, names_list
from mirrorgen.commands.options import load_usable, runtime_for
from mirrorgen.commands.readings import AUTO, Deep, EnvFiles, FromFormat, read_files
from mirrorgen.commands.reported import show_result, summarize
from mirrorgen.errors import InputError, ToolFailed, UsageError
from mirrorgen.outcomes import ExitCode, Failure, Kind, TagRef, exit_code
from mirrorgen.reporting.formats import CoverFormat, ProblemFormat, ResultFormat

if TYPE_CHECKING:
    from mirrorgen.consumers.covering import Coverage
    from mirrorgen.project import Loaded
    from mirrorgen.readers.contract import Reading
    from mirrorgen.reporting.covers import Covered


@boundary
@names_list
@names_target
def covers(
    file: Path,
    named: Annotated[
        list[str] | None, typer.Argument(metavar="FILE...", help="Files that name images; - is standard input.")
    ] = None,
    name: FromFormat = AUTO,
    deep: Deep = False,
    env_files: EnvFiles = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="PATH", help="A chart on disk, which helm renders.")
    ] = None,
    values: Annotated[
        list[Path] | None,
        typer.Option("--values", metavar="FILE", help="Values for the chart; may be given again."),
    ] = None,
    excepted: Annotated[
        list[str] | None,
        typer.Option("--except", metavar="GLOB", help="Sources that need not be mirrored; may be given again."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Add to the list what it lacks.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Also ask the target for each image, and for each of its platforms.")
    ] = False,
    output: Annotated[CoverFormat, typer.Option("--format", help="How the result is shown.")] = CoverFormat.TEXT,
) -> ExitCode:
    """Say of every image that files name whether the list mirrors it.

    Reads what runs in clusters, what is to be deployed there, and lists of other tools. Shows where each image stands,
    what it is called in the target, and for what is missing the change of the list.

    Exits with 3 if an image is not mirrored, or not known to be, such as one that could not be read; with --live also
    if the target cannot give one, or not for each of its platforms, and with 5 if it could not be asked.
    """
    from mirrorgen.consumers.covering import cover
    from mirrorgen.consumers.mirrored import mirror_of

    if not (named or chart):
        raise UsageError("no file is named", hint="give files that name images, - for standard input, or a --chart")
    if values and not chart:
        raise UsageError("--values are for a --chart")
    loaded = load_usable(file)
    assert loaded.desired
    readings = read_files(named or [], name, deep=deep, env_files=env_files)
    readings += [_rendered(chart, values or [], loaded, deep=deep)] if chart else []
    coverage = cover(mirror_of(loaded.desired, os.environ), readings, excepted=excepted or [])
    covered = _with_patch(coverage, loaded, write=write)
    if live:
        covered = _with_answers(covered, loaded)
    _show(covered, output)
    return _code(covered, is_written=write)


def _rendered(chart: Path, values: list[Path], loaded: Loaded, *, deep: bool) -> Reading:
    """Let helm render a chart, and read what comes of it."""
    from mirrorgen.consumers.charts import read_chart

    for path in (chart, *values):
        if not path.exists():
            raise InputError(f"there is no {path}", hint="charts and their values are taken from disk alone")
    return read_chart(runtime_for(loaded).helm().template(chart, values), chart, deep=deep)


def _with_patch(coverage: Coverage, loaded: Loaded, *, write: bool) -> Covered:
    """Put what is missing into the list, or say how it would change."""
    from mirrorgen.consumers.covering import with_missing
    from mirrorgen.files import diff_files
    from mirrorgen.operations.upstream.rewriting import write_list
    from mirrorgen.reporting.covers import Covered

    if not coverage.addable:
        return Covered(coverage)
    added = with_missing(coverage, loaded, allowances())
    if added.text == loaded.document.text:
        return Covered(coverage, not_added=added.refused)
    if not write:
        patch = diff_files(loaded.root, {loaded.path.name: added.text})
        return Covered(coverage, patch, added.refused)
    write_list(loaded, added.text)
    screen().say(f"wrote {loaded.path}; go on with `mirrorgen generate`")
    return Covered(coverage, not_added=added.refused)


def _with_answers(covered: Covered, loaded: Loaded) -> Covered:
    """Ask the target; that it cannot be asked keeps nobody from seeing what the list says."""
    from mirrorgen.operations.holding.pulling import not_pullable

    assert loaded.desired
    label = loaded.desired.target.label
    uses = covered.coverage.mirrored
    try:
        absent = not_pullable(runtime_for(loaded), uses) if uses else {}
    except ToolFailed as error:
        return replace(covered, label=label, failures=(Failure(TagRef(label), Kind.UNAVAILABLE, error.message),))
    return replace(covered, label=label, absent=absent)


def _show(covered: Covered, output: CoverFormat) -> None:
    from mirrorgen.reporting.covers import covers_problems, view_covers

    if output in {CoverFormat.GITHUB, CoverFormat.SARIF}:
        from mirrorgen.reporting.problems import format_problems

        text = format_problems(covers_problems(covered), ProblemFormat(output.value))
        (screen().annotate if output is CoverFormat.GITHUB else screen().show_document)(text)
    else:
        show_result(view_covers(covered), ResultFormat(output.value))
    summarize("mirrorgen covers", view_covers(covered))


def _code(covered: Covered, *, is_written: bool) -> ExitCode:
    coverage = covered.coverage
    left = len(coverage.missing) - len(coverage.addable) or covered.not_added if is_written else coverage.missing
    return exit_code(covered.failures, has_differences=bool(left or coverage.refused or covered.absent))
