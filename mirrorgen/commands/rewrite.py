"""`mirrorgen rewrite`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.aiming import names_target
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.named_images import STDIN, read_text
from mirrorgen.commands.options import load_usable
from mirrorgen.commands.readings import AUTO, EnvFiles, FromFormat, read_texts, require_format
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode

if TYPE_CHECKING:
    from mirrorgen.consumers.forms.contract import Form, Left


@boundary
@names_list
@names_target
def rewrite(
    file: Path,
    form: Annotated[str, typer.Argument(metavar="FORM", help="What to write: see docs/consumers.md.")],
    named: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE...", help="Files that name images, - is standard input; for `nodes` a folder."),
    ] = None,
    name: FromFormat = AUTO,
    env_files: EnvFiles = None,
    digest: Annotated[
        bool, typer.Option("--digest", help="Name images by their digest, too, where the list or its lock has it.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write no file; show how files would change, and exit with 3 if they would.")
    ] = False,
) -> ExitCode:
    """Write what points those who run images at the mirror.

    The result goes to standard output. `files` changes the files themselves, and `nodes` writes into a folder.

    Exits with 3 if an image stays as it is, because it is not mirrored or for another reason that is told.
    """
    from mirrorgen.consumers.forms.contract import Takes
    from mirrorgen.consumers.mirrored import mirror_of
    from mirrorgen.consumers.rewriting import form_named, order_for

    chosen, given = form_named(form), named or []
    _require(chosen, given, check=check)
    require_format(name)
    loaded = load_usable(file)
    assert loaded.desired
    is_folder = chosen.takes is Takes.FOLDER
    texts = {} if is_folder else {path: read_text(Path(path)) for path in given}
    is_read = chosen.takes in {Takes.ANY_FILES, Takes.FILES}
    readings = read_texts(texts.items(), name, env_files=env_files) if is_read else []
    tls = loaded.desired.target.sign_in().get("tls", "enabled")
    order, unread = order_for(mirror_of(loaded.desired, os.environ), texts, readings, pin=digest, tls=tls)
    written = chosen.write(replace(order, folder=Path(given[0])) if is_folder else order)
    _tell((*unread, *written.left))
    if written.text:
        screen().show_document(written.text)
    root, files = (Path(given[0]), written.files) if is_folder else _below_one_folder(written.files)
    changes = _put(root, files, check=check)
    return ExitCode.DIFFERENT if unread or written.left or (check and changes) else ExitCode.OK


def _require(form: Form, given: list[str], *, check: bool) -> None:
    from mirrorgen.consumers.forms.contract import Takes

    wanted, fits = {
        Takes.ANY_FILES: ("files", given.count(STDIN) < 2),
        Takes.FILES: ("files, and cannot edit standard input", bool(given) and STDIN not in given),
        Takes.OWN_FILES: ("files", bool(given) and given.count(STDIN) < 2),
        Takes.FOLDER: ("one folder", len(given) == 1 and given[0] != STDIN),
    }[form.takes]
    if not fits:
        raise UsageError(f"{form.name} takes {wanted}")
    if check and form.takes not in {Takes.FILES, Takes.FOLDER}:
        raise UsageError(f"{form.name} writes no file, which --check could compare")


def _tell(left: tuple[Left, ...]) -> None:
    for each in left:
        screen().note(str(each))
        if each.hint:
            screen().note(f"  hint: {each.hint}")


def _below_one_folder(files: Mapping[str, str | None]) -> tuple[Path, Mapping[str, str | None]]:
    """Return files by their names below the folder that has all of them: the current one, if it does."""
    places = {name: Path(os.path.abspath(name)) for name in files}  # noqa: PTH100 - a link must not be followed
    here = Path.cwd()
    if all(place.is_relative_to(here) for place in places.values()):
        root, shown = here, Path()
    else:
        root = shown = Path(os.path.commonpath([place.parent for place in places.values()]))
    return shown, {places[name].relative_to(root).as_posix(): text for name, text in files.items()}


def _put(root: Path, files: Mapping[str, str | None], *, check: bool) -> bool:
    """Write files, or show how they would change; return whether they do."""
    from mirrorgen.files import diff_files, write_files

    if check:
        diff = diff_files(root, files)
        screen().show(diff)
        return bool(diff)
    changed = write_files(root, files)
    for name in changed:
        screen().say(f"{'removed' if files[name] is None else 'wrote'} {root / name}")
    return bool(changed)
