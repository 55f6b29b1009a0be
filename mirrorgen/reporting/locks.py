"""How upstream differs from a lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from mirrorgen.operations.upstream.locking import Difference, DifferenceKind
from mirrorgen.outcomes import Failure
from mirrorgen.reporting.views import Block, Items, Line, View, failure_documents, failure_items, text_table

_TITLES = {
    DifferenceKind.RETAGGED: "ALARM: fixed tags that name something else now; somebody has pushed them again",
    DifferenceKind.VANISHED: "Tags that are gone, or that the rule no longer chooses",
    DifferenceKind.NEW: "New tags",
    DifferenceKind.MOVED: "Moving tags that have moved",
}


def view_differences(differences: Sequence[Difference], failures: Sequence[Failure]) -> View:
    """Return the differences, the worst first."""
    blocks: list[Block] = []
    for kind, title in _TITLES.items():
        rows = [
            (difference.source, difference.tag, _change(difference))
            for difference in differences
            if difference.kind is kind
        ]
        if rows:
            blocks.append(Items(title, text_table(rows).splitlines()))
    document = {
        "differences": [asdict(difference) for difference in differences],
        "failures": failure_documents(failures),
    }
    nothing = Line("Nothing has changed since the lock was written.")
    return View(document, [*(blocks or [nothing]), failure_items("Could not be asked", failures)])


def _change(difference: Difference) -> str:
    """The first figures of both digests are enough for a reader."""
    return " -> ".join(digest[:19] for digest in (difference.locked, difference.now) if digest)
