"""How far a sync is: a bar on a terminal, a plain line for each image elsewhere; both on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mirrorgen.reporting.terminal import Terminal, harmless
from mirrorgen.tools.regsync import Event, EventKind


@contextmanager
def sync_progress(total: int, terminal: Terminal) -> Iterator[Callable[[Event], None]]:
    """Show progress for the length of a `with` block, which gets a function to tell events to.

    Args:
        total: how many tags there are.
        terminal: where progress is shown.
    """
    if terminal.quiet or not total or not terminal.is_live:
        yield lambda event: _say(event, terminal)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True, no_color=not terminal.has_colours), transient=True) as bar:
        task = bar.add_task("syncing", total=total)
        finished = Finished()

        def show(event: Event) -> None:
            finished.take(event)
            bar.update(
                task, completed=min(len(finished.targets), total), description=harmless(event.source) or "syncing"
            )

        yield show
        bar.update(task, completed=total)


class Finished:
    """Which images regsync is done with.

    It does not say when a copy ends, but works through a repository one tag after the other: what it says next
    about a repository ends the copy before it.
    """

    def __init__(self) -> None:
        self.targets: set[str] = set()
        self._under_way: dict[str, str] = {}

    def take(self, event: Event) -> None:
        """Take the next event into account."""
        if not event.target:
            return
        repository = event.target.rpartition(":")[0]
        before = self._under_way.pop(repository, None)
        if before:
            self.targets.add(before)
        if event.kind is EventKind.NEEDED:
            self._under_way[repository] = event.target
        elif event.kind is not EventKind.WAITING:
            self.targets.add(event.target)


_WORDS = {
    EventKind.NEEDED: "copying",
    EventKind.REFRESHED: "refreshing",
    EventKind.WAITING: "waiting for the rate limit of",
    EventKind.FAILED: "failed:",
    EventKind.SKIPPED: "skipped:",
}


def _say(event: Event, terminal: Terminal) -> None:
    word = _WORDS.get(event.kind)
    if word is None:
        return
    target = f" to {event.target}" if event.kind in {EventKind.NEEDED, EventKind.REFRESHED} else ""
    reason = f": {event.reason}" if event.reason else ""
    terminal.say(f"{word} {event.source}{target}{reason}")
