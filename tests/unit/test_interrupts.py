"""An interrupt ends a run, and never in the middle of starting a program: there Python would drop it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrorgen.interrupts import held_back, listen
from mirrorgen.tools.children import start


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    before = {sig: signal.getsignal(sig) for sig in (signal.SIGINT, signal.SIGTERM)}
    listen()
    yield
    for sig, handler in before.items():
        signal.signal(sig, handler)


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_elsewhere_it_comes_at_once(sig: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(sig)


def test_one_that_was_held_back_comes_at_the_end_and_once() -> None:
    done: list[str] = []

    def whole() -> None:
        with held_back():
            signal.raise_signal(signal.SIGTERM)
            done.append("all")

    with pytest.raises(KeyboardInterrupt):
        whole()
    assert done == ["all"]
    with held_back():
        done.append("again")


def test_what_another_thread_starts_holds_nothing_back() -> None:
    inside, over = threading.Event(), threading.Event()

    def work() -> None:
        with held_back():
            inside.set()
            over.wait()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        inside.wait()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    finally:
        over.set()
        thread.join()


def test_it_is_not_lost_around_a_fork_and_the_child_ends(tmp_path: Path) -> None:
    """What the interpreter calls after a fork in the parent drops every exception."""
    is_due = [True]

    def interrupt() -> None:
        if is_due and is_due.pop():
            signal.raise_signal(signal.SIGTERM)

    os.register_at_fork(after_in_parent=interrupt)
    note = tmp_path / "pid"
    script = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    with pytest.raises(KeyboardInterrupt):
        start([sys.executable, "-c", script], env=dict(os.environ))
    children = [path for path in Path("/proc").glob("[0-9]*/cmdline") if is_of(path, str(note))]
    assert children == []


def is_of(path: Path, word: str) -> bool:
    try:
        return word.encode() in path.read_bytes()
    except OSError:
        return False
