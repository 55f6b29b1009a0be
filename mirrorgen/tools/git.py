"""git: which generated files it does not know yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mirrorgen.errors import ToolFailed, ToolUnusable
from mirrorgen.tools.environments import environment
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.searching import find_program, outside


def untracked(root: Path, names: Sequence[str], runner: Runner, env: Mapping[str, str]) -> list[str]:
    """Return those files that git does not track, ignored ones included.

    Args:
        root: the folder the names are relative to.
        names: of files that exist.
        runner: runs git.
        env: ours; in a hook it says which index is meant.

    Raises:
        ToolUnusable: git is missing.
        ToolFailed: this is no git repository.
    """
    env = outside(env, around=root)
    git = find_program("git", env, around=root)
    if git is None:
        raise ToolUnusable("git is not on PATH")
    try:
        completed = runner.run(
            [str(git), "ls-files", "--others", "-z", "--", *names], cwd=root, env=environment("git", env)
        )
    except ToolFailed as error:
        raise ToolFailed(error.message, hint=f"is {root.absolute()} in a git repository?") from error
    return [name for name in completed.stdout.split("\0") if name]
