"""`mirrorgen import`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import allowances, allows_credentials
from mirrorgen.commands.options import load_usable
from mirrorgen.commands.readings import AUTO, Deep, EnvFiles, FromFormat, NamingFiles, read_files
from mirrorgen.commands.reported import show_result
from mirrorgen.errors import InputError
from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.importing.outcomes import Added
    from mirrorgen.readers.contract import Reading


@boundary
@allows_credentials
def import_images(
    files: NamingFiles,
    name: FromFormat = AUTO,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="LIST", help="Add to this list, which keeps all that it has.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="HOST", help="Of a file that copies to several registries, the one meant."),
    ] = None,
    deep: Deep = False,
    env_files: EnvFiles = None,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the result is shown.")] = ResultFormat.TEXT,
) -> ExitCode:
    """Make a list of what other files name, or add it to one.

    Reads lists of other tools, what runs in clusters, and plain lists of images. Prints the list, and on standard
    error what became of each image; with --into it writes the list, and prints that.

    Exits with 3 if something could not be taken over: it is named with its place and the reason.
    """
    from mirrorgen.importing.adding import add_images, new_list
    from mirrorgen.operations.upstream.rewriting import write_list
    from mirrorgen.project import CURED_BY_LOCK

    readings = read_files(files, name, deep=deep, env_files=env_files, target=target)
    if into is None:
        return _show_new(readings, new_list(readings, allowances()), files, output)
    loaded = load_usable(into, use_lock=False, tolerated=CURED_BY_LOCK)
    added = add_images(loaded, readings, allowances())
    if added.text != loaded.document.text:
        write_list(loaded, added.text)
    _show(readings, added, output, into=into)
    if added.text != loaded.document.text:
        screen().say(f"wrote {into}; go on with `mirrorgen generate`")
    return _code(added)


def _show_new(readings: list[Reading], added: Added, files: list[str], output: ResultFormat) -> ExitCode:
    if not added.taken and not added.refused:
        raise InputError(f"no image is named in {', '.join(files)}", hint="--deep looks in arguments and texts, too")
    if output is ResultFormat.TEXT:
        from mirrorgen.reporting.imports import view_import
        from mirrorgen.reporting.views import only_failures, show

        view = view_import(readings, added)
        screen().show_document(added.text)
        screen().note(show(only_failures(view) if screen().quiet else view, output))
    else:
        _show(readings, added, output)
    return _code(added)


def _show(readings: list[Reading], added: Added, output: ResultFormat, *, into: Path | None = None) -> None:
    from mirrorgen.reporting.imports import view_import

    show_result(view_import(readings, added, into=str(into) if into else None), output, is_change=True)


def _code(added: Added) -> ExitCode:
    return ExitCode.DIFFERENT if added.refused else ExitCode.OK
