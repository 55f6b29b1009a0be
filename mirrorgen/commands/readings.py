"""Files on the line that name images, read as what they look like, or as what the line says that they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.named_images import STDIN, read_text
from mirrorgen.errors import UsageError

if TYPE_CHECKING:
    from mirrorgen.readers.contract import Reading

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
        InputError: a file cannot be read, is not UTF-8, or is too much.
    """
    require_format(name)
    if files.count(STDIN) > 1:
        raise UsageError("standard input is named twice", hint="give - once")
    texts = ((file, read_text(Path(file))) for file in files)
    return read_texts(texts, name, deep=deep, env_files=env_files, target=target)


def read_texts(
    texts: Iterable[tuple[str, str]],
    name: str,
    *,
    deep: bool = False,
    env_files: Sequence[Path] | None = None,
    target: str | None = None,
) -> list[Reading]:
    """As `read_files`, of a format that there is, with the text of each file behind its path.

    Raises:
        InputError: what holds the values of variables cannot be read.
    """
    from mirrorgen.readers.contract import Around
    from mirrorgen.readers.elsewhere import read_together
    from mirrorgen.readers.formats import read

    readings, files = [], []
    for file, text in texts:
        reading = read(text, Around(file, deep, _variables_of(file, env_files), target), name)
        _tell_guess(file, reading, name)
        readings.append(reading)
        files.append(file)
    return read_together(readings, files)


def _variables_of(file: str, env_files: Sequence[Path] | None) -> dict[str, str]:
    """Return the variables of a file; of two values the later one counts.

    Args:
        file: its path; `-` is standard input.
        env_files: what holds them; None for `.env` beside the file.

    Raises:
        InputError: one cannot be read.
    """
    return dict(_variables(file, env_files))


def _tell_guess(file: str, reading: Reading, name: str) -> None:
    """Tell what was guessed of a file, where nobody named its format."""
    from mirrorgen.readers.formats import FORMATS

    if name == AUTO and reading.format:
        title = next(known.title for known in FORMATS if known.name == reading.format)
        screen().say(f"{file}: read as {title}; if it is not, say --from FORMAT")


def require_format(name: str) -> None:
    """Make sure that files can be read as what the line says.

    Raises:
        UsageError: there is no such format.
    """
    from mirrorgen.readers.formats import NAMES

    if name not in NAMES:
        raise UsageError(f"there is no format {name!r}", hint=f"one of: {', '.join(NAMES)}")


def _variables(file: str, env_files: Sequence[Path] | None) -> Iterator[tuple[str, str]]:
    from mirrorgen.files import read_file, read_named
    from mirrorgen.readers.variables import read_variables

    beside = [] if file == STDIN else [Path(file).parent / ".env"]
    for path in beside if env_files is None else env_files:
        content = read_file(path) if env_files is None else read_named(path)
        yield from read_variables((content or b"").decode("utf-8", "replace")).items()
