"""What the entries of a list stand for."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorgen.desired.selection import Selection
from mirrorgen.destinations.port import Holdings
from mirrorgen.outcomes import Failure
from mirrorgen.reporting.views import Line, Table, View, failure_documents, upstream_items

_HEAD = ("source", "tag", "selected by", "kind", "in the target")
_HELD = {True: "yes", False: "no", None: "-"}


def view_selections(selections: Sequence[Selection], held: Holdings | None, failures: Sequence[Failure] = ()) -> View:
    """Return every tag that is selected, sorted by source and tag.

    Args:
        selections: of each entry.
        held: what the target holds; None where it was not asked.
        failures: what could not be asked, and what upstream does not have.
    """
    rows = [
        (selection, selected, None if held is None else selected.tag in (held.get(selection.repository) or {}))
        for selection in sorted(selections, key=lambda selection: (selection.entry.source, selection.repository))
        for selected in selection.tags
    ]
    documents = [
        {
            "source": str(selection.entry.source),
            "repository": selection.repository,
            "tag": selected.tag,
            "selected_by": selected.selected_by,
            "moving": selected.moving,
            "is_held": is_held,
        }
        for selection, selected, is_held in rows
    ]
    table = [
        (
            str(selection.entry.source),
            selected.tag,
            selected.selected_by,
            "moving" if selected.moving else "fixed",
            _HELD[is_held],
        )
        for selection, selected, is_held in rows
    ]
    return View(
        {"tags": documents, "failures": failure_documents(failures)},
        [
            Table(_HEAD, table) if table else Line("No tag is selected."),
            *upstream_items(failures),
        ],
    )
