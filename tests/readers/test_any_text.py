"""No text makes a reader, or a guess, fail; and none takes much longer than a file of its size should."""

from __future__ import annotations

import time
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.readers import formats
from mirrorgen.readers.contract import Around, Format, Reading
from mirrorgen.readers.variables import MAX_CHARACTERS, Unfilled, fill, read_variables
from tests.readers.test_cases import FOLDERS, file_in

BY_NAME = [pytest.param(known, id=known.name) for known in formats.FORMATS]
AROUND = Around("file", deep=True, variables={"A": "x", "TARGETARCH": "arm64"})
TEXTS = [file_in(folder).read_bytes().decode()[:4_000] for folder in FOLDERS]
NOISE = "image: |- |\n|  |{{ x }}|${A|}|$|@|:|\x00|\ud800|\u2028|\r|\t"
NOISE += "|---\n|&a|*a|<<: *a|<<EOF|FROM |ARG A=|COPY --from=|\\\n|[|]|{"
PIECES = st.sampled_from([*NOISE.split("|"), '"', "'", "!Sub ", "null", "|\n", "sha256:", "u:p@h", "\U0010ffff"])


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A text of some case with pieces of others and noise put in, and parts taken out."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        text = text[:start] + draw(PIECES | st.text(st.characters(), max_size=8)) + text[end:]
    return text


def placed_within(reading: Reading, text: str) -> bool:
    lines = text.count("\n") + sum(text.count(char) for char in "\r\x85\u2028\u2029") + 1
    found = [*(each.place for each in reading.images), *(each.place for each in reading.refused)]
    return all(place.file == "file" and 0 <= place.line <= lines and place.column >= 1 for place in found)


@pytest.mark.parametrize("known", BY_NAME)
@given(text=st.text(st.characters(), max_size=80) | broken())
def test_no_text_makes_a_reader_fail(known: Format, text: str) -> None:
    reading = known.read(text, AROUND)
    assert reading.format == known.name
    assert placed_within(reading, text)
    for refusal in reading.refused:
        assert refusal.written.isprintable()
        assert refusal.path.isprintable()
        assert refusal.reason.isprintable()
        assert len(refusal.written) <= 200


@given(text=st.text(st.characters(), max_size=80) | broken(), name=st.sampled_from(["compose.yaml", "Dockerfile", "x"]))
def test_no_text_makes_a_guess_fail(text: str, name: str) -> None:
    known = formats.guess(text, name)
    assert known is None or known in formats.FORMATS


HUGE = {
    "one line": "x" * 300_000,
    "lines": "\n" * 100_000,
    "spaces": " " * 300_000,
    "words": "a " * 100_000,
    "slashes": "a/" * 100_000,
    "dollars": "FROM " + "${A:-" * 20_000,
    "equals": "image=" * 30_000,
    "brackets": "[" * 100_000,
    "dashes": "- " * 50_000,
    "continued": "FROM x \\\n" * 20_000,
    "here-documents": "RUN <<A\n" * 10_000,
    "quotes": "RUN '\"" * 20_000,
    "documents that are broken": "---\na: [\n" * 2_000,
    "documents that are empty": "---\n" * 10_000,
    "bomb": "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [{f'*a{i - 1},' * 10}]" for i in range(1, 9))]),
    "images of unknown stages": "".join(f"FROM a$X{i} AS a{i}\n" for i in range(2_000)),
    "a text in a text": "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n" + "    image: x.y/z:1\n" * 5_000,
    "colons": ":" * 100_000,
    "at signs": "a@" * 100_000,
    "names of keys": "apiVersion: v1\nkind: X\nspec:\n  " + "image" * 30_000 + ": x",
}


@pytest.mark.parametrize("name", HUGE)
def test_a_hostile_text_is_read_in_a_time_like_its_size(name: str) -> None:
    for known in formats.FORMATS:
        start = time.process_time()
        known.recognizes(HUGE[name], "file")
        known.read(HUGE[name], AROUND)
        assert time.process_time() - start < 5, known.name


@given(st.text("$A{}:-?+xB1_", max_size=30))
def test_variables_never_fail_in_another_way(text: str) -> None:
    with suppress(Unfilled):
        assert len(fill(text, {"A": "y", "B": ""})) <= MAX_CHARACTERS + len(text)


def test_a_file_of_variables_cannot_unfold_without_end() -> None:
    names = [chr(ord("A") + index) for index in range(26)]
    text = "A=0123456789\n" + "".join(f"{b}=${{{a}}}${{{a}}}\n" for a, b in pairwise(names))
    assert max(len(value) for value in read_variables(text).values()) <= MAX_CHARACTERS


def test_a_file_of_variables_is_read_as_docker_compose_does() -> None:
    text = """
    # a comment
    A=1
    export B = two words # a comment
    C='$A # kept'
    D="${A}x"
    E=${A}-$B
    F=
    G=$UNKNOWN
    H: yaml
    I=a#b
    not a variable
    """
    assert read_variables(text) == {
        "A": "1", "B": "two words", "C": "$A # kept", "D": "1x", "E": "1-two words", "F": "", "H": "yaml", "I": "a#b"
    }  # fmt: skip
