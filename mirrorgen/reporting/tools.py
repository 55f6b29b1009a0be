"""Programs, found and needed, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mirrorgen.reporting.views import text_table


@dataclass(frozen=True, slots=True)
class ToolLine:
    """One program: its name, the version found, what is needed, where it is, and what to do if it is not usable."""

    name: str
    found: str
    needed: str
    where: str
    remedy: str = ""


def format_tools(lines: Sequence[ToolLine]) -> str:
    """Return a table with a line for each program, and what to do below it."""
    rows = [
        ("program", "found", "needed", "where"),
        *((line.name, line.found or "-", line.needed, line.where or "-") for line in lines),
    ]
    text = text_table(rows)
    troubles = [f"{line.name}: {line.remedy}\n" for line in lines if line.remedy]
    return text + ("\n" + "".join(troubles) if troubles else "\nall programs are usable\n")
