"""Put files on disk, all of them or none, or say how the disk differs.

Everything that is written or read inside a project goes through here, and so through `mirrorgen.places`: no link is
followed, and nothing is taken that another user could have written.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mirrorgen.errors import InputError
from mirrorgen.places import Folder, open_folder

# Nothing that is made here is for every user to write, whatever the umask says.
_MODE, _PRIVATE_MODE = 0o664, 0o600


def diff_files(root: Path, files: Mapping[str, str | None]) -> str:
    """Return a unified diff from what is on disk to `files`; empty where they are the same.

    Args:
        root: the folder of the list, that the file names are relative to.
        files: text by file name; None where the file must not exist.

    Raises:
        InputError: a file cannot be read, or is not what belongs in a project.
    """
    return "".join(_diff(name, read_file(root / name, project=root), text) for name, text in files.items())


def edited_files(root: Path, files: Mapping[str, str | None]) -> list[str]:
    """Return the names of files that are on disk and are not `files`; one that is not there says nothing.

    Args:
        root: the folder that the file names are relative to.
        files: text by file name; None where the file must not exist.

    Raises:
        InputError: a file cannot be read, or is not what belongs in a project.
    """
    held = {name: read_file(root / name, project=root) for name in files}
    there = [(name, content, files[name]) for name, content in held.items() if content is not None]
    return [name for name, content, text in there if text is None or content != text.encode()]


def write_files(root: Path, files: Mapping[str, str | None]) -> list[str]:
    """Make the disk hold `files`: all of them are written, or nothing has changed.

    Each new content is first written beside its place and flushed; only when all are there do they take their
    places, and if one cannot, those before it get their old content back. A run that is killed leaves of each file
    the old or the new; of several, some may be new, which `diff_files` says. What it leaves besides is swept by the
    next run that writes the same files.

    Args:
        root: the folder of the list, that the file names are relative to.
        files: text by file name; None where the file must not exist.

    Returns:
        The names of the files that changed, in order.

    Raises:
        InputError: a file cannot be read or written, or is not what belongs in a project; nothing has changed.
    """
    return _write(root, files, project=root, is_private=False)


def write_file(path: Path, text: str, *, project: Path | None = None, is_private: bool = False) -> None:
    """Make one file, whose place somebody has named, hold a text; it has the old text or the new at any time.

    Args:
        path: the file.
        text: what is to be in it.
        project: the folder of the list.
        is_private: whether nobody else may read it.

    Raises:
        InputError: it cannot be written, is a link, or is inside the project and not what belongs there.
    """
    _write(path.parent, {path.name: text}, project=project, is_private=is_private)


def read_file(path: Path, *, project: Path | None = None) -> bytes | None:
    """Return what is in a file, None where there is none.

    Outside the project and the current folder it may be anything that can be read, for instance a pipe.

    Raises:
        InputError: it cannot be read, or is inside the project and not what belongs there.
    """
    with _explained("read"):
        try:
            with open_folder(path.parent, project=project) as folder:
                return _read(folder, path.name) if folder.is_guarded else path.read_bytes()
        except FileNotFoundError:
            return None


def read_named(path: Path, *, hint: str = "") -> bytes:
    """Return what is in a file that somebody has named; see `read_file`.

    Args:
        path: the file.
        hint: what to do where there is none.

    Raises:
        InputError: it is not there, cannot be read, or is inside the current folder and not what belongs there.
    """
    content = read_file(path)
    if content is None:
        raise InputError(f"cannot read {path}: {os.strerror(errno.ENOENT)}", hint=hint)
    return content


def append_file(path: Path, text: str) -> None:
    """Add text to the end of a file.

    Raises:
        InputError: it cannot be written, or is a link.
    """
    with _explained("write"), open_folder(path.parent) as folder:
        fd = folder.open(path.name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        with os.fdopen(fd, "w", encoding="utf-8") as stream:
            stream.write(text)


def open_private(path: Path, *, project: Path) -> IO[str]:
    """Open a file to be read from its beginning and written at its end; where missing, it is made, and its folder.

    Raises:
        InputError: it cannot be written, is not what belongs in a project, or would change under another name, too.
    """
    with _explained("write"), open_folder(path.parent, project=project, create=True) as folder:
        os.fchmod(folder.fd, 0o700)
        stream = os.fdopen(folder.open(path.name, os.O_RDWR | os.O_APPEND | os.O_CREAT, _PRIVATE_MODE), "a+")
    if os.fstat(stream.fileno()).st_nlink > 1:
        stream.close()
        raise InputError(f"{path} has another name elsewhere, as a hard link", hint=f"run `rm {path}`")
    return stream


@dataclass(frozen=True, slots=True)
class _Change:
    """A file that is to have another content: its folder and name there, what it has, and what it is to have."""

    folder: Folder
    name: str
    old: bytes | None
    new: bytes | None
    mode: int | None


def _write(root: Path, files: Mapping[str, str | None], *, project: Path | None, is_private: bool) -> list[str]:
    mode = _PRIVATE_MODE if is_private else None
    with _explained("write"), ExitStack() as stack:
        top = stack.enter_context(open_folder(root, project=project, create=True))
        changes: dict[str, _Change] = {}
        for name, text in files.items():
            *folders, leaf = name.split("/")
            try:
                folder = _enter(stack, top, folders, create=text is not None)
            except FileNotFoundError:
                continue  # nor is what must not be there
            _sweep(folder, leaf)
            change = _Change(folder, leaf, _read(folder, leaf), None if text is None else text.encode(), mode)
            if change.old != change.new or (is_private and _mode(change) != _PRIVATE_MODE):
                changes[name] = change
        _commit({name: (change, _stage(stack, change)) for name, change in changes.items()})
    return list(changes)


def _enter(stack: ExitStack, folder: Folder, names: Sequence[str], *, create: bool) -> Folder:
    for name in names:
        folder = stack.enter_context(folder.enter(name, create=create, mode=0o775))
    return folder


def _commit(staged: Mapping[str, tuple[_Change, str | None]]) -> None:
    begun: list[_Change] = []
    try:
        for change, source in staged.values():
            begun.append(change)
            _put(change, source)
    except BaseException:
        for change in reversed(begun):
            with contextlib.suppress(OSError, InputError), ExitStack() as stack:
                back = _Change(change.folder, change.name, change.new, change.old, _mode(change))
                _put(back, _stage(stack, back))
        raise


def _put(change: _Change, source: str | None) -> None:
    if source is None:
        change.folder.remove(change.name)
    else:
        change.folder.replace(source, change.name)


def _stage(stack: ExitStack, change: _Change) -> str | None:
    """Write the new content beside its place; return the name of that file, which is gone when the stack unwinds."""
    if change.new is None:
        return None
    name, fd = _new_file(change.folder, change.name)
    # Without a buffer, which would be written once more as the stack unwinds, and fail without a name.
    stream = stack.enter_context(os.fdopen(fd, "wb", buffering=0))
    stack.callback(_remove_if_there, change.folder, name)
    try:
        left = memoryview(change.new)
        while left:
            left = left[stream.write(left) :]
        os.fsync(fd)
        mode = change.mode or _mode(change)
        if mode is not None:
            os.fchmod(fd, mode)
    except OSError as error:
        # A full disk does not say which file it has no room for.
        error.filename = str(change.folder.path / change.name)
        raise
    return name


def _new_file(folder: Folder, place: str) -> tuple[str, int]:
    """Make a file for the new content of another; it is locked for as long as this process has it open."""
    while True:
        name = f".{place}.{secrets.token_hex(4)}.tmp"
        fd = folder.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, _MODE)
        with contextlib.suppress(OSError):  # where a file system knows no locks, nobody can sweep, either
            fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:
            return name, fd
        os.close(fd)  # another run has swept it before it was locked


def _sweep(folder: Folder, place: str) -> None:
    """Remove what killed runs have left of this file: what nobody has locked."""
    leftover = re.compile(rf"\.{re.escape(place)}\.[0-9a-f]{{8}}\.tmp")
    for name in filter(leftover.fullmatch, os.listdir(folder.fd)):  # noqa: PTH208 - pathlib knows no descriptors
        with contextlib.suppress(OSError, InputError):
            fd = folder.open(name, os.O_RDWR)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                folder.remove(name)
            finally:
                os.close(fd)


def _remove_if_there(folder: Folder, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        folder.remove(name)


def _read(folder: Folder, name: str) -> bytes | None:
    try:
        with os.fdopen(folder.open(name, os.O_RDONLY), "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def _mode(change: _Change) -> int | None:
    """The mode that the file has now."""
    try:
        return os.stat(change.name, dir_fd=change.folder.fd, follow_symlinks=False).st_mode & 0o777
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot {what} {error.filename}: {error.strerror}") from error


def _diff(name: str, old: bytes | None, new: str | None) -> str:
    wanted = None if new is None else new.encode()
    if old == wanted:
        return ""
    lines = difflib.unified_diff(
        _lines(old),
        _lines(wanted),
        "/dev/null" if old is None else f"a/{name}",
        "/dev/null" if new is None else f"b/{name}",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(content: bytes | None) -> list[str]:
    return [] if content is None else content.decode("utf-8", "replace").splitlines(keepends=True)
