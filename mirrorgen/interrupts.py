"""Interrupts: SIGINT and SIGTERM end a run wherever it is, but not in the middle of what must be done as a whole.

Python raises wherever the main thread happens to be. Where that is a function that the interpreter calls by itself, as
`logging` has one around each fork, the exception is dropped: the run would go on, with a lock that nobody releases.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class _State:
    is_held: bool = False
    is_due: bool = False


_state = _State()


def listen() -> None:
    """Let SIGTERM, and SIGINT unless whoever has started us ignores it, raise `KeyboardInterrupt`."""
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


@contextmanager
def held_back() -> Iterator[None]:
    """Let an interrupt wait until the block has ended; only the main thread hears of any.

    Raises:
        KeyboardInterrupt: one came meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.is_held = True
    try:
        yield
    finally:
        _state.is_held = False
        if _state.is_due:
            _state.is_due = False
            raise KeyboardInterrupt


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    if _state.is_held:
        _state.is_due = True
        return
    raise KeyboardInterrupt
