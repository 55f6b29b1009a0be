"""No child outlives us, not even where nobody is left to stop it: what Linux offers for that."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG, _DEATH_SIGNAL = 1, int(signal.SIGTERM)
# Looked up before any child starts, because what runs between fork and exec must look up nothing.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def ending_with_us() -> Callable[[], None] | None:
    """Return what a child is to do before it becomes its program, so that it gets SIGTERM when this process ends.

    That goes for SIGKILL and for the system's want of memory, too. SIGTERM, because Terraform then has a chance to
    write its state. It reaches the child alone, and not what that has started in turn; and a program that has
    privileges of its own, or ignores SIGTERM, stays. None where the system is not Linux.

    Linux takes the end of the thread that has started the child for ours. `ProcessRunner.run` waits in that thread.

    Only one thread is left after a fork, and a lock that another one held stays held. So nothing is imported there
    and nothing is looked up: these are two system calls, and numbers.

    Source: prctl(2), PR_SET_PDEATHSIG.
    """
    prctl, parent = _prctl, os.getpid()
    if prctl is None:
        return None

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, _DEATH_SIGNAL, 0, 0, 0)
        if os.getppid() != parent:  # it has ended before the call
            os._exit(1)

    return before_exec
