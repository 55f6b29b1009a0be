"""The line of a file on which something is wrong, as a terminal can show it, with carets below it."""

from __future__ import annotations

import unicodedata

from mirrorgen.problems import Problem

_TAB = "    "
# Characters that terminals show two columns wide: https://www.unicode.org/reports/tr11/
_WIDE = {"W", "F"}


def format_excerpt(problem: Problem) -> list[str]:
    """Return the line of a problem and carets below what is wrong there; nothing where no line can be shown."""
    excerpt = problem.excerpt
    if excerpt is None:
        return []
    gutter = f"{problem.line:>4} | "
    before = _harmless(excerpt.text[: excerpt.start])
    marked = _harmless(excerpt.text[excerpt.start : excerpt.end])
    line = before + marked + _harmless(excerpt.text[excerpt.end :])
    below = " " * (len(gutter) - 2) + "| " + " " * _width(before) + "^" * max(1, _width(marked))
    return [(gutter + line).rstrip(), below]


def _harmless(text: str) -> str:
    """Write out what would move the cursor, turn the direction of writing or cannot be seen."""
    return "".join(_TAB if char == "\t" else char if char.isprintable() else f"<U+{ord(char):04X}>" for char in text)


def _width(text: str) -> int:
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1
