"""Files beside the list that a command writes, and what it says of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.everywhere import screen
from mirrorgen.outcomes import ExitCode

InGit = Annotated[
    bool, typer.Option("--in-git", help="Exit with 3 if git does not know a generated file; for a pre-commit hook.")
]


def write_generated(root: Path, files: Mapping[str, str | None], *, in_git: bool) -> ExitCode:
    """Write generated files, all of them or none, and tell which have changed.

    Args:
        root: the folder of the list.
        files: text by file name; None where the file must not exist.
        in_git: whether git must know them.

    Raises:
        InputError: a file cannot be written; nothing has changed.
        ToolUnusable, ToolFailed: git cannot say what it knows.
    """
    from mirrorgen.files import write_files

    changed = write_files(root, files)
    for name in changed:
        screen().say(f"{'wrote' if files[name] is not None else 'removed'} {root / name}")
    if not changed:
        screen().say("the generated files were up to date")
    unknown = _unknown_to_git(root, files) if in_git else []
    for name in unknown:
        path = root / name
        screen().note(f"{path} is not in git yet: git add {path}")
    return ExitCode.DIFFERENT if unknown else ExitCode.OK


def _unknown_to_git(root: Path, files: Mapping[str, str | None]) -> list[str]:
    """A hook fails by itself where it changes a file that git knows; a new file it would let through."""
    from mirrorgen.tools.git import Git
    from mirrorgen.tools.runner import ProcessRunner

    git = Git.at(root, ProcessRunner(), os.environ)
    return git.untracked([name for name, text in files.items() if text is not None])
