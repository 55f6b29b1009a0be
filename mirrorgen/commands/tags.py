"""`mirrorgen tags`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import (
    Sources,
    canonical_sources,
    load_usable,
    require_real,
    runtime_for,
    show_problems,
)
from mirrorgen.commands.reported import show_result
from mirrorgen.errors import MirrorgenError
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.desired.selection import Listings
    from mirrorgen.destinations.port import Holdings
    from mirrorgen.operations.runtime import Runtime
    from mirrorgen.operations.upstream.selecting import Selected


@boundary
@names_list
def tags(
    file: Path,
    sources: Sources = None,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="LISTING", help="Take what upstream has from this file; no network is used."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="LISTING", help="Write what upstream has to this file; the rest of it stays."),
    ] = None,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the tags are shown.")] = ResultFormat.TEXT,
) -> ExitCode:
    """Show which tags the rules choose now.

    Asks the upstream registries, and the target if credentials for it are there. A lock is not looked at.

    Exits with 1 if a rule chooses nothing, with 5 if upstream lacks a tag or could not be asked.
    """
    from mirrorgen.desired.selection import odd_newest, selection_problems, unmet
    from mirrorgen.operations.upstream.selecting import read_listing, select_saved, select_upstream
    from mirrorgen.reporting.selections import view_selections

    if save is not None:
        require_real("tags")
    saved = read_listing(save) if save is not None and save.exists() else {}
    loaded = load_usable(file, use_lock=False)
    wanted = canonical_sources(sources or [], loaded)
    runtime = runtime_for(loaded, sources=wanted)
    # A repository may have other sources, too.
    entries = [pair for pair in runtime.desired.entries if not wanted or str(pair[1].source) in wanted]
    if from_file is not None:
        selected, held = select_saved(read_listing(from_file), entries), None
    else:
        selected = select_upstream(runtime, entries)
        held = _held(runtime)
    if save is not None:
        _save(save, file.parent, saved, selected)
    failures = (*selected.failures, *unmet(selected.selections))
    show_result(view_selections(selected.selections, held, failures), output)
    found = selected.selections
    show_problems([*selection_problems(found), *odd_newest(found)], loaded)
    return exit_code(failures)


def _save(path: Path, project: Path, saved: Listings, selected: Selected) -> None:
    """Put what was answered into the file; an answer that is missing or empty takes nothing away that was there."""
    from mirrorgen.files import write_file
    from mirrorgen.operations.upstream.selecting import format_listing

    answered = {source: tags for source, tags in selected.listings.items() if tags}
    silent = {failure.source for failure in selected.failures} | (selected.listings.keys() - answered.keys())
    for source in sorted(silent & saved.keys()):
        screen().note(f"{path} keeps the tags that it had of {source}")
    listings = {**saved, **answered}
    if listings:
        write_file(path, format_listing(listings), project=project)
    else:
        screen().note(f"{path} was not written: there is nothing to write")


def _held(runtime: Runtime) -> Holdings | None:
    """What the target holds; not knowing it must not keep anybody from looking at rules."""
    try:
        return runtime.held(runtime.desired)
    except MirrorgenError as error:
        runtime.warn(f"{runtime.desired.target.label} was not asked: {error.message}")
        return None
