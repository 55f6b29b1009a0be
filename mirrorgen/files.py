"""Put generated files on disk, all of them or none, or say how the disk differs."""

from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mirrorgen.errors import InputError


def diff_files(root: Path, files: Mapping[str, str | None]) -> str:
    """Return a unified diff from what is on disk to `files`; empty where they are the same.

    Args:
        root: the folder that the file names are relative to.
        files: text by file name; None where the file must not exist.

    Raises:
        InputError: a file cannot be read.
    """
    return "".join(_diff(name, _read(root / name), text) for name, text in files.items())


def write_files(root: Path, files: Mapping[str, str | None]) -> list[str]:
    """Make the disk hold `files`: all of them are written, or nothing has changed.

    Each new content is first written beside its place and flushed; only when all are there do they take their
    places, and if one cannot, those before it get their old content back.

    Returns:
        The names of the files that changed, in order.

    Raises:
        InputError: a file cannot be read or written; nothing has changed.
    """
    changed = {name: text for name, text in files.items() if _read(root / name) != text}
    staged: dict[str, Path | None] = {}
    try:
        for name, text in changed.items():
            staged[name] = None if text is None else _stage(_place(root, name), text)
        _commit(root, staged)
    except OSError as error:
        raise InputError(f"cannot write {error.filename2 or error.filename}: {error.strerror}") from error
    finally:
        for path in staged.values():
            if path is not None:
                path.unlink(missing_ok=True)
    return list(changed)


def _place(root: Path, name: str) -> Path:
    """Where a file really is: a symbolic link stays one."""
    return (root / name).resolve()


def _commit(root: Path, staged: Mapping[str, Path | None]) -> None:
    done: list[tuple[Path, bytes | None]] = []
    try:
        for name, source in staged.items():
            place = _place(root, name)
            old = place.read_bytes() if place.exists() else None
            if source is None:
                place.unlink()
            else:
                source.replace(place)
            done.append((place, old))
    except BaseException:
        for place, old in reversed(done):
            with contextlib.suppress(OSError):
                _restore(place, old)
        raise


def _restore(place: Path, old: bytes | None) -> None:
    if old is None:
        place.unlink()
    else:
        place.write_bytes(old)


def _stage(place: Path, text: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".tmp")
    staged = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        staged.chmod(place.stat().st_mode & 0o7777 if place.exists() else 0o666 & ~_umask())
    except BaseException as error:
        staged.unlink()
        if isinstance(error, OSError) and error.filename is None:
            # A full disk does not say which file it has no room for.
            error.filename = str(place)
        raise
    return staged


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _read(path: Path) -> str | None:
    if path.exists() and not path.is_file():
        # A device may have no end.
        raise InputError(f"{path} is not a regular file")
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
            return stream.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _diff(name: str, old: str | None, new: str | None) -> str:
    if old == new:
        return ""
    lines = difflib.unified_diff(
        _lines(old),
        _lines(new),
        "/dev/null" if old is None else f"a/{name}",
        "/dev/null" if new is None else f"b/{name}",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str | None) -> list[str]:
    return [] if text is None else text.encode("utf-8", "replace").decode().splitlines(keepends=True)
