"""git: which files it does not know yet, and what a file was at a commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mirrorgen.errors import InputError, ToolFailed, ToolUnusable, UsageError
from mirrorgen.tools.bounds import Bounds
from mirrorgen.tools.environments import environment
from mirrorgen.tools.runner import Completed, Runner
from mirrorgen.tools.searching import find_program, outside

_MOST_BYTES = 64 * 1024 * 1024
"""Of a file; a list may have half of that."""

_FILE = "100"
"""What the mode of a file begins with; that of a link is 120000. Source: gitformat-index(5)."""


@dataclass(frozen=True, slots=True)
class Git:
    """git in a folder.

    Attributes:
        program: the program.
        folder: in a repository; names of files are relative to it.
        runner: runs it.
        env: its whole environment.
    """

    program: Path
    folder: Path
    runner: Runner
    env: Mapping[str, str]

    @classmethod
    def at(cls, folder: Path, runner: Runner, env: Mapping[str, str]) -> Git:
        """Return git in a folder.

        Args:
            folder: of a list.
            runner: runs git.
            env: ours; in a hook it says which index is meant.

        Raises:
            ToolUnusable: git is missing.
        """
        env = outside(env, around=folder)
        git = find_program("git", env, around=folder)
        if git is None:
            raise ToolUnusable("git is not on PATH")
        return cls(git, folder, runner, environment("git", env))

    def untracked(self, names: Sequence[str]) -> list[str]:
        """Return those files that git does not track, ignored ones included.

        Args:
            names: of files that exist.

        Raises:
            ToolFailed: this is no git repository.
        """
        return self._items("ls-files", "--others", "-z", "--", *names)

    def commit(self, revision: str) -> str:
        """Return the commit that a revision names.

        Raises:
            UsageError: there is none.
            ToolFailed: this is no git repository.
        """
        found = self._commit(revision)
        if found is None:
            hint = "in a shallow clone, as CI makes it, fetch it first"
            raise UsageError(f"git knows no commit {revision!r} here", hint=hint)
        return found

    def base(self) -> str:
        """Return the commit that the work here began with: where HEAD left the default branch.

        HEAD itself where no default branch is known.

        Raises:
            UsageError: there is no commit, or none in common.
            ToolFailed: this is no git repository.
        """
        head, default = self.commit("HEAD"), self._commit("refs/remotes/origin/HEAD")
        if default is None:
            return head
        found = self._run("merge-base", head, default, codes=(0, 1)).stdout.strip()
        if not found:
            hint = "in a shallow clone, as CI makes it, name the revision to compare with"
            raise UsageError("HEAD and the default branch have no commit in common here", hint=hint)
        return found

    def text(self, commit: str, name: str) -> str | None:
        """Return what was in a file at a commit, whatever filters its attributes name; None where there was none.

        Args:
            commit: from `commit` or `base`.
            name: of the file.

        Raises:
            InputError: it was a link or a folder.
            ToolFailed: git cannot say.
        """
        found = self._items("ls-tree", "-z", commit, "--", f"./{name}")
        if not found:
            return None
        mode, kind, blob = found[0].partition("\t")[0].split()
        if kind != "blob" or not mode.startswith(_FILE):
            raise InputError(f"{name} was not a file at the commit {commit}")
        return self._run("cat-file", "blob", blob).stdout

    def _commit(self, revision: str) -> str | None:
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        # Whatever cannot be a revision ends with 128, as a folder does that is in no repository.
        self._run("rev-parse", "--git-dir")
        return self._run(*asked, codes=(0, 1, 128)).stdout.strip() or None

    def _items(self, *arguments: str) -> list[str]:
        return [item for item in self._run(*arguments).stdout.split("\0") if item]

    def _run(self, *arguments: str, codes: Sequence[int] = (0,)) -> Completed:
        try:
            return self.runner.run(
                # What the configuration names to watch files is a program, too.
                [str(self.program), "-c", "core.fsmonitor=false", *arguments],
                cwd=self.folder,
                env=self.env,
                success_codes=codes,
                bounds=Bounds(_MOST_BYTES),
            )
        except ToolFailed as error:
            raise ToolFailed(error.message, hint=f"is {self.folder.absolute()} in a git repository?") from error
