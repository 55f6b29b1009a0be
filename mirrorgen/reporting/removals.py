"""Tags that a prune would delete, or has deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from mirrorgen.operations.holding.pruning import PrunePlan, Removal
from mirrorgen.outcomes import Failure
from mirrorgen.reporting.views import Items, Line, Table, View, failure_documents, failure_items


def view_prune_plan(plan: PrunePlan) -> View:
    """Return the tags that would go, those too young for it, what was left alone with its reason, and the counts."""
    young = [_name(removal) for removal in plan.too_young]
    count = f"Tags that would go: {len(plan.removals)}."
    if young:
        count += f" Left because they were pushed within {plan.older_than_days} days: {len(young)}."
    if plan.running is not None:
        count += f" Left because they run: {len(plan.running)}."
    document = {
        "target": dict(plan.target),
        "delete": [asdict(removal) for removal in plan.removals],
        "too_young": [asdict(removal) for removal in plan.too_young],
        "running": None if plan.running is None else [asdict(removal) for removal in plan.running],
        "failures": failure_documents(plan.failures),
    }
    return View(
        document,
        [
            Line(", ".join(f"{key} {value}" for key, value in plan.target.items())),
            _table(plan.removals),
            Items(f"Not in the list, and pushed within {plan.older_than_days} days", young),
            Items("Not in the list, and left because it runs", [_name(removal) for removal in plan.running or ()]),
            failure_items("Left alone", plan.failures),
            Line(count),
        ],
    )


def view_deleted(deleted: Sequence[Removal], refused: Sequence[Failure]) -> View:
    """Return the tags that are gone, those that the registry refused to delete, and the count."""
    document = {"deleted": [asdict(removal) for removal in deleted], "failures": failure_documents(refused)}
    count = Line(f"Tags deleted: {len(deleted)}.")
    return View(document, [_table(deleted), failure_items("Left alone", refused), count])


def _table(removals: Sequence[Removal]) -> Table:
    rows = [(_name(removal), removal.digest[:19], removal.pushed_at[:10] or "-") for removal in removals]
    return Table(("image", "digest", "pushed"), rows)


def _name(removal: Removal) -> str:
    return f"{removal.repository}:{removal.tag}"
