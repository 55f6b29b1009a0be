"""Files on the line that name images, read as what they look like, or as what the line says that they are."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.everywhere import screen
from mirrorgen.errors import InputError, UsageError

if TYPE_CHECKING:
    from mirrorgen.readers.contract import Reading

STDIN = "-"
"""What stands for standard input on the line."""

AUTO = "auto"

NamingFiles = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="Files that name images; - is standard input.")
]
FromFormat = Annotated[
    str,
    typer.Option("--from", metavar="FORMAT", help="What the files are, such as regsync; auto guesses, and says so."),
]
EnvFiles = Annotated[
    list[Path] | None,
    typer.Option("--env-file", metavar="FILE", help="Values of variables in them, instead of .env beside each."),
]
Deep = Annotated[bool, typer.Option("--deep", help="Look for images in arguments and in texts within texts, too.")]


def read_files(
    files: Sequence[str],
    name: str,
    *,
    deep: bool = False,
    env_files: Sequence[Path] | None = None,
    target: str | None = None,
) -> list[Reading]:
    """Read files that name images, and tell what was guessed.

    Args:
        files: paths; `-` is standard input.
        name: of a format, or `auto`.
        deep: whether images are also looked for where a format has no field for them.
        env_files: what holds the values of variables; None for `.env` beside each file.
        target: the registry that is meant where a file copies to several.

    Raises:
        UsageError: there is no such format, or standard input is named twice.
        InputError: a file cannot be read, or is not UTF-8.
    """
    from mirrorgen.readers.contract import Around
    from mirrorgen.readers.formats import FORMATS, NAMES, read

    if name not in NAMES:
        raise UsageError(f"there is no format {name!r}", hint=f"one of: {', '.join(NAMES)}")
    if files.count(STDIN) > 1:
        raise UsageError("standard input is named twice", hint="give - once")
    titles = {known.name: known.title for known in FORMATS}
    readings = []
    for file in files:
        text = _text(file)
        reading = read(text, Around(file, deep, dict(_variables(file, env_files)), target), name)
        if name == AUTO and reading.format:
            screen().say(f"{file}: read as {titles[reading.format]}; if it is not, say --from FORMAT")
        readings.append(reading)
    return readings


def from_stdin() -> str:
    """Return what stands in standard input.

    Raises:
        UsageError: it is a terminal, on which nobody is asked anything.
        InputError: it is not UTF-8.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("nothing comes from standard input", hint="name something on the line, or write into a pipe")
    return _decoded(sys.stdin.buffer.read(), STDIN)


def _text(file: str) -> str:
    from mirrorgen.files import read_named

    return from_stdin() if file == STDIN else _decoded(read_named(Path(file)), file)


def _decoded(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 text: byte {content[error.start]:#04x}") from error


def _variables(file: str, env_files: Sequence[Path] | None) -> Iterator[tuple[str, str]]:
    """The variables of a file; of two values the later one counts."""
    from mirrorgen.files import read_file, read_named
    from mirrorgen.readers.variables import read_variables

    beside = [] if file == STDIN else [Path(file).parent / ".env"]
    for path in beside if env_files is None else env_files:
        content = read_file(path) if env_files is None else read_named(path)
        yield from read_variables((content or b"").decode("utf-8", "replace")).items()
