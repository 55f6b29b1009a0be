"""`mirrorgen update`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import allowances, names_list
from mirrorgen.commands.options import Sources, canonical_sources, load_usable, require_real, runtime_for
from mirrorgen.commands.reported import show_result
from mirrorgen.errors import InputError
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat


@boundary
@names_list
def update(
    file: Path,
    sources: Sources = None,
    write: Annotated[bool, typer.Option("--write", help="Put the newer tags into the list.")] = False,
    drop_older: Annotated[
        int | None,
        typer.Option("--drop-older", metavar="N", min=1, help="Keep only the N newest versions of a line."),
    ] = None,
    owners: Annotated[
        list[str] | None,
        typer.Option("--owner", metavar="NAME", help="Only entries of this owner; may be given again."),
    ] = None,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="LISTING", help="Take what upstream has from this file; no network is used."),
    ] = None,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the tags are shown.")] = ResultFormat.TEXT,
) -> ExitCode:
    """Find newer tags for those that the list writes out.

    The key `update` of the list says how far a tag may go. A newer one has the same suffix and the same form, and
    stands beside the tag that it follows. Asks the upstream registries for tag lists.

    Exits with 3 if something is newer, or is left to be changed by hand after --write; with 5 if an upstream could not
    be asked.
    """
    from mirrorgen.desired.updates import left_alone
    from mirrorgen.operations.upstream.rewriting import rewrite, write_list
    from mirrorgen.operations.upstream.selecting import read_listing
    from mirrorgen.operations.upstream.updating import offer
    from mirrorgen.project import CURED_BY_LOCK
    from mirrorgen.reporting.updates import view_updates

    if write and from_file is None:
        require_real("tags")
    loaded = load_usable(file, use_lock=False, tolerated=CURED_BY_LOCK)
    wanted = canonical_sources(sources or [], loaded)
    runtime = runtime_for(loaded, sources=wanted)
    entries = [
        (repository, entry)
        for repository, entry in runtime.desired.entries
        if (not wanted or str(entry.source) in wanted) and (not owners or entry.owner in owners)
    ]
    saved = read_listing(from_file) if from_file else None
    offered = offer(runtime, entries, saved=saved, keep=drop_older)
    rewritten = rewrite(loaded, offered.due, allowances())
    view = view_updates(
        offered,
        list(left_alone(entries)),
        rewritten.by_hand,
        is_named=bool(wanted or owners),
    )
    show_result(view, output)
    if rewritten.trouble:
        raise InputError(f"{file} would not be valid: {rewritten.trouble}", hint="update these sources by hand")
    if write and rewritten.text != loaded.document.text:
        write_list(loaded, rewritten.text)
        screen().say(f"wrote {file}; go on with `mirrorgen generate`")
    return exit_code(offered.failures, has_differences=bool(rewritten.by_hand if write else offered.due))
