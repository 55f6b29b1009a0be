"""The one place where an exception becomes a message and an exit code."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import ParamSpec

import typer

from mirrorgen import __version__
from mirrorgen.errors import MirrorgenError
from mirrorgen.outcomes import ExitCode

P = ParamSpec("P")

DEBUG_VARIABLE = "MIRRORGEN_DEBUG"


def boundary(command: Callable[P, ExitCode]) -> Callable[P, None]:
    """Turn a function that returns an exit code into a Typer command."""

    @functools.wraps(command)
    def bounded(*args: P.args, **kwargs: P.kwargs) -> None:
        raise typer.Exit(_guarded(lambda: command(*args, **kwargs)))

    # Typer reads the annotations; what it calls returns nothing.
    bounded.__annotations__ = {**command.__annotations__, "return": None}
    return bounded


def _guarded(call: Callable[[], ExitCode]) -> int:
    try:
        return int(call())
    except MirrorgenError as error:
        _say(f"error: {error.message}")
        if error.hint:
            _say(f"hint: {error.hint}")
        return int(error.exit_code)
    except KeyboardInterrupt:
        _say("interrupted")
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has gone; nothing more can be said there, not even by Python at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.OK)
    except typer.Exit:
        raise
    except Exception as error:
        if is_debugging():
            traceback.print_exc()
        _say(f"error: this is a bug in mirrorgen {__version__}: {type(error).__name__}: {error}")
        _say("hint: run again with --debug and report what it prints")
        return int(ExitCode.BUG)


def is_debugging() -> bool:
    """Whether `--debug` was given: command lines are shown, and the traceback of a bug."""
    return bool(os.environ.get(DEBUG_VARIABLE))


def _say(line: str) -> None:
    typer.echo(line, err=True)
