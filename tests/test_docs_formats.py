"""docs/formats.md: it has every format, and its examples are read as it says."""

from __future__ import annotations

import json
import re

from mirrorgen.readers.contract import Around, NamedImage
from mirrorgen.readers.formats import FORMATS, read
from tests.documents import ROOT, code, rows_of, text_of
from tests.readers.dialects import spelled

PAGE = ROOT / "docs/formats.md"
EXAMPLE = re.compile(r"^```(?:yaml|dockerfile)\n(.*?)^```\n\n^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def said(image: NamedImage) -> str:
    tags = json.dumps(spelled(image.rule)) if image.rule else image.tag or ""
    return f"{image.source} {tags}".rstrip()


def test_every_format_has_a_row() -> None:
    rows = rows_of(PAGE, "format", "images are", "no images are")
    assert [code(row[0]) for row in rows] == sorted(known.name for known in FORMATS)


def test_the_examples_are_read_as_it_says() -> None:
    examples = EXAMPLE.findall(text_of(PAGE))
    assert len(examples) == text_of(PAGE).count("```text")
    guessed = []
    for example, expected in examples:
        reading = read(example, Around("example"))
        guessed.append(reading.format)
        assert reading.refused == ()
        assert [said(each) for each in reading.images] == expected.splitlines()
    assert guessed == ["kubernetes", "compose", "dockerfile", "regsync"]
