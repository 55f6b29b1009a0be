"""New text of a list, read again by a YAML parser: it says what was to be written, whatever that is."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.importing.text import block_lines, in_brackets

# As a rule of ECR's may be described, or a tag may be called.
TEXTS = ["yes", "1.10", "null", "~", "a\x7fb", "a\x85b", "a\u2028b", "a\\b\nc", "it's \\d+", "\ufeffa", "a: b # c", ""]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    document = {"tags": {text: text}, "rules": [text, {"description": text}]}
    assert yaml.safe_load(in_brackets(document)) == document
    assert yaml.safe_load(block_lines(document, 2)) == document


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_other_text_does_so_too(text: str) -> None:
    assert yaml.safe_load(in_brackets([text])) == [text]
