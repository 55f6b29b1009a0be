"""How far a sync is, worked out from what regsync says."""

from __future__ import annotations

import pytest

from mirrorgen.reporting.progress import Finished, sync_progress
from mirrorgen.reporting.terminal import Terminal
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


@pytest.mark.parametrize("quiet", [True, False])
def test_without_a_terminal_each_image_is_a_line_unless_quiet_is_asked_for(
    quiet: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with sync_progress(1, Terminal({}, quiet=quiet)) as tell:
        tell(event(EventKind.NEEDED, "a", "1\x1b[2J"))
        tell(event(EventKind.MATCHES, "a", "2"))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == ("" if quiet else "copying quay.io/a:1\\u001b[2J to ecr/a:1\\u001b[2J\n")
