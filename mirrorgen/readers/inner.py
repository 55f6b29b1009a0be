"""Where the lines of a text are that is a value within a file."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate

from mirrorgen.problems import KeyPath
from mirrorgen.readers.contract import Place
from mirrorgen.readers.yaml_documents import Document


class InnerText:
    """A text that is a value of a document.

    Args:
        document: it is in.
        whole: what the document was read from.
        path: to it.
        value: the text.
    """

    def __init__(self, document: Document, whole: str, path: KeyPath, value: str) -> None:
        self._start = document.place(path)
        start, end = document.extent(path)
        written = whole[start:end]
        # A text in a block keeps its lines, each behind an indentation.
        self._written_lines = written.split("\n")[1:] if written.startswith("|") else []
        self._shift = written.find(value) if "\n" not in value else -1
        self._lines = value.split("\n")
        self._offsets = [0, *accumulate(len(line) + 1 for line in self._lines[:-1])]

    def line(self, offset: int) -> int:
        """Return the line, from 1, of the text in which a character of it is."""
        return bisect_right(self._offsets, offset)

    def at(self, offset: int) -> Place:
        """Return the place in the file of a character of the text."""
        line = self.line(offset)
        return self.place(line, offset - self._offsets[line - 1] + 1)

    def place(self, line: int, column: int) -> Place:
        """Return the place in the file of a line and a column, from 1, of the text.

        It is the place of the whole text where the file does not keep its lines.
        """
        if self._shift >= 0:
            return replace(self._start, column=self._start.column + self._shift + column - 1)
        if not 0 < line <= min(len(self._written_lines), len(self._lines)):
            return self._start
        indentation = len(self._written_lines[line - 1]) - len(self._lines[line - 1])
        return replace(self._start, line=self._start.line + line, column=column + max(indentation, 0))
