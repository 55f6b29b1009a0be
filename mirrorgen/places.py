"""Where files are: folders and files, opened so that nobody can lead us elsewhere.

A cloned branch may hold a link in the place of any file, and others on the machine may put one there while we look.
So every folder on the way is opened by its name in the one before it, without following a link, and what is then said
about owner and mode is said of what was opened. Nothing is looked at first and opened afterwards.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mirrorgen.errors import InputError

TRUST_VARIABLE = "MIRRORGEN_TRUSTED_OWNERS"
"""Names more users, by number, whose files are taken: those of a checkout that a container works in, for instance."""

_HARMLESS = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Folder:
    """An open folder.

    Attributes:
        fd: its descriptor.
        path: its name, as a message gives it.
        is_guarded: whether it is inside the project or the current folder, so that what is in it must be ours.
    """

    fd: int
    path: Path
    is_guarded: bool

    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        """Open a regular file of this folder and return its descriptor; a pipe without a reader is not waited for.

        Args:
            name: of the file, without a folder.
            flags: as of `os.open`.
            mode: of a file that is made.

        Raises:
            InputError: it is a link, no regular file, or not ours alone to write.
            OSError: it is not there, or may not be opened.
        """
        path = self.path / name
        with self._naming(name):
            fd = os.open(name, flags | _HARMLESS, mode, dir_fd=self.fd)
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                raise InputError(f"{path} is not a regular file")
            if self.is_guarded:
                require_ours(path, found)
        except BaseException:
            os.close(fd)
            raise
        return fd

    @contextlib.contextmanager
    def enter(self, name: str, *, create: bool = False, mode: int = 0o777) -> Iterator[Folder]:
        """Open a folder of this one.

        Args:
            name: of the folder.
            create: whether to make it where there is none.
            mode: of a folder that is made.

        Raises:
            InputError: it is a link, or not ours alone to write.
            OSError: it is not there, or may not be opened.
        """
        path = self.path / name
        with self._naming(name):
            if create:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, mode, dir_fd=self.fd)
            fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | _HARMLESS, dir_fd=self.fd)
        with _closing(Folder(fd, path, self.is_guarded)) as folder:
            if self.is_guarded:
                require_ours(path, os.fstat(fd))
            yield folder

    def remove(self, name: str) -> None:
        """Remove a file; of a link, the link.

        Raises:
            OSError: it is not there, or may not be removed.
        """
        with self._naming(name):
            os.unlink(name, dir_fd=self.fd)

    def replace(self, name: str, place: str) -> None:
        """Let a file take another's place.

        Raises:
            OSError: it cannot.
        """
        with self._naming(place):
            os.replace(name, place, src_dir_fd=self.fd, dst_dir_fd=self.fd)

    @contextlib.contextmanager
    def _naming(self, name: str) -> Iterator[None]:
        """Say of an error where it happened, and of a link that it is one: systems have several words for that."""
        path = self.path / name
        try:
            yield
        except OSError as error:
            with contextlib.suppress(OSError):
                if stat.S_ISLNK(os.stat(name, dir_fd=self.fd, follow_symlinks=False).st_mode):
                    hint = "put what belongs there in its place; links are not followed inside a project"
                    raise InputError(f"{path} is a symbolic link", hint=hint) from error
            error.filename, error.filename2 = str(path), None
            raise


@contextlib.contextmanager
def open_folder(path: Path, *, project: Path | None = None, create: bool = False) -> Iterator[Folder]:
    """Open a folder.

    The way to it is taken as it was named, links included, up to the current folder, to the project, or for a folder in
    neither to the git work tree that it is in; no link is followed from there. Inside everything must be ours, the
    folder of the project or of the work tree included.

    Args:
        path: the folder.
        project: the folder of the list.
        create: whether to make what is missing of it.

    Raises:
        InputError: a folder on the way is a link, or not ours alone to write.
        OSError: it is not there, or may not be opened.
    """
    start, names, guarded, ours = _way(path, project)
    if create:
        start.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        fd = os.open(start, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        folder = stack.enter_context(_closing(Folder(fd, start, guarded)))
        if ours:
            require_ours(start, os.fstat(fd))
        for name in names:
            folder = stack.enter_context(folder.enter(name, create=create))
        yield folder


def require_ours(path: Path, found: os.stat_result) -> None:
    """Make sure that nobody but us, or root, can have written something.

    Raises:
        InputError: another could have.
    """
    trusted = {str(os.geteuid()), "0", *os.environ.get(TRUST_VARIABLE, "").replace(",", " ").split()}
    if str(found.st_uid) not in trusted:
        hint = f"where that user is to be trusted, say {TRUST_VARIABLE}={found.st_uid}"
        raise InputError(f"{path} belongs to another user ({found.st_uid})", hint=hint)
    if found.st_mode & stat.S_IWOTH:
        raise InputError(f"{path} can be written to by every user", hint=f"run `chmod o-w {path}`")


def work_tree(folder: Path, env: Mapping[str, str]) -> Path | None:
    """Return the outermost git work tree that a folder is in, None where there is none but one with the user's home.

    Args:
        folder: its path, absolute.
        env: the environment, with HOME.
    """
    trees = [tree for tree in (folder, *folder.parents) if os.path.lexists(tree / ".git") and not holds_home(tree, env)]
    return trees[-1] if trees else None


def holds_home(folder: Path, env: Mapping[str, str]) -> bool:
    """Return whether the user is at home in a folder, which is nobody's project then."""
    home = _absolute(Path(env.get("HOME") or Path.home()))
    return home.is_relative_to(folder) or home.resolve().is_relative_to(folder.resolve())


def _way(path: Path, project: Path | None) -> tuple[Path, tuple[str, ...], bool, bool]:
    """Where the way to a folder starts, the names from there, and whether what follows, and the start, must be ours."""
    target, home = _absolute(path), _absolute(project) if project is not None else None
    inside = home is not None and target.is_relative_to(home)
    named = project if project is not None and inside else path
    # The current folder is asked for only where it matters: it may have been removed.
    if not named.is_absolute() and _absolute(named).is_relative_to(here := Path.cwd()):
        return Path(), target.relative_to(here).parts, True, inside and home == here
    tree = None if inside else work_tree(target, os.environ)
    if tree:
        return tree, target.relative_to(tree).parts, True, True
    start = home if home is not None and inside else target
    return (project if project is not None and inside else path), target.relative_to(start).parts, inside, inside


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - without following links, and `..` taken as it is written


@contextlib.contextmanager
def _closing(folder: Folder) -> Iterator[Folder]:
    try:
        yield folder
    finally:
        os.close(folder.fd)
