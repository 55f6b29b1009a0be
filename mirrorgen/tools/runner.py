"""Run a child program: explicit environment, no shell, both streams captured, interrupts passed on once."""

from __future__ import annotations

import contextlib
import shlex
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from mirrorgen.errors import LimitExceeded, ToolFailed
from mirrorgen.tools.bounds import UNBOUNDED, Bounds, watched
from mirrorgen.tools.children import Child, kill, start, stop
from mirrorgen.tools.crews import with_crew
from mirrorgen.tools.requests import Stopped
from mirrorgen.tools.secrets import Secrets

KEPT_LINES = 2000
"""Of standard error, the last; regsync logs every request."""

KEPT_LINE_LENGTH = 20_000
"""Characters of each; a registry may answer an error with a whole page."""


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
        bounds: Bounds = UNBOUNDED,
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
        bounds: Bounds = UNBOUNDED,
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
            bounds: what else it may take.

        Raises:
            ToolUnusable: there is no such program.
            LimitExceeded: it ran for too long, or took too much.
            ToolFailed: the exit code is not a success code.
        """
        if self.on_start:
            self.on_start(self.secrets.redact(shlex.join(argv)))
        cut: list[str] = []
        with start(argv, env=env, cwd=cwd, pipe_bytes=bounds.pipe_bytes or -1) as child:

            def end(why: str) -> None:
                cut.append(why)
                kill(child)

            bounds.limit_memory(child.pid)
            with _stopped(child, bounds.grace_s), with_crew(child), watched(child.pid, bounds, timeout_s, end):
                stdout, stderr = _communicate(child, stdin, on_stderr_line, bounds, end)
                code = child.wait()
        completed = Completed(tuple(argv), code, stdout, stderr, self.secrets)
        if cut:
            raise LimitExceeded(f"{Path(argv[0]).name} {cut[0]}\n{completed.describe()}")
        if success_codes is not None and code not in success_codes:
            raise completed.failure()
        return completed


@contextlib.contextmanager
def _stopped(child: Child, grace_s: float) -> Iterator[None]:
    """Stop a child if the block does not come to its end, by whatever that may be.

    One that is to make no other request gets no time for it.
    """
    try:
        yield
    except Stopped:
        kill(child)
        raise
    except BaseException:
        stop(child, grace_s=grace_s)
        raise


def _communicate(
    child: Child,
    stdin: str,
    on_stderr_line: Callable[[str], None] | None,
    bounds: Bounds,
    end: Callable[[str], None],
) -> tuple[str, str]:
    assert child.stdin
    assert child.stdout
    assert child.stderr
    out: list[str] = []
    feeder = threading.Thread(target=_feed, args=(child.stdin, stdin), daemon=True)
    drain = threading.Thread(
        target=lambda stream: out.extend(bounds.lines(stream, end)), args=(child.stdout,), daemon=True
    )
    feeder.start()
    drain.start()
    lines: deque[str] = deque(maxlen=KEPT_LINES)
    for line in bounds.messages(child.stderr, end):
        lines.append(line[:KEPT_LINE_LENGTH])
        if on_stderr_line:
            on_stderr_line(line.rstrip("\n"))
    drain.join()
    feeder.join()
    return "".join(out), "".join(lines)


def _feed(stream: IO[str], text: str) -> None:
    with contextlib.suppress(BrokenPipeError), stream:
        stream.write(text)
