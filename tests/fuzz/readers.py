"""What reads the media, written from their documentation: nothing of it knows how the program escapes."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

# Bidi_Control of the Unicode character database, PropList.txt.
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
CONTROLS = frozenset(char for char in map(chr, range(0x110000)) if unicodedata.category(char) == "Cc")
# Separators of lines and paragraphs, and halves of characters, which UTF-8 cannot write.
_OTHERS = frozenset("\u2028\u2029") | frozenset(map(chr, range(0xD800, 0xE000)))
UNSEEN = (CONTROLS | BIDI | _OTHERS) - frozenset("\t\n")
"""What no document for people has, but for tabs and line breaks."""

_REPLACED = dict.fromkeys(map(ord, UNSEEN), "\N{REPLACEMENT CHARACTER}")


def visible(text: str) -> str:
    """Return what a document may show of a text."""
    return text.translate(_REPLACED)


class Page(HTMLParser):
    """What a page shows in its cells and in the items of its lists, what its buttons copy, and its whole structure."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.cells: list[str] = []
        self.items: list[str] = []
        self.values: list[str] = []
        self.structure: list[tuple[str, ...]] = []
        self._open: list[str] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.structure.append((tag, *(name for name, _ in attrs)))
        self.values += [value or "" for name, value in attrs if (tag, name) == ("button", "value")]
        texts = {"td": self.cells, "th": self.cells, "li": self.items}.get(tag)
        if texts is not None:
            texts.append("")
            self._open = texts

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "li"}:
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open[-1] += data

    def handle_comment(self, data: str) -> None:
        self.structure.append(("comment", data))

    def unknown_decl(self, data: str) -> None:
        self.structure.append(("declaration", data))


def lines_of_github(output: str) -> list[str]:
    """The lines that actions/runner reads from a program, as .NET's streams end them."""
    return re.split(r"\r\n|\r|\n", output)


def obeyed_by_github(line: str) -> bool:
    """Whether a line is a command to actions/runner: src/Runner.Common/ActionCommand.cs, TryParseV2 and TryParse."""
    return line.lstrip().startswith("::") or "##[" in line


def run_by_github(output: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands that actions/runner reads from output, with their properties and message: `TryParseV2`."""
    commands = []
    for line in lines_of_github(output):
        match = re.fullmatch(r"\s*::([^ :]+)(?: (.*?))?::(.*)", line, re.DOTALL)
        if match:
            name, properties, data = match.groups()
            pairs = (pair.split("=", 1) for pair in (properties or "").split(",") if "=" in pair)
            commands.append(
                (name, {key: _unescaped(value, "%3A :", "%2C ,") for key, value in pairs}, _unescaped(data))
            )
    return commands


def _unescaped(text: str, *also: str) -> str:
    for code, char in [("%0D", "\r"), ("%0A", "\n"), *(pair.split(" ") for pair in also), ("%25", "%")]:
        text = text.replace(code, char)
    return text
