"""`mirrorgen adopt`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.aiming import aimed, names_target, narrowed_as_named
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import TerraformBin, Wait, load_usable, require_real, runtime_for
from mirrorgen.commands.reported import Result, announce
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat


@boundary
@names_list
@names_target
def adopt(
    file: Path,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the result is shown.")] = ResultFormat.TEXT,
    prefix: Annotated[
        str | None,
        typer.Option("--prefix", metavar="PATH", help="Show list entries for what ECR has below it, and end there."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="With --prefix: put these entries into the list.")] = False,
    wait: Wait = False,
    terraform_bin: TerraformBin = None,
) -> ExitCode:
    """Let Terraform take over repositories that ECR has already.

    Writes `import` blocks for the repositories of the list, and their policies, that ECR has and Terraform's state
    lacks, and saves the plan for apply; changes nothing in AWS. Shows each setting that is not as the list asks.
    Refuses what would be replaced.

    With --prefix it looks for repositories that the list does not have, and shows an entry for each, with the tags and
    the settings that it has.

    Exits with 3 if there is something to take over; with --prefix if there is an entry to add, or something that no
    entry can say; it is named with the reason.
    """
    if prefix is not None:
        return _enlist(file, prefix, output, write=write)
    if write:
        raise UsageError("--write is for --prefix", hint="`mirrorgen adopt --prefix PATH --write`")
    from mirrorgen.operations.repositories.adopting import adopt as take_over
    from mirrorgen.reporting.adoptions import view_adoption

    runtime = runtime_for(load_usable(file), options={"terraform": terraform_bin})
    adoption = take_over(runtime, wait=wait)
    code = exit_code(has_differences=bool(adoption.adopted))
    return announce("mirrorgen adopt", Result(code, view_adoption(adoption)), output)


def _enlist(file: Path, prefix: str, output: ResultFormat, *, write: bool) -> ExitCode:
    """Show entries of the list for repositories that it does not have, or write them."""
    from mirrorgen.files import diff_files
    from mirrorgen.operations.repositories.enlisting import enlist
    from mirrorgen.operations.upstream.rewriting import write_list
    from mirrorgen.project import CURED_BY_LOCK
    from mirrorgen.reporting.adoptions import view_enlisted

    if write:
        require_real("repositories")
    # A label that is to tell the entries of one target from those of another has none yet.
    tolerated = CURED_BY_LOCK | {"takes-nothing"}
    loaded = load_usable(file, use_lock=False, tolerated=tolerated, is_whole=True)
    enlisted = enlist(runtime_for(narrowed_as_named(loaded)), loaded, prefix)
    is_changed = enlisted.text != loaded.document.text
    patch = diff_files(loaded.root, {file.name: enlisted.text}) if is_changed else ""
    if write and is_changed:
        write_list(loaded, enlisted.text)
    view = view_enlisted(enlisted, str(file), patch, is_written=write)
    code = exit_code(has_differences=bool(enlisted.refused or (enlisted.entries and not write)))
    announce("mirrorgen adopt --prefix", Result(code, view), output, is_change=write)
    if write and is_changed:
        screen().say(aimed(f"wrote {file}; go on with `mirrorgen generate`, then `mirrorgen adopt`"))
    return code
