"""What a terminal and the log of a GitHub job are shown: never what text from outside would make them do."""

from __future__ import annotations

import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.reporting.terminal import Terminal, harmless, without_commands
from tests.fuzz.readers import BIDI, CONTROLS

OBEYED = (CONTROLS | BIDI) - set("\n\t\r")

hostile = st.text(st.one_of(st.characters(), st.sampled_from([*OBEYED, *":#[]\r\n \t\u00a0\u2028"])))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text\n\twith a tab\n", "plain text\n\twith a tab\n"),
        ("a line\r\nof Windows", "a line\r\nof Windows"),
        ("all is well\rerror", r"all is well\u000derror"),
        ("\x1b[2J\x1b]0;title\x07", r"\u001b[2J\u001b]0;title\u0007"),
        ("\x1b]52;c;ZXZpbA==\x1b\\", r"\u001b]52;c;ZXZpbA==\u001b" "\\"),
        ("\x9b31m\x85", r"\u009b31m\u0085"),
        ("nginx\u202exnign", r"nginx\u202exnign"),
        ("\u2066a\u2069\u200e\u200f", r"\u2066a\u2069\u200e\u200f"),
        ("half \ud83d", r"half \ud83d"),
        ("für 日本 🐳", "für 日本 🐳"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_no_character_of_unicode_that_a_terminal_obeys_is_left() -> None:
    everything = "".join(map(chr, range(0x110000)))
    assert not OBEYED & set(harmless(everything))


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_all_other_text_is_shown_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.recursive(hostile, lambda inner: st.lists(inner) | st.dictionaries(hostile, inner)))
def test_a_json_document_still_says_the_same(value: object) -> None:
    document = json.dumps(value, ensure_ascii=False, indent=2)
    assert json.loads(without_commands(harmless(document))) == value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::text", r"\u003a:error::text"),
        ("a\n \t::set-output name=a::b", "a\n \t" r"\u003a:set-output name=a::b"),
        ("\u00a0::error::text", "\u00a0" r"\u003a:error::text"),
        ("a ##[error]b", r"a \u0023#[error]b"),
        ("image::tag", "image::tag"),
        ("# [title]", "# [title]"),
    ],
)
def test_a_line_that_would_be_a_command_of_github_is_made_none(text: str, shown: str) -> None:
    assert without_commands(text) == shown


class Screen(io.StringIO):
    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


HOSTILE = "\x1b[2J ##[error]"


def shown_on(
    method: str, text: str, monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool = False, **variables: str
) -> str:
    stream = Screen(is_terminal=is_terminal)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    getattr(Terminal(variables), method)(text)
    return stream.getvalue()


@pytest.mark.parametrize("method", ["say", "warn", "fail", "note", "show"])
def test_text_for_people_is_made_harmless_everywhere(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert r"\u001b[2J ##[error]" in shown_on(method, HOSTILE, monkeypatch)
    assert r"\u001b[2J \u0023#[error]" in shown_on(method, HOSTILE, monkeypatch, GITHUB_ACTIONS="true")


def test_a_document_for_programs_is_changed_only_where_people_look_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown_on("show_document", HOSTILE, monkeypatch) == f"{HOSTILE}\n"
    assert r"\u001b" in shown_on("show_document", HOSTILE, monkeypatch, is_terminal=True)
    assert r"\u0023" in shown_on("show_document", HOSTILE, monkeypatch, GITHUB_ACTIONS="true")


def test_our_own_annotations_stay_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    said = shown_on("annotate", "::error file=a::b\x1b\n", monkeypatch, GITHUB_ACTIONS="true")
    assert said == "::error file=a::b\\u001b\n"
