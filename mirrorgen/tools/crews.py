"""Threads that ask at once, and end at once: an interrupt, or a failure, ends the programs that they wait for.

Only the main thread hears of an interrupt. The others wait for programs, which have sessions of their own and hear of
nothing, or for answers of AWS.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType

from mirrorgen.tools.children import Child, kill


class Crew:
    """The threads of one piece of work, as a context manager that ends when all of it is done.

    Where the block is left by an exception, the programs that the threads have started are killed, no further one is
    started, and nobody waits for the threads.
    """

    def __init__(self) -> None:
        self._pools: list[ThreadPoolExecutor] = []
        self._children: set[Child] = set()
        self._has_ended = False
        self._lock = threading.Lock()

    def __enter__(self) -> Crew:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the threads, or end what they are at."""
        is_whole = False
        try:
            for pool in self._pools if kind is None else ():
                pool.shutdown()
            is_whole = kind is None
        finally:
            # It may be interrupted while it waits, too.
            if not is_whole:
                self._end()

    def pool(self, width: int) -> ThreadPoolExecutor:
        """Return threads, of which so many work at a time."""
        pool = ThreadPoolExecutor(width, initializer=_crew.set, initargs=(self,))
        self._pools.append(pool)
        return pool

    def _end(self) -> None:
        with self._lock:
            self._has_ended = True
            children = list(self._children)
        for child in children:
            kill(child)
        for child in children:
            child.wait()
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)

    def _join(self, child: Child) -> bool:
        with self._lock:
            if not self._has_ended:
                self._children.add(child)
            return not self._has_ended

    def _leave(self, child: Child) -> None:
        with self._lock:
            self._children.discard(child)


_crew: ContextVar[Crew | None] = ContextVar("_crew", default=None)


@contextmanager
def with_crew(child: Child) -> Iterator[None]:
    """Let a child end with the crew that this thread belongs to, if it belongs to one.

    Raises:
        KeyboardInterrupt: the crew has ended, and the child with it.
    """
    crew = _crew.get()
    if crew is None:
        yield
        return
    # The child was started while others were ended.
    if not crew._join(child):
        kill(child)
        raise KeyboardInterrupt
    try:
        yield
    finally:
        crew._leave(child)
