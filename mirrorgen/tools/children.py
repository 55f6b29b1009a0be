"""Child processes: each in a session of its own, so that it ends with everything that it has started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TypeAlias

from mirrorgen.errors import ToolUnusable
from mirrorgen.interrupts import held_back
from mirrorgen.tools.orphans import ending_with_us

Child: TypeAlias = "subprocess.Popen[str]"

_CHUNK_BYTES = 65_536


def start(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None, pipe_bytes: int = -1) -> Child:
    """Start a program that ends with us, with pipes for all three streams.

    Args:
        argv: the program and its arguments.
        env: its whole environment.
        cwd: the folder to run in.
        pipe_bytes: how much each pipe holds, where the system lets us say so; -1 for as much as is usual.

    Raises:
        ToolUnusable: there is no such program.
    """
    pipe = subprocess.PIPE
    return _start(argv, env=env, cwd=cwd, stdin=pipe, stdout=pipe, stderr=pipe, pipe_bytes=pipe_bytes)


def start_server(argv: Sequence[str], *, env: Mapping[str, str], log: Path, outlives_us: bool) -> int:
    """Start a server; return its process id, which is also its group.

    Args:
        argv: the program and its arguments.
        env: its whole environment.
        log: file for what it prints.
        outlives_us: whether it goes on when this program has ended. Otherwise it gets SIGTERM then, on Linux, however
            this program ends; whoever has started it is to stop it all the same.

    Raises:
        ToolUnusable: there is no such program.
    """
    with log.open("w", encoding="utf-8") as stream:
        child = _start(
            argv,
            env=env,
            cwd=None,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            outlives_us=outlives_us,
        )
    # The handle is given up here: without an exit code Python would warn that the process still runs.
    child.returncode = 0
    return child.pid


def stop(child: Child, *, grace_s: float) -> None:
    """Ask a child and its children to end, wait, and kill what is left; a second interrupt kills at once.

    Args:
        child: the child.
        grace_s: seconds to wait after an interrupt, before it is told to end in another way.
    """
    try:
        for sig, wait_s in ((signal.SIGINT, grace_s), (signal.SIGTERM, min(grace_s, 5.0))):
            if child.poll() is not None:
                break
            _signal_group(child, sig)
            _let_speak(child)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(wait_s)
    finally:
        kill(child)
        child.wait()


def kill(child: Child) -> None:
    """End a child and its children, whatever they are at; it does not wait for them."""
    _signal_group(child, signal.SIGKILL)


def _let_speak(child: Child) -> None:
    """Read what a child still says, for nobody: one that waits for a reader cannot end by itself."""
    if child.stderr:
        threading.Thread(target=_read_away, args=(os.dup(child.stderr.fileno()),), daemon=True).start()


def _read_away(stream: int) -> None:
    # It is a copy, since the child's own is closed meanwhile.
    try:
        while os.read(stream, _CHUNK_BYTES):
            pass
    finally:
        os.close(stream)


def _signal_group(child: Child, sig: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, sig)


def _start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None,
    stdin: int,
    stdout: int | IO[str],
    stderr: int,
    outlives_us: bool = False,
    pipe_bytes: int = -1,
) -> Child:
    started: list[Child] = []
    try:
        with held_back():
            child = subprocess.Popen(
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
                pipesize=pipe_bytes,
                preexec_fn=None if outlives_us else ending_with_us(),
            )
            started.append(child)
        return child
    except KeyboardInterrupt:
        # It came while the child was started, and nobody else knows of that one.
        for child in started:
            kill(child)
            child.communicate()
        raise
    except (FileNotFoundError, PermissionError, OSError) as error:
        raise ToolUnusable(f"cannot start {argv[0]}: {error.strerror}") from error
