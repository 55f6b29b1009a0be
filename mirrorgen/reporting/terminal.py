"""What is written to standard output and standard error: every line for people passes here, and is harmless then.

Names, reasons and messages come from lists, registries and programs. On a terminal a control character in them could
move the cursor, hide a line or set the clipboard; in the log of a GitHub job a line could be a command.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TextIO

from mirrorgen.reporting.escaping import HARMFUL

_HARMFUL = re.compile(rf"\r(?!\n)|[{HARMFUL}]")

# What GitHub's runner takes for a command: `::` at the start of a line, blanks before it or not, and `##[` anywhere.
# Source: actions/runner, src/Runner.Common/ActionCommand.cs.
_COMMAND = re.compile(r"^(?P<blanks>[^\S\n]*):(?=:)|#(?=#\[)", re.MULTILINE)

_RED, _YELLOW, _CYAN, _BOLD = "1;31", "33", "36", "1"
_COLOURS = (
    (re.compile(r"^error:|(?<=: )error(?=\[[a-z-]+\]: )|^ALARM:", re.MULTILINE), _RED),
    (re.compile(r"(?<=\|) +\^+$", re.MULTILINE), _RED),
    (re.compile(r"^warning:|(?<=: )warning(?=\[[a-z-]+\]: )", re.MULTILINE), _YELLOW),
    (re.compile(r"^ *hint:|(?<=: )notice(?=\[[a-z-]+\]: )", re.MULTILINE), _CYAN),
    (re.compile(r"^(?!ALARM|Usage)[A-Z][^:\n]*:$", re.MULTILINE), _BOLD),
)


def harmless(text: str) -> str:
    """Return text in which everything a terminal might obey stands as a visible escape, such as `\\u001b`.

    Tabs and line breaks stay. The escapes are those of JSON: a JSON document still says the same.
    """
    return _HARMFUL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def without_commands(text: str) -> str:
    """Return harmless text in which GitHub's runner sees no command; what stood for one gets a visible escape."""
    return _COMMAND.sub(lambda match: f"{match['blanks'] or ''}\\u{ord(match[0][-1]):04x}", text)


@dataclass(frozen=True, slots=True)
class Terminal:
    """Standard output and standard error, and what is wanted there.

    Attributes:
        environ: the environment of this process.
        quiet: drop what only tells how far things are.
        no_color: never colour anything.
    """

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    quiet: bool = False
    no_color: bool = False

    def say(self, line: str) -> None:
        """Tell what is going on, on standard error."""
        if not self.quiet:
            self.note(line)

    def warn(self, message: str) -> None:
        """Tell what may go wrong, on standard error."""
        self.note(f"warning: {message}")

    def fail(self, message: str, *, hint: str = "") -> None:
        """Tell what went wrong and what to do about it, on standard error."""
        self.note(f"error: {message}")
        if hint:
            self.note(f"hint: {hint}")

    def note(self, text: str) -> None:
        """Write text that people must see, on standard error."""
        self._write_text(text, sys.stderr)

    def show(self, text: str) -> None:
        """Write a result for people, on standard output."""
        self._write_text(text, sys.stdout)

    def show_document(self, text: str) -> None:
        """Write a result for programs, on standard output: as it is, but where people look at it."""
        if sys.stdout.isatty():
            text = harmless(text)
        elif self._is_log(sys.stdout):
            text = without_commands(harmless(text))
        _write(text, sys.stdout)

    def annotate(self, text: str) -> None:
        """Write GitHub's workflow commands, with their data escaped already, on standard output."""
        _write(harmless(text), sys.stdout)

    def ask_for(self, question: str, *, default: str = "") -> str:
        """Ask for a line, on standard error; an empty one means the default.

        Raises:
            KeyboardInterrupt: there will be no answer.
        """
        sys.stderr.write(harmless(f"{question} [{default}]: " if default else f"{question}: "))
        sys.stderr.flush()
        answer = sys.stdin.readline()
        if not answer:
            raise KeyboardInterrupt
        return answer.strip() or default

    def ask(self, question: str) -> bool:
        """Ask on standard error whether to go on; only an answer that says yes is one."""
        sys.stderr.write(f"\n{harmless(question)} [y/N] ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    @property
    def has_people_to_ask(self) -> bool:
        """Whether a question is seen and can be answered."""
        return sys.stderr.isatty() and sys.stdin is not None and sys.stdin.isatty()

    @property
    def has_people_at_results(self) -> bool:
        """Whether standard output is a terminal."""
        return sys.stdout.isatty()

    @property
    def has_people_at_notes(self) -> bool:
        """Whether standard error is a terminal."""
        return sys.stderr.isatty()

    @property
    def is_live(self) -> bool:
        """Whether standard error is a terminal that can write a line anew, so that progress may move."""
        return self._is_live(sys.stderr)

    @property
    def has_colours(self) -> bool:
        """Whether text for people is coloured on standard error."""
        return self._has_colours(sys.stderr)

    def _has_colours(self, stream: TextIO) -> bool:
        """On terminals that want it, and elsewhere if FORCE_COLOR asks for it.

        Sources: https://no-color.org and https://force-color.org, by which an empty variable says nothing.
        """
        if self.no_color or self.environ.get("NO_COLOR"):
            return False
        return bool(self.environ.get("FORCE_COLOR")) or self._is_live(stream)

    def _is_live(self, stream: TextIO) -> bool:
        return stream.isatty() and self.environ.get("TERM") != "dumb"

    def _write_text(self, text: str, stream: TextIO) -> None:
        text = harmless(text)
        if self._is_in_job:
            text = without_commands(text)
        _write(_coloured(text) if self._has_colours(stream) else text, stream)

    @property
    def _is_in_job(self) -> bool:
        return self.environ.get("GITHUB_ACTIONS") == "true"

    def _is_log(self, stream: TextIO) -> bool:
        """Whether a stream may be the log of a GitHub job; a file is not."""
        return self._is_in_job and not _is_file(stream)


def _coloured(text: str) -> str:
    for pattern, colour in _COLOURS:
        text = pattern.sub(f"\x1b[{colour}m\\g<0>\x1b[0m", text)
    return text


def _is_file(stream: TextIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:
        return False


def _write(text: str, stream: TextIO) -> None:
    """Write whole lines at once, so that lines of two writers do not mix."""
    if text:
        stream.write(text if text.endswith("\n") else f"{text}\n")
        stream.flush()
