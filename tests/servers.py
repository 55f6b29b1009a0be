"""Servers that tests start: they end with the test, and with the tests themselves however these end."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
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
