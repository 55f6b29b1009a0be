"""`mirrorgen render`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import load_usable
from mirrorgen.commands.written import InGit, write_generated
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode


@boundary
@names_list
def render(
    file: Path,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; show how the files on disk differ, and exit with 3 if they do."),
    ] = False,
    stdout: Annotated[
        str | None, typer.Option("--stdout", metavar="NAME", help="Write nothing; print this one generated file.")
    ] = None,
    in_git: InGit = False,
) -> ExitCode:
    """Write the generated files beside the list.

    These are regsync.yaml and, for ECR, terraform/terraform.tfvars.json and, where the list needs it,
    terraform/modules/repositories/exclusions_override.tf: all of them are written, or none.
    """
    from mirrorgen.files import diff_files
    from mirrorgen.rendering.files import render_beside

    loaded = load_usable(file)
    files = render_beside(loaded.root, loaded.every_state)
    if stdout is not None:
        text = _one(files, stdout)
        if text is None:
            screen().say(f"this list needs no {stdout}")
        else:
            screen().show_document(text)
        return ExitCode.OK
    if check:
        diff = diff_files(loaded.root, files)
        screen().show(diff)
        return ExitCode.DIFFERENT if diff else ExitCode.OK
    return write_generated(loaded.root, files, in_git=in_git)


def _one(files: dict[str, str | None], name: str) -> str | None:
    matches = [known for known in files if name in {known, known.rpartition("/")[2]}]
    if not matches:
        raise UsageError(f"{name!r} is not a generated file", hint=f"one of: {', '.join(files)}")
    return files[matches[0]]
