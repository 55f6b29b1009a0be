"""Tags that a prune would delete, or has deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from mirrorgen.operations.holding.pruning import Removal
from mirrorgen.outcomes import Failure
from mirrorgen.reporting.views import Line, Table, View, failure_documents, failure_items


def view_removals(removals: Sequence[Removal], failures: Sequence[Failure], *, done: bool) -> View:
    """Return the tags, what was left alone with its reason, and a line that counts.

    Args:
        removals: the tags.
        failures: what could not be looked at or deleted.
        done: whether the tags are gone, or would go.
    """
    rows = [
        (f"{removal.repository}:{removal.tag}", removal.digest[:19], removal.pushed_at[:10] or "-")
        for removal in removals
    ]
    document = {
        "deleted" if done else "delete": [asdict(removal) for removal in removals],
        "failures": failure_documents(failures),
    }
    return View(
        document,
        [
            Table(("image", "digest", "pushed"), rows),
            failure_items("Left alone", failures),
            Line(f"Tags {'deleted' if done else 'that would go'}: {len(removals)}."),
        ],
    )
