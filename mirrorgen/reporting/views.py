"""What a command found, put together once and written in every format: text, Markdown, JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from mirrorgen.outcomes import Failure, Kind
from mirrorgen.reporting.formats import ResultFormat

COMMENT_BYTES = 30_000
"""Of a result in Markdown: two of them and a heading fit into a comment. GitHub refuses more than 65,536 characters."""

PAGE_BYTES = 250_000
"""Of a result on the page of a GitHub job: four of them fit into what a step may say there, 1 MiB.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands, "Adding a job summary".
"""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in columns below a head."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Items:
    """Lines below a title; `failed` if they say what went wrong."""

    title: str
    lines: Sequence[str]
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of ours, or a few."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Lines below a title that are meant to be copied; nothing else stands in them.

    Attributes:
        title: what they are.
        language: as Markdown names it.
        text: of ours, or escaped for that language.
    """

    title: str
    language: str
    text: str


Block = Table | Items | Line | Code


@dataclass(frozen=True, slots=True)
class View:
    """What a command found.

    Attributes:
        document: for programs; JSON adds the version of the format.
        blocks: for people, in order; what has no rows, lines or text is left out.
        summary: a sentence that counts. In text it is the last, where a terminal stands then; in Markdown the first,
            behind the sentences at the beginning.
    """

    document: Mapping[str, Any]
    blocks: Sequence[Block]
    summary: str = ""


def show(view: View, output: ResultFormat, *, markdown_bytes: int = COMMENT_BYTES) -> str:
    """Return a view in a format, with a line break at its end; Markdown has at most so many bytes."""
    if output is ResultFormat.JSON:
        return json.dumps({"version": 1, **view.document}, indent=2) + "\n"
    if output is ResultFormat.MARKDOWN:
        from mirrorgen.reporting.markdown import format_markdown

        sentences = list(takewhile(lambda block: isinstance(block, Line), view.blocks))
        return format_markdown([*sentences, Line(view.summary), *view.blocks[len(sentences) :]], markdown_bytes)
    return "\n".join(text for block in (*view.blocks, Line(view.summary)) if (text := _text(block)))


def failure_items(title: str, failures: Sequence[Failure]) -> Items:
    """Return failures as lines, each with what it concerns, the reason, its kind and the owner."""
    return Items(title, [failure_line(failure) for failure in failures], failed=True)


def only_failures(view: View) -> View:
    """Return a view in which people see what went wrong, and nothing else; programs see all of it."""
    return View(view.document, [block for block in view.blocks if isinstance(block, Items) and block.failed])


def upstream_items(failures: Sequence[Failure]) -> list[Items]:
    """Return what came of asking upstream registries: who did not answer, and what is not there."""
    absent = {Kind.NOT_UPSTREAM, Kind.RULE}
    return [
        failure_items("Could not be asked", [failure for failure in failures if failure.kind not in absent]),
        failure_items("Not found upstream", [failure for failure in failures if failure.kind in absent]),
    ]


def failure_line(failure: Failure) -> str:
    """Return a failure as a person reads it."""
    owner = f" (owner: {failure.owner})" if failure.owner else ""
    return f"{failure.ref}: {failure.reason} [{failure.kind}]{owner}"


def failure_documents(failures: Sequence[Failure]) -> list[dict[str, Any]]:
    """Return failures as they stand in JSON."""
    return [failure.document() for failure in failures]


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text in columns as wide as they need."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )


def _text(block: Block) -> str:
    match block:
        case Line(text):
            return f"{text}\n" if text else ""
        case Table(head, rows):
            return text_table([head, *rows]) if rows else ""
        case Items(title, lines, _):
            return f"{title}:\n" + "".join(f"  {line}\n" for line in lines) if lines else ""
        case Code(title, _, text):
            return f"{title}:\n\n{text}" if text else ""
