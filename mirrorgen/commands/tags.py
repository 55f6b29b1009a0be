"""`mirrorgen tags`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.options import (
    DEFAULT_LIST,
    ListOption,
    Sources,
    canonical_sources,
    load_usable,
    runtime_for,
    show_problems,
)
from mirrorgen.errors import ExitCode, MirrorgenError
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.destinations.ecr.api import Holdings
    from mirrorgen.operations.runtime import Runtime


@boundary
def tags(
    sources: Sources = None,
    file: ListOption = DEFAULT_LIST,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="LISTING", help="Take what upstream has from this file; no network is used."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="LISTING", help="Write what upstream has to this file.")
    ] = None,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the tags are shown.")] = ResultFormat.TEXT,
) -> ExitCode:
    """Show which tags the rules choose now.

    Asks the upstream registries, and ECR if AWS credentials are there. A lock is not looked at.

    Exits with 1 if a rule chooses nothing or upstream lacks a tag, with 5 if an upstream could not be asked.
    """
    from mirrorgen.desired.choices import choice_problems
    from mirrorgen.files import write_files
    from mirrorgen.operations.upstream.selecting import ask_upstreams, format_listing, from_listing, read_listing
    from mirrorgen.reporting.choices import format_choices, format_failures

    loaded = load_usable(file, use_lock=False)
    runtime = runtime_for(loaded, sources=canonical_sources(sources or [], loaded))
    repositories = runtime.desired.repositories
    if from_file is not None:
        chosen, held = from_listing(read_listing(from_file), repositories), None
    else:
        chosen = ask_upstreams(runtime, repositories)
        held = _held(runtime)
    if save is not None:
        write_files(save.parent, {save.name: format_listing(chosen.listings)})
    typer.echo(format_choices(chosen.choices, held, output), nl=False)
    typer.echo(format_failures(chosen.failures), nl=False, err=True)
    has_problems = show_problems(choice_problems(chosen.choices), loaded)
    if chosen.failures:
        return ExitCode.FAILED
    return ExitCode.PROBLEMS if has_problems else ExitCode.OK


def _held(runtime: Runtime) -> Holdings | None:
    """What ECR holds; not knowing it must not keep anybody from looking at rules."""
    try:
        return runtime.held_tags()
    except MirrorgenError as error:
        runtime.say(f"ECR was not asked: {error.message}")
        return None
