"""Threads that ask at once: what they wait for ends with the block that they work for."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mirrorgen.errors import ToolFailed
from mirrorgen.tools.bounds import Bounds
from mirrorgen.tools.crews import Crew
from mirrorgen.tools.runner import ProcessRunner
from tests.tools.test_runner import ENV, ends

WAITING = "import os, sys, time; print(os.getpid(), file=sys.stderr, flush=True); time.sleep(600)"


class Programs:
    """Runs programs that wait for ten minutes, and notes their process ids."""

    def __init__(self) -> None:
        self.pids: list[int] = []
        self.begun = threading.Semaphore(0)

    def wait(self) -> None:
        def note(line: str) -> None:
            self.pids.append(int(line))
            self.begun.release()

        ProcessRunner().run([sys.executable, "-c", WAITING], env=ENV, on_stderr_line=note, bounds=Bounds())


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ToolFailed("one of them failed")], ids=["interrupt", "failure"])
def test_programs_end_at_once_and_no_other_is_started(error: BaseException) -> None:
    programs = Programs()
    raised: list[float] = []

    def ask_until_stopped() -> None:
        with Crew() as crew:
            pool = crew.pool(2)
            for _ in range(5):
                pool.submit(programs.wait)
            for _ in range(2):
                programs.begun.acquire()
            raised.append(time.monotonic())
            raise error

    with pytest.raises(type(error)):
        ask_until_stopped()
    assert time.monotonic() - raised[0] < 10
    assert all(ends(pid) for pid in programs.pids)
    # Those that had a thread are gone; of the others none came to its turn.
    assert not programs.begun.acquire(timeout=0.5)
    assert len(programs.pids) == 2


def test_a_program_that_was_about_to_start_is_ended() -> None:
    programs, may_start, done = Programs(), threading.Event(), threading.Event()
    said: list[BaseException] = []

    def late() -> None:
        may_start.wait()
        try:
            programs.wait()
        except BaseException as error:
            said.append(error)
        done.set()

    def ask_and_stop() -> None:
        with Crew() as crew:
            crew.pool(1).submit(late)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask_and_stop()
    may_start.set()
    assert done.wait(60)
    assert [type(error) for error in said] == [KeyboardInterrupt]
    assert all(ends(pid) for pid in programs.pids)


def test_a_crew_waits_for_what_was_asked() -> None:
    with Crew() as crew:
        answers = [pool.submit(time.sleep, 0.05) for pool in (crew.pool(1), crew.pool(2)) for _ in range(3)]
    assert all(answer.done() and not answer.cancelled() for answer in answers)


def test_an_interrupt_ends_the_programs_that_a_crew_waits_for_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    programs, shutdown = Programs(), ThreadPoolExecutor.shutdown

    def interrupted(pool: ThreadPoolExecutor, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if wait:
            programs.begun.acquire()
            raise KeyboardInterrupt
        shutdown(pool, wait, cancel_futures=cancel_futures)

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", interrupted)
    with pytest.raises(KeyboardInterrupt), Crew() as crew:
        crew.pool(1).submit(programs.wait)
    (pid,) = programs.pids
    assert ends(pid)
