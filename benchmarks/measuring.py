"""What a whole process takes: wall time, processor time, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_MIB = 1024 * 1024
# https://man7.org/linux/man-pages/man2/getrusage.2.html counts in KiB, macOS in bytes.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """Wall seconds, processor seconds (user and system), and the peak of resident memory in MiB."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def measure(argv: Sequence[str], *, cwd: Path, runs: int, before: Callable[[], None] | None = None) -> Usage:
    """Run a program once without counting, then `runs` times, and return the medians.

    Args:
        argv: the program and its arguments; what it prints is thrown away.
        cwd: where it runs.
        runs: how many runs count.
        before: called before each run.

    Raises:
        RuntimeError: it failed.
    """
    usages = []
    for _ in range(runs + 1):
        if before:
            before()
        usages.append(run_once(argv, cwd=cwd))
    counted = usages[1:]
    return Usage(
        wall_s=statistics.median(usage.wall_s for usage in counted),
        cpu_s=statistics.median(usage.cpu_s for usage in counted),
        peak_mib=statistics.median(usage.peak_mib for usage in counted),
    )


def run_once(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> Usage:
    """Run a program; the programs that it starts and waits for count, too.

    Args:
        argv: the program and its arguments; what it prints is thrown away.
        cwd: where it runs.
        env: its whole environment; None for that of this process.

    Raises:
        RuntimeError: it failed.
    """
    start = time.perf_counter()
    process = subprocess.Popen(argv, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"exit code {process.returncode}: {' '.join(argv)} in {cwd}")
    return Usage(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * _MAXRSS_UNIT / _MIB)
