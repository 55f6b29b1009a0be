"""Text from outside, made harmless for what it is written into: one function for each medium.

HTML is escaped by jinja as it fills the template, metrics by the client library of Prometheus; both get text that went
through `printable`. A terminal has its own rules.
"""

from __future__ import annotations

import re
from itertools import groupby

HARMFUL = r"\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""What no medium may get, for a class of characters in a pattern: controls but for tab and line break (ECMA-48: C0,
DEL, C1; OSC and CSI begin with one of them), marks that turn the direction of writing around (CVE-2021-42574),
separators of lines, and halves of characters, which UTF-8 cannot write."""

_UNPRINTABLE = re.compile(rf"[\r{HARMFUL}]")

# What a cell holds that counts, or has nothing to say.
_PLAIN_CELL = re.compile(r"[0-9]{1,20}|-")

# Nothing in it starts a list or a heading, or becomes a link, an entity, a mention or emphasis.
_PLAIN_SENTENCE = re.compile(r"(?!.*www\.)[A-Za-z](?:[A-Za-z0-9 .,;()'=-]|:(?= |$))*", re.IGNORECASE)


def printable(text: str) -> str:
    """Return text with a replacement character for each one that is not shown, or shown elsewhere."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def markdown(text: str) -> str:
    """Return a sentence for Markdown: as it is where it has nothing that Markdown or GitHub reads, else as code."""
    return text if _PLAIN_SENTENCE.fullmatch(text) else markdown_code(text)


def markdown_code(text: str) -> str:
    """Return text for Markdown as code on one line, whatever it holds; nothing for blank text.

    In code nothing is read: no markup, no link, no mention.
    """
    line = printable(" ".join(text.split()))
    if "`" not in line:
        return f"`{line}`" if line else ""
    fence = _fence(line)
    return f"{fence} {line} {fence}"


def markdown_cell(text: str) -> str:
    """Return text for a cell of a Markdown table, as code but for a number: even there a `|` would end the cell.

    Source: https://github.github.com/gfm/#example-200.
    """
    return text if _PLAIN_CELL.fullmatch(text) else markdown_code(text).replace("|", "\\|")


def markdown_block(language: str, text: str) -> str:
    """Return lines for Markdown as a block of code in a language, with a line break at its end."""
    shown = printable(text.removesuffix("\n"))
    fence = _fence(shown).rjust(3, "`")
    return f"{fence}{language}\n{shown}\n{fence}\n"


def _fence(code: str) -> str:
    """What cannot be in the code: one more backtick than it has in a row."""
    return "`" * (max((len(list(run)) for char, run in groupby(code) if char == "`"), default=0) + 1)


def github_data(text: str) -> str:
    """Return text for the message of a workflow command.

    Source: `escapeData` of actions/toolkit, packages/core/src/command.ts.
    """
    return _percent(printable(text), "%\n")


def github_property(text: str) -> str:
    """Return text for a property of a workflow command; source: `escapeProperty`, beside `escapeData`."""
    return _percent(printable(text), "%\n:,")


def _percent(text: str, chars: str) -> str:
    return text.translate({ord(char): f"%{ord(char):02X}" for char in chars})
