"""What each reader makes of a file, as folders: `cases/<format>/<what it is about>/` is a test by being there.

In a folder: the file, `variables.env` with what `${NAME}` stands for, and `reading.txt`, what is taken and refused. One
whose name ends in `-deep` is read with `--deep`; of one that starts with `unguessed` no format can be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path

import pytest

from mirrorgen.model.images import Copying
from mirrorgen.readers import formats
from mirrorgen.readers.contract import Around, NamedImage, Reading, Refusal
from tests.golden import Golden

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path for path in CASES.glob("*/*") if path.is_dir())
BESIDE = {"reading.txt", "variables.env"}
SECRETS = ("hunter2", "dckr_pat")


def name(folder: Path) -> str:
    return folder.relative_to(CASES).as_posix()


def file_in(folder: Path) -> Path:
    (file,) = (path for path in folder.iterdir() if path.name not in BESIDE)
    return file


def read(folder: Path, format: str) -> Reading:
    file, variables = file_in(folder), {}
    if (folder / "variables.env").exists():
        lines = (folder / "variables.env").read_text().splitlines()
        variables = dict(line.split("=", 1) for line in lines)
    text = file.read_bytes().decode()
    return formats.read(text, Around(file.name, folder.name.endswith("-deep"), variables), format)


def told(value: object) -> str:
    """A value by what is not as always, so that a new field of it changes no case."""
    if is_dataclass(value) and not isinstance(value, type):
        usual = {field.name: field.default if field.default is not MISSING else object() for field in fields(value)}
        items = {name: getattr(value, name) for name in usual if getattr(value, name) != usual[name]}
        return f"{type(value).__name__}({', '.join(f'{name}={told(item)}' for name, item in items.items())})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {told(item)}' for key, item in value.items())}}}"
    return repr(value)


def said_of(image: NamedImage) -> str:
    tag = f" tag {image.tag}" if image.tag else ""
    digest = f" digest {image.digest[:14]}" if image.digest else ""
    lines = (
        [f"{image.place}: {image.written}", f"  at {image.path}"] if image.path else [f"{image.place}: {image.written}"]
    )
    lines.append(f"  is {image.source}{tag}{digest}")
    more = {
        "running": image.running and image.running[:14],
        "consumer": image.consumer,
        "repository": image.repository,
        "rule": image.rule,
        "copying": None if image.copying == Copying() else image.copying,
    }
    return "\n".join([*lines, *(f"  {key} {value}" for key, value in more.items() if value)])


def said_of_refusal(refusal: Refusal) -> str:
    lines = (
        [f"{refusal.place}: {refusal.written}", f"  at {refusal.path}"]
        if refusal.path
        else [f"{refusal.place}: {refusal.written}"]
    )
    lines.append(f"  refused: {refusal.reason}")
    return "\n".join([*lines, *([f"  hint: {refusal.hint}"] if refusal.hint else [])])


def said(reading: Reading) -> str:
    found: list[NamedImage | Refusal] = sorted((*reading.images, *reading.refused), key=lambda each: each.place)
    parts = [said_of(each) if isinstance(each, NamedImage) else said_of_refusal(each) for each in found]
    parts += [f"note at {said_of_refusal(note)}".replace("refused: ", "") for note in reading.notes]
    counted = {"images", "refused", "format", "notes"}
    for field in fields(Reading):
        value = getattr(reading, field.name)
        if field.name not in counted and value:
            parts.append(f"{field.name}: {value if isinstance(value, str) else told(value)}")
    return f"format {reading.format}: taken {len(reading.images)}, refused {len(reading.refused)}\n" + "".join(
        f"\n{part}\n" for part in parts
    )


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_file_is_read_as_expected(folder: Path, golden: Golden) -> None:
    text = said(read(folder, folder.parent.name))
    golden.check({folder / "reading.txt": text})
    assert not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_the_format_is_guessed(folder: Path) -> None:
    guessed = read(folder, formats.AUTO)
    if folder.name.startswith("unguessed"):
        assert (guessed.format, guessed.images, [str(each.place) for each in guessed.refused]) == (
            "",
            (),
            [file_in(folder).name],
        )
    else:
        assert guessed == read(folder, folder.parent.name)


def test_every_format_has_cases() -> None:
    assert {folder.parent.name for folder in FOLDERS} == {known.name for known in formats.FORMATS}
