"""The one way to say which of several targets a command is for."""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mirrorgen.commands.everywhere import screen, with_parameters
from mirrorgen.errors import MirrorgenError, UsageError
from mirrorgen.outcomes import ExitCode, worst

if TYPE_CHECKING:
    from mirrorgen.project import Loaded

VARIABLE = "MIRRORGEN_TARGET"
"""Names the target for every command that is for one, where the line does not: a workflow says it once."""

_PARAMETER = "target"
_OPTION = Annotated[
    str | None,
    typer.Option("--target", metavar="NAME", help=f"Which target, of a list with several; otherwise {VARIABLE}."),
]
_EVERY = "all_targets"
AllTargets = Annotated[
    bool,
    typer.Option("--all-targets", help="For each target of the list, one after the other, in its order."),
]

_aimed: ContextVar[bool] = ContextVar("_aimed", default=False)
_target: ContextVar[str] = ContextVar("_target", default="")
_option: ContextVar[str] = ContextVar("_option", default="")

_for_one: set[str] = set()
"""Names of the commands that are for one target."""

_FOR_PEOPLE = ("text", "markdown")
"""Formats in which what is said of several targets may stand one below the other: other documents have one end."""

_COMMAND = re.compile(r"`mirrorgen ([a-z]+)([^`]*)`")


def names_target(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Let a command be told which target it is for, by `--target` or a variable: the list that it loads is narrowed so.

    Raises:
        UsageError: of the command: a list with several targets is loaded and none is named, or one that it has not.
    """

    @functools.wraps(command)
    def aiming(*args: Any, **kwargs: Any) -> ExitCode:
        with _aiming_at(kwargs.pop(_PARAMETER, None) or ""):
            return command(*args, **kwargs)

    _for_one.add(command.__name__)
    own = inspect.signature(command, eval_str=True).parameters.values()
    option = inspect.Parameter(_PARAMETER, inspect.Parameter.KEYWORD_ONLY, annotation=_OPTION, default=None)
    return with_parameters(aiming, [*own, option])


def names_targets(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """As `names_target`; with `--all-targets` the command runs for each target, and ends as the worst of them did."""
    for_one = names_target(command)

    @functools.wraps(command)
    def for_each(file: Path, **kwargs: Any) -> ExitCode:
        if not kwargs.pop(_EVERY, False):
            return for_one(file, **kwargs)
        if kwargs.pop(_PARAMETER, None):
            raise UsageError("--target and --all-targets are not given together")
        if kwargs.get("report"):
            raise UsageError("--report is of one target", hint="give --target, and a file for each")
        if kwargs.get("output", "text") not in _FOR_PEOPLE:
            raise UsageError(f"--format {kwargs['output']} is of one target", hint="give --target, and a file for each")
        do, is_page = lambda: command(file, **kwargs), kwargs.get("output") == "markdown"
        return worst(each_target(file, do, is_page=is_page).values())

    own = inspect.signature(for_one, eval_str=True).parameters.values()
    option = inspect.Parameter(_EVERY, inspect.Parameter.KEYWORD_ONLY, annotation=AllTargets, default=False)
    return with_parameters(for_each, [*own, option])


def each_target(file: Path, do: Callable[[], ExitCode], *, is_page: bool) -> dict[str, ExitCode]:
    """Do something for each target of a list, also after an error of one, and return what came of it.

    Args:
        file: the list; one target, or a list that cannot be used, is one without a name.
        do: does it for the target that commands are for meanwhile.
        is_page: whether what it prints is Markdown, which has a heading for each target then.
    """
    from mirrorgen.commands.lists import allowances
    from mirrorgen.project import load

    loaded = load(file, allowances=allowances())
    targets = loaded.master_list.targets if loaded.master_list else ()
    done = {}
    for name in [named.name for named in targets] or [""]:
        if name:
            screen().note(f"target {name}:")
        if name and is_page:
            screen().show_document(f"\n## Target {name}\n\n")
        try:
            with _aiming_at(name):
                done[name] = do()
        except MirrorgenError as error:
            screen().fail(error.message, hint=error.hint)
            done[name] = error.exit_code
    return done


@contextmanager
def _aiming_at(name: str) -> Iterator[None]:
    before = _aimed.set(True), _target.set(name or os.environ.get(VARIABLE, "")), _option.set(name)
    try:
        yield
    except MirrorgenError as error:
        error.hint = aimed(error.hint)
        raise
    finally:
        _aimed.reset(before[0])
        _target.reset(before[1])
        _option.reset(before[2])


def is_target_on_line() -> bool:
    """Return whether the line of the running command names a target, not only the variable."""
    return bool(_option.get())


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
