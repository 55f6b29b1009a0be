"""Run a child program: explicit environment, no shell, both streams captured, interrupts passed on once."""

from __future__ import annotations

import contextlib
import os
import resource
import shlex
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from mirrorgen.errors import LimitExceeded, ToolFailed, ToolUnusable
from mirrorgen.tools.orphans import ending_with_us
from mirrorgen.tools.secrets import Secrets

KEPT_LINES = 2000
"""Of standard error, the last; regsync logs every request."""

KEPT_LINE_LENGTH = 20_000
"""Characters of each; a registry may answer an error with a whole page."""

INTERRUPT_GRACE_S = 20.0
"""Terraform needs this long at most to write its state after an interrupt."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A child that ended.

    Attributes:
        argv: what was run.
        code: its exit code.
        stdout, stderr: what it printed, to the letter, of the latter the last lines; only what `describe` and
            `secrets.redact` make of it is shown.
        secrets: what must not be read in a quotation.
    """

    argv: tuple[str, ...]
    code: int
    stdout: str
    stderr: str
    secrets: Secrets = field(default_factory=Secrets, repr=False)

    def describe(self) -> str:
        """Command, exit code and both streams, indented, for an error message."""
        parts = [f"command: {self.secrets.redact(shlex.join(self.argv))}", f"exit code: {self.code}"]
        for name, text in (("stdout", self.stdout), ("stderr", self.stderr)):
            last = "\n".join(text.strip().splitlines()[-40:])
            lines = self.secrets.redact(last).splitlines() or ["(none)"]
            parts.append("\n".join([f"{name}:", *(f"    {line}" for line in lines)]))
        return "\n".join(parts)

    def failure(self, *, hint: str = "") -> ToolFailed:
        """Return what to raise where the program failed."""
        return ToolFailed(f"{Path(self.argv[0]).name} failed\n{self.describe()}", hint=hint)


class Runner(Protocol):
    """What the tool wrappers need from the operating system."""

    @property
    def secrets(self) -> Secrets:
        """What must not be read where a child is quoted before it has ended."""

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdin: str = "",
        success_codes: Sequence[int] | None = (0,),
        on_stderr_line: Callable[[str], None] | None = None,
        timeout_s: float | None = None,
        max_output_bytes: int | None = None,
        max_memory_bytes: int | None = None,
    ) -> Completed:
        """Run `argv` to its end; see `ProcessRunner.run`."""


@dataclass(frozen=True, slots=True)
class ProcessRunner:
    """Runs real processes.

    Attributes:
        secrets: what must not be read in anything that quotes a child.
        on_start: told the command line of each child before it starts.
    """

    secrets: Secrets = field(default_factory=Secrets)
    on_start: Callable[[str], None] | None = None

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdin: str = "",
        success_codes: Sequence[int] | None = (0,),
        on_stderr_line: Callable[[str], None] | None = None,
        timeout_s: float | None = None,
        max_output_bytes: int | None = None,
        max_memory_bytes: int | None = None,
    ) -> Completed:
        """Run a program to its end.

        The child gets a session of its own, so that Ctrl-C on a terminal reaches it once, from here, and not a
        second time from the terminal: Terraform takes a second interrupt as the order to drop its state.

        Args:
            argv: the program and its arguments; no shell is involved.
            env: the whole environment of the child.
            cwd: the folder to run in.
            stdin: text given on standard input.
            success_codes: exit codes that are not a failure; None takes every code.
            on_stderr_line: called with each line of standard error as it arrives, to the letter.
            timeout_s: seconds after which the child is killed.
            max_output_bytes: how much of each stream is read; with more, the child is killed.
            max_memory_bytes: how much memory the child may take; where the system has no such limit for another
                process, nothing is limited.

        Raises:
            ToolUnusable: there is no such program.
            LimitExceeded: it ran for too long, or printed too much.
            ToolFailed: the exit code is not a success code.
        """
        if self.on_start:
            self.on_start(self.secrets.redact(shlex.join(argv)))
        cut: list[str] = []
        pipe = subprocess.PIPE
        with _start(argv, env=env, cwd=cwd, stdin=pipe, stdout=pipe, stderr=pipe) as process:
            if max_memory_bytes and hasattr(resource, "prlimit"):
                # It may have ended, or have a lower limit that only root may raise.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    resource.prlimit(process.pid, resource.RLIMIT_DATA, (max_memory_bytes, max_memory_bytes))

            def end(why: str) -> None:
                cut.append(why)
                _signal_group(process, signal.SIGKILL)

            def bounded(stream: IO[str]) -> Iterator[str]:
                return _lines(stream, max_output_bytes, end)

            timer = threading.Timer(timeout_s, end, [f"did not end within {timeout_s:g} s"]) if timeout_s else None
            if timer:
                timer.start()
            try:
                stdout, stderr = self._communicate(process, stdin, on_stderr_line, bounded)
                code = process.wait()
            finally:
                if timer:
                    timer.cancel()
        completed = Completed(tuple(argv), code, stdout, stderr, self.secrets)
        if cut:
            raise LimitExceeded(f"{Path(argv[0]).name} {cut[0]}\n{completed.describe()}")
        if success_codes is not None and code not in success_codes:
            raise completed.failure()
        return completed

    def _communicate(
        self,
        process: subprocess.Popen[str],
        stdin: str,
        on_stderr_line: Callable[[str], None] | None,
        bounded: Callable[[IO[str]], Iterator[str]],
    ) -> tuple[str, str]:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        out: list[str] = []
        feeder = threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True)
        drain = threading.Thread(target=lambda stream: out.extend(bounded(stream)), args=(process.stdout,), daemon=True)
        feeder.start()
        drain.start()
        lines: deque[str] = deque(maxlen=KEPT_LINES)
        try:
            for line in bounded(process.stderr):
                lines.append(line[:KEPT_LINE_LENGTH])
                if on_stderr_line:
                    on_stderr_line(line.rstrip("\n"))
        except BaseException:
            stop(process)
            raise
        finally:
            drain.join()
            feeder.join()
        return "".join(out), "".join(lines)


def _lines(stream: IO[str], limit: int | None, end: Callable[[str], None]) -> Iterator[str]:
    """Yield the lines of a stream; beyond the limit, of which a line may be all, end the child instead."""
    left = limit
    while line := stream.readline(-1 if left is None else left + 1):
        if left is not None:
            left -= len(line)
            if left < 0:
                end(f"printed more than {limit} bytes")
                return
        yield line


def _feed(stream: IO[str], text: str) -> None:
    with contextlib.suppress(BrokenPipeError), stream:
        stream.write(text)


def _start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None,
    stdin: int,
    stdout: int | IO[str],
    stderr: int,
    outlives_us: bool = False,
) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            list(argv),
            env=dict(env),
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            preexec_fn=None if outlives_us else ending_with_us(),
        )
    except (FileNotFoundError, PermissionError, OSError) as error:
        raise ToolUnusable(f"cannot start {argv[0]}: {error.strerror}") from error


def stop(process: subprocess.Popen[str], *, grace_s: float = INTERRUPT_GRACE_S) -> None:
    """Ask a child and its children to end, wait, and kill what is left; a second interrupt kills at once."""
    try:
        for sig, wait_s in ((signal.SIGINT, grace_s), (signal.SIGTERM, 5.0)):
            if process.poll() is not None:
                break
            _signal_group(process, sig)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(wait_s)
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[str], sig: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, sig)


def start_detached(argv: Sequence[str], *, env: Mapping[str, str], log: Path) -> int:
    """Start a server that outlives this program; return its process id, which is also its group."""
    with log.open("w", encoding="utf-8") as stream:
        process = _start(
            argv,
            env=env,
            cwd=None,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            outlives_us=True,
        )
    # The handle is given up here: without an exit code Python would warn that the process still runs.
    process.returncode = 0
    return process.pid
