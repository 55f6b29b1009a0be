"""What a command found, as Markdown: never longer than what it is for takes, and what is left out is counted."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mirrorgen.reporting.escaping import markdown, markdown_block, markdown_cell, markdown_code
from mirrorgen.reporting.views import Block, Code, Items, Line, Table

_LONGEST_TITLE = 300
_LEAST_SHARE = 750
"""Bytes that any block may take, for a title and what it leaves out."""
_SHARE_OF_ROW, _SHARE_OF_CELL = 10, 60
"""No row takes more than a tenth of the limit, no cell more than a sixtieth."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A block of which the first rows may be shown alone.

    Attributes:
        rows: in order, escaped unless `write` does so.
        write: returns the Markdown of some of them.
    """

    rows: Sequence[str]
    write: Callable[[Sequence[str]], str]

    def first(self, count: int) -> str:
        """Return the first rows, and how many are left out."""
        return self.write(self.rows[:count]) + left_out(len(self.rows) - count)

    def within(self, size: int) -> str:
        """Return as much as fits into so many bytes; at least how much is left out."""
        whole = self.first(len(self.rows))
        if _size(whole) <= size:
            return whole
        fitting = bisect_right(range(1, len(self.rows)), size, key=lambda count: _size(self.first(count)))
        return self.first(fitting)


def left_out(count: int) -> str:
    """Return the sentence that counts what is not shown, as a paragraph of its own; nothing for none."""
    return f"\nLeft out here: {count} more.\n" if count else ""


def format_markdown(blocks: Sequence[Block], limit: int) -> str:
    """Write blocks as Markdown of at most so many bytes.

    Where they do not fit, short ones are shown whole, and long ones get equal shares of what is left.

    Args:
        blocks: in order; what has no rows, lines or text is left out.
        limit: at least some thousand.
    """
    pieces = [piece for block in blocks if (piece := _piece(block, limit)).rows]
    shown = pieces[: limit // _LEAST_SHARE]
    more = left_out(len(pieces) - len(shown))
    return "\n".join(_fitted(shown, limit - _size(more) - len(shown))) + more


def _fitted(pieces: Sequence[_Piece], room: int) -> list[str]:
    whole = [piece.first(len(piece.rows)) for piece in pieces]
    texts: dict[int, str] = {}
    for at in sorted(range(len(pieces)), key=lambda at: _size(whole[at])):
        share = room // (len(pieces) - len(texts))
        texts[at] = whole[at] if _size(whole[at]) <= share else pieces[at].within(share)
        room -= _size(texts[at])
    return [texts[at] for at in range(len(pieces))]


def _piece(block: Block, limit: int) -> _Piece:
    longest_row, longest_cell = limit // _SHARE_OF_ROW, limit // _SHARE_OF_CELL
    match block:
        case Line(text):
            return _Piece([f"{markdown(_cut(text, longest_row))}\n"] if text else [], "".join)
        case Table(head, rows):
            start = f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n"
            lines = [f"| {' | '.join(markdown_cell(_cut(cell, longest_cell)) for cell in row)} |\n" for row in rows]
            return _Piece(lines, lambda kept: start + "".join(kept))
        case Items(title, lines, _):
            items = [f"- {markdown_code(_cut(line, longest_row))}\n" for line in lines]
            return _Piece(items, lambda kept: _title(title) + "".join(kept))
        case Code(title, language, text):
            parts = text.split("\n\n") if text else []
            return _Piece(
                parts, lambda kept: _title(title) + (markdown_block(language, "\n\n".join(kept)) if kept else "")
            )


def _title(text: str) -> str:
    return f"### {markdown(_cut(text, _LONGEST_TITLE))}\n\n"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"


def _size(text: str) -> int:
    return len(text.encode())
