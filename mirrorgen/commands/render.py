"""`mirrorgen render`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import load_usable
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
    in_git: Annotated[
        bool, typer.Option("--in-git", help="Exit with 3 if git does not know a generated file; for a pre-commit hook.")
    ] = False,
) -> ExitCode:
    """Write the generated files beside the list.

    These are regsync.yaml and, for ECR, terraform/terraform.tfvars.json and, where the list needs it,
    terraform/exclusions_override.tf: all of them are written, or none.
    """
    from mirrorgen.files import diff_files, write_files
    from mirrorgen.rendering.files import render as render_files

    loaded = load_usable(file)
    assert loaded.desired
    files = render_files(loaded.desired)
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
    changed = write_files(loaded.root, files)
    for name in changed:
        screen().say(f"{'wrote' if files[name] is not None else 'removed'} {loaded.root / name}")
    if not changed:
        screen().say("the generated files were up to date")
    unknown = _unknown_to_git(loaded.root, files) if in_git else []
    for name in unknown:
        path = loaded.root / name
        screen().note(f"{path} is not in git yet: git add {path}")
    return ExitCode.DIFFERENT if unknown else ExitCode.OK


def _unknown_to_git(root: Path, files: dict[str, str | None]) -> list[str]:
    """A hook fails by itself where it changes a file that git knows; a new file it would let through."""
    from mirrorgen.tools.git import untracked
    from mirrorgen.tools.runner import ProcessRunner

    return untracked(root, [name for name, text in files.items() if text is not None], ProcessRunner(), os.environ)


def _one(files: dict[str, str | None], name: str) -> str | None:
    matches = [known for known in files if name in {known, known.rpartition("/")[2]}]
    if not matches:
        raise UsageError(f"{name!r} is not a generated file", hint=f"one of: {', '.join(files)}")
    return files[matches[0]]
