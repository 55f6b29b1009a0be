"""Servers that tests start: they end with the test, and with the tests themselves however these end."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

from mirrorgen.tools.orphans import ending_with_us


@contextmanager
def server(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    stdout: int | IO[str] = subprocess.DEVNULL,
    stderr: int | IO[str] = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[str]]:
    """Keep a program running for the length of a `with` block."""
    with subprocess.Popen(
        argv, env=env, stdout=stdout, stderr=stderr, text=True, preexec_fn=ending_with_us()
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 30.0) -> None:
    """Wait until something outside is ready; fail after a deadline."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "not ready in time"
        time.sleep(0.02)
