"""What a child may take of time, memory and patience, and what ends it when it takes more."""

from __future__ import annotations

import contextlib
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

INTERRUPT_GRACE_S = 20.0
"""Terraform needs this long at most to write its state after an interrupt."""

_LOOK_S = 0.5
"""Between two looks at the child."""

End = Callable[[str], None]
"""Ends a child, and keeps why."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may take; None for as much as it likes.

    Attributes:
        output_bytes: how much of each stream is read; with more, it is killed.
        line_length: characters of a line of standard error; the rest of it is dropped.
        on_dropped: told each part that is dropped.
        memory_bytes: how much memory it may take; where the system has no such limit for another process, nothing is
            limited.
        watch: asked now and then, with the process id, whether it is to be killed; a text says why.
        grace_s: seconds that it has to end by itself after an interrupt.
        pipe_bytes: how far it may get ahead of whoever reads what it says; on Linux only, where the least is a page.
    """

    output_bytes: int | None = None
    line_length: int | None = None
    on_dropped: Callable[[str], None] | None = None
    memory_bytes: int | None = None
    watch: Callable[[int], str | None] | None = None
    grace_s: float = INTERRUPT_GRACE_S
    pipe_bytes: int | None = None

    def limit_memory(self, pid: int) -> None:
        """Let the system give a process no more than it may take."""
        if self.memory_bytes and hasattr(resource, "prlimit"):
            # It may have ended, or have a lower limit that only root may raise.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                resource.prlimit(pid, resource.RLIMIT_DATA, (self.memory_bytes, self.memory_bytes))

    def lines(self, stream: IO[str], end: End) -> Iterator[str]:
        """Yield the lines of a stream; beyond the limit, of which a line may be all, end the child instead."""
        left, limit = self.output_bytes, self.output_bytes
        while line := stream.readline(-1 if left is None else left + 1):
            if left is not None:
                left -= len(line)
                if left < 0:
                    end(f"printed more than {limit} bytes")
                    return
            yield line

    def messages(self, stream: IO[str], end: End) -> Iterator[str]:
        """Yield the lines of a stream, of long ones the beginning."""
        if self.line_length is None:
            yield from self.lines(stream, end)
            return
        is_begun = False
        while part := stream.readline(self.line_length):
            if not is_begun:
                yield part
            elif self.on_dropped:
                self.on_dropped(part)
            is_begun = not part.endswith("\n")


UNBOUNDED = Bounds()


@contextmanager
def watched(pid: int, bounds: Bounds, timeout_s: float | None, end: End) -> Iterator[None]:
    """Look after a process for the length of a block, and end it when its time is over or its watch says so."""
    if timeout_s is None and bounds.watch is None:
        yield
        return
    done = threading.Event()
    watcher = threading.Thread(target=_look, args=(pid, bounds.watch, timeout_s, end, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()


def _look(
    pid: int, watch: Callable[[int], str | None] | None, timeout_s: float | None, end: End, done: threading.Event
) -> None:
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while not done.wait(_LOOK_S if deadline is None else max(0.0, min(_LOOK_S, deadline - time.monotonic()))):
        why = watch(pid) if watch else None
        if deadline is not None and time.monotonic() >= deadline:
            why = f"did not end within {timeout_s:g} s"
        if why:
            end(why)
            return
