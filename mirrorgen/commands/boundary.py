"""The one place where an exception becomes a message and an exit code."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any

import typer

from mirrorgen import __version__
from mirrorgen.commands.everywhere import accepting_options, is_debugging, screen
from mirrorgen.errors import MirrorgenError
from mirrorgen.outcomes import ExitCode


def boundary(command: Callable[..., ExitCode]) -> Callable[..., None]:
    """Turn a function that returns an exit code into a Typer command, with the options that are accepted anywhere."""

    @functools.wraps(command)
    def bounded(*args: Any, **kwargs: Any) -> None:
        raise typer.Exit(_guarded(lambda: command(*args, **kwargs)))

    return accepting_options(bounded, hidden=True)


def _guarded(call: Callable[[], ExitCode]) -> int:
    try:
        return int(call())
    except MirrorgenError as error:
        screen().fail(error.message, hint=error.hint)
        return int(error.exit_code)
    except KeyboardInterrupt:
        screen().note("interrupted")
        return int(ExitCode.INTERRUPTED)
    except typer.Exit:
        raise
    except Exception as error:
        if is_debugging():
            screen().note(traceback.format_exc())
        screen().fail(
            f"this is a bug in mirrorgen {__version__}: {type(error).__name__}: {error}",
            hint="run again with --debug and report what it prints",
        )
        return int(ExitCode.BUG)
