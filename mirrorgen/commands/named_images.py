"""Names of images on the line or in standard input, and files that name images."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from mirrorgen.errors import InputError, UsageError

STDIN = "-"
"""What stands for standard input on the line."""

MAX_BYTES = 64 * 1024 * 1024
"""Of a file that names images: what runs in a cluster of ten thousand pods has a third of that."""


def images_named(written: Sequence[str]) -> list[str]:
    """Return names of images from the line, or where there are none or a `-`, from standard input, one a line.

    Raises:
        UsageError: nobody writes to standard input.
        InputError: it is not UTF-8, or too much.
    """
    if written and STDIN not in written:
        return list(written)
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("no image is named", hint="give images, or one a line in standard input")
    lines = [line.strip() for line in read_text(Path(STDIN)).removeprefix("\ufeff").splitlines()]
    return [*(text for text in written if text != STDIN), *filter(None, lines)]


def read_text(path: Path) -> str:
    """Return what is in a file that somebody has named, with its line endings; `-` is standard input.

    A mark of the byte order is a character of the text, which every reader passes over.

    Raises:
        InputError: it cannot be read, is not UTF-8, or too much.
    """
    from mirrorgen.files import read_named

    name = "standard input" if str(path) == STDIN else str(path)
    content = sys.stdin.buffer.read(MAX_BYTES + 1) if str(path) == STDIN else read_named(path)
    if len(content) > MAX_BYTES:
        raise InputError(f"{name} has more than {MAX_BYTES // 1024 // 1024} MiB", hint="is this the right file?")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8: {error.reason} at byte {error.start}") from error
