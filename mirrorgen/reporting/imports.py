"""What became of the images that files name: what the list has more, what it had, and what it cannot have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mirrorgen.importing.outcomes import Added, How, Taken
from mirrorgen.readers.contract import Place, Reading, Refusal
from mirrorgen.reporting.views import Block, Items, Table, View

_HEAD = ("source", "tag", "repository", "named at")


def view_import(readings: Sequence[Reading], added: Added, *, into: str | None = None) -> View:
    """Return what was added, what somebody should know of it, and what was refused.

    Args:
        readings: what the files name.
        added: what became of it.
        into: name of the list that it was added to; None for a new one, whose entries need no table beside it.
    """
    new = [taken for taken in added.taken if taken.how is How.ADDED]
    noted = [taken for taken in added.taken if taken.note and taken.how in {How.ADDED, How.OWN}]
    left_behind = [note for reading in readings for note in reading.notes]
    document = {
        "list": into,
        "text": added.text if into is None else None,
        "formats": sorted({reading.format for reading in readings if reading.format}),
        **{str(how): [_taken(taken) for taken in added.taken if taken.how is how] for how in How},
        "refused": [_refused(refused) for refused in added.refused],
        "notes": [_refused(note) for note in left_behind],
    }
    blocks: list[Block] = [
        Table(_HEAD, [_row(taken) for taken in new] if into else []),
        Items("To know", [f"{_named(taken)}: {taken.note}" for taken in noted]),
        Items(
            "Named more than once", [_named(each) + f": {each.note}" for each in added.taken if each.how is How.TWICE]
        ),
        Items("What a list does not say", [_line(note) for note in left_behind]),
        Items("Not taken over", [_line(refused) for refused in added.refused], failed=True),
    ]
    return View(document, blocks, _summary(added))


def _summary(added: Added) -> str:
    counted = {
        "added": How.ADDED,
        "in the list before": How.HELD,
        "named again": How.TWICE,
        "in the target already": How.OWN,
    }
    counts = [f"{words} {added.count(how)}" for words, how in counted.items() if how is How.ADDED or added.count(how)]
    return f"Images: {', '.join(counts)}; not taken over {len(added.refused)}."


def _row(taken: Taken) -> tuple[str, ...]:
    tags = ", ".join(taken.tags) or "by rule"
    return str(taken.image.source), tags, taken.repository, str(taken.image.place)


def _named(taken: Taken) -> str:
    return f"{taken.image.place} {taken.image.written}"


def _line(refused: Refusal) -> str:
    written = f" {refused.written}" if refused.written else ""
    hint = f"; {refused.hint}" if refused.hint else ""
    return f"{refused.place}{written}: {refused.reason}{hint}"


def _taken(taken: Taken) -> dict[str, Any]:
    image = taken.image
    return {
        **_place(image.place, image.path, image.written),
        "source": str(image.source),
        "repository": taken.repository,
        "tags": list(taken.tags),
        "note": taken.note,
    }


def _refused(refused: Refusal) -> dict[str, Any]:
    return {
        **_place(refused.place, refused.path, refused.written),
        "reason": refused.reason,
        "hint": refused.hint,
    }


def _place(place: Place, path: str, written: str) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column, "path": path, "written": written}
