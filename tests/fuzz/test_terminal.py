"""Terminals and logs of GitHub's jobs: whatever text holds, an emulator draws it, and the runner finds no command."""

from __future__ import annotations

import io
import re
import sys
from typing import Any, cast

import pyte
import pytest

from mirrorgen.problems import Problem
from mirrorgen.reporting.formats import ProblemFormat
from mirrorgen.reporting.problems import format_problems
from mirrorgen.reporting.terminal import Terminal
from tests.fuzz.hostile import batches, hold
from tests.fuzz.readers import BIDI, CONTROLS, lines_of_github, obeyed_by_github, run_by_github, visible

# What ECMA-48 and xterm read, beside what is in all texts: the beginnings and ends of sequences, and their parameters.
OBEYED = (
    *("\x1b", "\x1b[", "\x9b", "\x1b]", "\x9d", "\x90", "\x1b\\", "\x9c", "\x07", "\b", "\r", "\r\n", "\n", "\t"),
    *("8;;", "2J", ";", "?25l", "m", "0;title", "\\u001b", "\\"),
)  # fmt: skip
# What actions/runner reads.
COMMANDS = (
    *("::", ":", "##[", "#", "[", "]", "::error::", "::set-output name=a::", "::add-mask::", "##[group]", "file=a"),
    *("\n", "\r", "\r\n", " ", "\t", ",", "\u00a0", "\u3000", "\ufeff", "%0A", "%25", "%", "=", "\\u003a"),
)  # fmt: skip


class Screen:
    """What a terminal does, and what it draws; anything but drawing text and moving on is noted."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self.obeyed: list[str] = []

    def draw(self, text: str) -> None:
        self.drawn.append(text)

    def linefeed(self) -> None:
        self.drawn.append("\n")

    def tab(self) -> None:
        self.drawn.append("\t")

    def carriage_return(self) -> None:
        self.drawn.append("\r")

    def __getattr__(self, event: str) -> Any:
        return lambda *_, **__: self.obeyed.append(event)


def written(method: str, text: str, monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """What standard output gets of a text."""
    stream = io.StringIO(newline="")
    monkeypatch.setattr(sys, "stdout", stream)
    getattr(Terminal(variables), method)(text)
    return stream.getvalue()


def with_escapes_read(text: str) -> str:
    """The text that is meant where some of it stands as an escape."""
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)


def test_a_terminal_draws_all_and_obeys_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(texts: list[str]) -> None:
        text = "\n".join([*texts, ""])
        shown = written("show", text, monkeypatch)
        screen = Screen()
        pyte.Stream(cast(pyte.Screen, screen), strict=False).feed(shown)
        assert not screen.obeyed
        assert "".join(screen.drawn) == shown
        assert not (BIDI | CONTROLS - set("\n\t\r")) & set(shown)
        assert "\r" not in shown.replace("\r\n", "")
        assert with_escapes_read(shown) == with_escapes_read(text)

    for texts in batches("terminal", OBEYED):
        hold(check, texts)


def test_the_runner_of_github_finds_no_command_in_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(texts: list[str]) -> None:
        text = "\n".join([*texts, ""])
        shown = written("show", text, monkeypatch, GITHUB_ACTIONS="true")
        assert not [line for line in lines_of_github(shown) if obeyed_by_github(line)]
        assert with_escapes_read(shown) == with_escapes_read(text)

    for texts in batches("log of GitHub", COMMANDS):
        hold(check, texts)


def test_the_runner_of_github_finds_our_annotations_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(texts: list[str]) -> None:
        texts = texts + ["x"] * (-len(texts) % 3)
        groups = [tuple(texts[at : at + 3]) for at in range(0, len(texts), 3)]
        problems = [
            Problem("unknown-key", message, (), hint, file=file, line=3, column=7) for message, hint, file in groups
        ]
        output = format_problems(problems, ProblemFormat.GITHUB)
        assert run_by_github(written("annotate", output, monkeypatch)) == [
            (
                "error",
                {"file": visible(file), "line": "3", "col": "7", "title": "unknown-key"},
                visible(f"{message}\nhint: {hint}" if hint else message),
            )
            for message, hint, file in groups
        ]

    for texts in batches("annotations of GitHub", COMMANDS):
        hold(check, texts)
