"""The one way to say which of several targets a command is for."""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mirrorgen.commands.everywhere import with_parameters
from mirrorgen.errors import MirrorgenError, UsageError
from mirrorgen.outcomes import ExitCode

if TYPE_CHECKING:
    from mirrorgen.project import Loaded

VARIABLE = "MIRRORGEN_TARGET"
"""Names the target for every command that is for one, where the line does not: a workflow says it once."""

_PARAMETER = "target"
_OPTION = Annotated[
    str | None,
    typer.Option("--target", metavar="NAME", help=f"Which target, of a list with several; otherwise {VARIABLE}."),
]

_aimed: ContextVar[bool] = ContextVar("_aimed", default=False)
_target: ContextVar[str] = ContextVar("_target", default="")
_option: ContextVar[str] = ContextVar("_option", default="")

_for_one: set[str] = set()
"""Names of the commands that are for one target."""

_COMMAND = re.compile(r"`mirrorgen ([a-z]+)([^`]*)`")


def names_target(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Let a command be told which target it is for, by `--target` or a variable: the list that it loads is narrowed so.

    Raises:
        UsageError: of the command: a list with several targets is loaded and none is named, or one that it has not.
    """

    @functools.wraps(command)
    def aiming(*args: Any, **kwargs: Any) -> ExitCode:
        given = kwargs.pop(_PARAMETER, None) or ""
        before = _aimed.set(True), _target.set(given or os.environ.get(VARIABLE, "")), _option.set(given)
        try:
            return command(*args, **kwargs)
        except MirrorgenError as error:
            error.hint = aimed(error.hint)
            raise
        finally:
            _aimed.reset(before[0])
            _target.reset(before[1])
            _option.reset(before[2])

    _for_one.add(command.__name__)
    own = inspect.signature(command, eval_str=True).parameters.values()
    option = inspect.Parameter(_PARAMETER, inspect.Parameter.KEYWORD_ONLY, annotation=_OPTION, default=None)
    return with_parameters(aiming, [*own, option])


def named_target() -> str:
    """Return the name that the running command was given; nothing where there is none."""
    return _target.get()


def aimed(text: str) -> str:
    """Return text whose commands, in backquotes, are for the target of the running one, as far as the line named it."""
    if not _option.get():
        return text

    def for_target(match: re.Match[str]) -> str:
        name, rest = match.groups()
        if name not in _for_one or f"--{_PARAMETER}" in rest:
            return match[0]
        return f"`mirrorgen {name}{rest} --{_PARAMETER} {_option.get()}`"

    return _COMMAND.sub(for_target, text)


def narrowed_as_named(loaded: Loaded) -> Loaded:
    """Return a usable list as the running command is to see it: whole, or as it is for the target that was named.

    Raises:
        UsageError: the command is for one target, and it is not clear which one.
    """
    from mirrorgen.model.named_targets import names_of
    from mirrorgen.project import narrowed

    assert loaded.master_list
    if named_target():
        return narrowed(loaded, named_target(), variable="" if _option.get() else VARIABLE)
    if _aimed.get() and loaded.master_list.targets:
        known = names_of(loaded.master_list.targets)
        raise UsageError(f"{loaded.path} has several targets", hint=f"give --target with one of: {known}")
    return loaded
