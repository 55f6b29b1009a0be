"""Updating: the newer tags that upstream has of those that a list writes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mirrorgen.desired.selection import Listings
from mirrorgen.desired.state import Repository
from mirrorgen.desired.updates import Update, find_updates, has_lines
from mirrorgen.model.images import Entry
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.selecting import select_saved, select_upstream
from mirrorgen.outcomes import Failure


@dataclass(frozen=True, slots=True)
class Offered:
    """What upstream has for the versions of a list.

    Attributes:
        updates: of every line whose upstream has answered.
        failures: entries whose upstream could not be asked.
    """

    updates: tuple[Update, ...]
    failures: tuple[Failure, ...]

    @property
    def due(self) -> tuple[Update, ...]:
        """Those by which the list would change."""
        return tuple(update for update in self.updates if update.is_due)


def offer(
    runtime: Runtime,
    entries: Iterable[tuple[Repository, Entry]],
    *,
    saved: Listings | None = None,
    keep: int | None = None,
) -> Offered:
    """Ask the upstream registries for newer tags; entries that have no version to follow are not asked for.

    Args:
        runtime: of the list.
        entries: each behind its repository.
        saved: what upstream has; None to ask.
        keep: how many tags of a line stay; None for all.

    Raises:
        ToolUnusable, UsageError: nothing can be asked.
    """
    asked = [pair for pair in entries if has_lines(pair[1])]
    if not asked:
        return Offered((), ())
    found = select_upstream(runtime, asked) if saved is None else select_saved(saved, asked)
    return Offered(tuple(find_updates(asked, found.listings, keep=keep)), found.failures)
