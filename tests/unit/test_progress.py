"""How far a sync is, worked out from what regsync says."""

from __future__ import annotations

from mirrorgen.reporting.progress import Finished
from mirrorgen.tools.regsync import Event, EventKind


def event(kind: EventKind, repository: str, tag: str) -> Event:
    return Event(kind, f"quay.io/{repository}:{tag}", f"ecr/{repository}:{tag}")


def finished(*events: Event) -> set[str]:
    progress = Finished()
    for one in events:
        progress.take(one)
    return progress.targets


def test_an_image_that_needs_nothing_is_finished() -> None:
    assert finished(event(EventKind.MATCHES, "a", "1")) == {"ecr/a:1"}


def test_a_copy_is_finished_when_regsync_turns_to_the_next_tag_of_the_repository() -> None:
    copying = event(EventKind.NEEDED, "a", "1")
    assert finished(copying) == set()
    assert finished(copying, event(EventKind.NEEDED, "b", "1")) == set()
    assert finished(copying, event(EventKind.NEEDED, "a", "2")) == {"ecr/a:1"}


def test_a_failed_copy_is_finished() -> None:
    assert finished(event(EventKind.NEEDED, "a", "1"), event(EventKind.FAILED, "a", "1")) == {"ecr/a:1"}


def test_waiting_for_a_rate_limit_finishes_nothing() -> None:
    waiting = Event(EventKind.WAITING, "quay.io/a:1")
    assert finished(event(EventKind.NEEDED, "a", "1"), waiting) == set()
