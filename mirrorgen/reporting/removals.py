"""Tags that a prune would delete, or has deleted, as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from mirrorgen.operations.copying.work import Failure
from mirrorgen.operations.holding.pruning import Removal
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.tables import format_markdown_table, format_table


def format_removals(
    removals: Sequence[Removal], failures: Sequence[Failure], output: ResultFormat, *, done: bool
) -> str:
    """Return the tags, what was left alone with its reason, and a line that counts.

    Args:
        removals: the tags.
        failures: what could not be looked at or deleted.
        output: the format.
        done: whether the tags are gone, or would go.
    """
    if output is ResultFormat.JSON:
        document = {
            "version": 1,
            "deleted" if done else "delete": [asdict(one) for one in removals],
            "failures": [{"repository": one.repository, "tag": one.tag, "reason": one.reason} for one in failures],
        }
        return json.dumps(document, indent=2) + "\n"
    table = format_markdown_table if output is ResultFormat.MARKDOWN else format_table
    parts = []
    if removals:
        rows = [(f"{one.repository}:{one.tag}", one.digest[:19], one.pushed_at[:10]) for one in removals]
        parts.append(table([("image", "digest", "pushed"), *rows]))
    if failures:
        parts.append(table([("left alone", "reason"), *((str(one), one.reason) for one in failures)]))
    parts.append(f"Tags {'deleted' if done else 'that would go'}: {len(removals)}.\n")
    return "\n".join(parts)
