"""The one way to name the list, and to allow it something, in every command that has one."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mirrorgen.commands.everywhere import with_parameters
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode

if TYPE_CHECKING:
    from mirrorgen.model.allowances import Allowances

_FOUND = "images.yaml or images.yml, here or in a folder above"
_BARE_WORDS = {"sources", "revision", "images", "named"}
"""Parameters of commands whose bare words are something else than the list."""

ONE, SEVERAL = "file", "files"
"""What the parameter of a command is called that gets the list, or several."""

_ARGUMENTS = {
    ONE: Annotated[Path | None, typer.Argument(metavar="FILE", help="The master list, as with --file.")],
    SEVERAL: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Master lists, as with --file.")],
}
_OPTIONS = {
    ONE: Annotated[
        Path | None, typer.Option("--file", "-f", metavar="FILE", help=f"The master list; otherwise {_FOUND}.")
    ],
    SEVERAL: Annotated[
        list[Path] | None,
        typer.Option("--file", "-f", metavar="FILE", help=f"A master list, may be given again; otherwise {_FOUND}."),
    ],
}
_ALLOWED = "allow_credential"
_ALLOW = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-credential",
        metavar="NAME[@HOST]",
        help="Let the list sign in with this variable, or send it to this host only; may be given again.",
    ),
]

_allowed: ContextVar[tuple[str, ...]] = ContextVar("_allowed", default=())


def allowances() -> Allowances:
    """Return what the one who runs the running command allows its list, by options and by a variable.

    Raises:
        UsageError: it cannot be understood.
    """
    from mirrorgen.model.allowances import VARIABLE, Allowances

    return Allowances.read([*_allowed.get(), *os.environ.get(VARIABLE, "").replace(",", " ").split()])


def names_list(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Let a command get its list from `--file`; from a bare `FILE`, too, unless its bare words are something else.

    It is also told what that may sign in with; see `allows_credentials`.

    Args:
        command: has a parameter `file`, or `files` if it takes several lists.

    Raises:
        UsageError: of the command: one list is named in two ways.
        InputError: of the command: no list is named, and it is not clear which one is meant.
    """
    command = allows_credentials(command)
    own = inspect.signature(command, eval_str=True).parameters
    wanted = SEVERAL if SEVERAL in own else ONE
    option = f"{wanted}_option"

    @functools.wraps(command)
    def named(*args: Any, **kwargs: Any) -> ExitCode:
        given = [*_several(kwargs.pop(wanted, None)), *_several(kwargs.pop(option, None))]
        if len(given) > 1 and wanted == ONE:
            raise UsageError(f"two lists are named: {given[0]} and {given[1]}", hint="give one of them")
        lists = given or [_find()]
        return command(*args, **kwargs, **{wanted: lists if wanted == SEVERAL else lists[0]})

    parameters: list[inspect.Parameter] = []
    for parameter in own.values():
        if parameter.name != wanted:
            parameters.append(_keyword(parameter.name, parameter.annotation, parameter.default))
            continue
        if not own.keys() & _BARE_WORDS:
            parameters.append(_keyword(wanted, _ARGUMENTS[wanted], None))
        parameters.append(_keyword(option, _OPTIONS[wanted], None))
    return with_parameters(named, parameters)


def allows_credentials(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Let a command be told what its list may sign in with: what `--allow-credential` says counts while it runs."""

    @functools.wraps(command)
    def allowing(*args: Any, **kwargs: Any) -> ExitCode:
        before = _allowed.set(tuple(kwargs.pop(_ALLOWED, None) or ()))
        try:
            return command(*args, **kwargs)
        finally:
            _allowed.reset(before)

    own = inspect.signature(command, eval_str=True).parameters.values()
    return with_parameters(allowing, [*own, _keyword(_ALLOWED, _ALLOW, None)])


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _several(value: Path | list[Path] | None) -> list[Path]:
    return value if isinstance(value, list) else [value] if value else []


def _find() -> Path:
    from mirrorgen.master_list.finding import find_list

    return find_list()
