"""What no medium may get is replaced; tests/fuzz has what each of them reads."""

from __future__ import annotations

import pytest

from mirrorgen.reporting.escaping import printable


@pytest.mark.parametrize("char", ["\0", "\x1b", "\x85", "\u202e", "\u2066", "\ud800"])
def test_what_is_not_shown_or_turns_text_around_is_replaced(char: str) -> None:
    assert printable(f"a{char}b") == "a\ufffdb"


def test_what_is_shown_stays() -> None:
    assert printable("tab\tline\nGr\u00fc\u00df \u05e9 \U0001f433") == "tab\tline\nGr\u00fc\u00df \u05e9 \U0001f433"
