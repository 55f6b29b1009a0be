"""What became of a lock that was made anew, and how upstream differs from the old one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from mirrorgen.operations.upstream.locking import ChangedEntry, Difference, DifferenceKind, EntryChange, Relocked
from mirrorgen.reporting.views import Block, Items, Line, View, failure_documents, text_table, upstream_items

_TITLES = {
    DifferenceKind.RETAGGED: "ALARM: fixed tags that name something else now; somebody has pushed them again",
    DifferenceKind.VANISHED: "Tags that are gone, or that the rule no longer chooses",
    DifferenceKind.NEW: "New tags",
    DifferenceKind.MOVED: "Moving tags that have moved",
}


_ENTRY_TITLES = {
    EntryChange.ADDED: "Entries that the lock did not have",
    EntryChange.REMOVED: "Entries that the list no longer has",
    EntryChange.RULE: "Entries of which the list asks for something else than before",
    EntryChange.KEPT: "Entries that keep their lines, whatever upstream has",
    EntryChange.LEFT_OUT: "Entries that the lock does not have yet",
}


def view_relocked(relocked: Relocked, total: int) -> View:
    """Return how upstream and the list differ from the old lock, the worst first, and what could not be found out.

    Args:
        relocked: the new lock.
        total: how many entries the list has.
    """
    changes = [*_tag_blocks(relocked.differences), *_entry_blocks(relocked.entries)]
    document = {
        "differences": [asdict(difference) for difference in relocked.differences],
        "entries": [asdict(entry) for entry in relocked.entries],
        "answered": relocked.answered,
        "total": total,
        "failures": failure_documents(relocked.failures),
    }
    unchanged = [] if relocked.has_differences else [Line(_unchanged(relocked.answered, total))]
    return View(document, [*unchanged, *changes, *upstream_items(relocked.failures)])


def _unchanged(answered: int, total: int) -> str:
    if answered == total:
        return "Nothing has changed since the lock was written."
    if answered == 0:
        return f"Whether anything has changed is not known: upstream answered for none of {total} entries."
    return f"Nothing has changed in the {answered} of {total} entries that upstream answered for."


def _tag_blocks(differences: Sequence[Difference]) -> Iterator[Block]:
    for kind, title in _TITLES.items():
        rows = [
            (difference.source, difference.tag, _change(difference))
            for difference in differences
            if difference.kind is kind
        ]
        if rows:
            yield Items(title, text_table(rows).splitlines())


def _entry_blocks(entries: Sequence[ChangedEntry]) -> Iterator[Block]:
    for change, title in _ENTRY_TITLES.items():
        rows = [
            (f"{entry.source} as {entry.repository}" if entry.repository else entry.source, f"tags: {entry.tags}")
            for entry in entries
            if entry.change is change
        ]
        if rows:
            yield Items(title, text_table(rows).splitlines())


def _change(difference: Difference) -> str:
    """The first figures of both digests are enough for a reader."""
    return " -> ".join(digest[:19] for digest in (difference.locked, difference.now) if digest)
