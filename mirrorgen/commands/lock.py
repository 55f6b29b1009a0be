"""`mirrorgen lock`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

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
from mirrorgen.errors import InputError, UsageError
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat


@boundary
@names_list
def lock(
    file: Path,
    sources: Sources = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 3 if upstream differs from the lock.")
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Ask only for the sources given; the others keep their lines.")
    ] = False,
    output: Annotated[ResultFormat, typer.Option("--format", help="How differences are shown.")] = ResultFormat.TEXT,
) -> ExitCode:
    """Write which tags and digests the list stands for.

    The lock stands beside the list: images.lock.yaml for images.yaml. Asks the upstream registries for tag lists and
    sends HEAD requests, which Docker Hub does not count as pulls. An entry whose upstream cannot be asked keeps its
    lines.

    Exits with 1 if a rule chooses nothing, with 5 if upstream lacks a tag or could not be asked.
    """
    from mirrorgen.files import write_files
    from mirrorgen.master_list.lock import lock_path
    from mirrorgen.operations.upstream.locking import relock, selected_indexes
    from mirrorgen.project import CURED_BY_LOCK
    from mirrorgen.rendering.files import render_lock
    from mirrorgen.reporting.locks import view_relocked

    if sources and not (update or check):
        raise UsageError("sources are given, but not what to do with them", hint="add --update, or --check")
    if not check:
        require_real("digests")
    else:
        # A lock that does not belong to the list is no measure for what upstream has.
        load_usable(file)
    loaded = load_usable(file, use_lock=False, tolerated=CURED_BY_LOCK)
    assert loaded.master_list
    if check and loaded.lock is None:
        raise InputError(f"there is no {lock_path(file)}", hint="run `mirrorgen lock`")
    wanted = canonical_sources(sources or [], loaded)
    only = selected_indexes(loaded.master_list, wanted)
    runtime = runtime_for(loaded, sources=wanted)
    relocked = relock(runtime, loaded.master_list, loaded.lock, only=only, now=datetime.now(UTC))
    # A first lock without any answer would only stand in the way of the next.
    if not check and (loaded.lock or relocked.lock.images):
        path = lock_path(file)
        for name in write_files(path.parent, {path.name: render_lock(relocked.lock)}):
            screen().say(f"wrote {path.with_name(name)}; tags: {relocked.lock.tag_count}")
    show_result(view_relocked(relocked, len(loaded.master_list.images)), output)
    show_problems(relocked.problems, loaded)
    return exit_code(relocked.failures, has_differences=check and relocked.has_differences)
