"""How upstream differs from a lock, as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from mirrorgen.operations.upstream.locking import Difference, DifferenceKind
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.tables import format_markdown_table, format_table

_TITLES = {
    DifferenceKind.RETAGGED: "ALARM: fixed tags that name something else now; somebody has pushed them again",
    DifferenceKind.VANISHED: "Tags that are gone, or that the rule no longer chooses",
    DifferenceKind.NEW: "New tags",
    DifferenceKind.MOVED: "Moving tags that have moved",
}


def format_differences(differences: Sequence[Difference], output: ResultFormat) -> str:
    """Return the differences, the worst first."""
    if output is ResultFormat.JSON:
        return json.dumps({"version": 1, "differences": [asdict(one) for one in differences]}, indent=2) + "\n"
    sections = []
    for kind, title in _TITLES.items():
        rows = [(one.source, one.tag, _change(one)) for one in differences if one.kind is kind]
        if not rows:
            continue
        if output is ResultFormat.MARKDOWN:
            sections.append(f"### {title}\n\n{format_markdown_table([('source', 'tag', 'digest'), *rows])}")
        else:
            lines = format_table(rows).splitlines()
            sections.append(f"{title}:\n" + "".join(f"  {line}\n" for line in lines))
    return "\n".join(sections) or "Nothing has changed since the lock was written.\n"


def _change(difference: Difference) -> str:
    """The first figures of both digests are enough for a reader."""
    return " -> ".join(digest[:19] for digest in (difference.locked, difference.now) if digest)
