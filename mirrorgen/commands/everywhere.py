"""Options that are accepted anywhere on the line: before a subcommand, and after it."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Annotated, Any, TypeVar

import typer

from mirrorgen.reporting.terminal import Terminal

DEBUG_VARIABLE = "MIRRORGEN_DEBUG"

_HELP = {
    "--debug": "Show each command line, and the traceback of a bug.",
    "--quiet": "Show only results, warnings and errors; of a change, only what failed.",
    "--no-color": "Colour nothing.",
}
_CONTEXT = "context"

Function = TypeVar("Function", bound=Callable[..., Any])

_given: ContextVar[frozenset[str]] = ContextVar("_given", default=frozenset())


def screen() -> Terminal:
    """Return where the running command writes, as its options want it."""
    given = _given.get()
    return Terminal(quiet="--quiet" in given, no_color="--no-color" in given)


def is_debugging() -> bool:
    """Whether command lines are shown, and the traceback of a bug."""
    return "--debug" in _given.get() or bool(os.environ.get(DEBUG_VARIABLE))


def accepting_options(function: Callable[..., None], *, hidden: bool = False) -> Callable[..., None]:
    """Give a command, or a group of them, the options that are accepted anywhere; they count while it runs.

    Args:
        function: of the command or group.
        hidden: leave them out of its help.
    """

    @functools.wraps(function)
    def accepting(*args: Any, **kwargs: Any) -> None:
        # Contexts of commands share this with those of their groups.
        meta = kwargs.pop(_CONTEXT).meta
        meta[__name__] = meta.get(__name__, frozenset()) | {option for option in _HELP if kwargs.pop(_name(option))}
        before = _given.set(meta[__name__])
        try:
            function(*args, **kwargs)
        finally:
            _given.reset(before)

    own = inspect.signature(function, eval_str=True).parameters.values()
    context = inspect.Parameter(_CONTEXT, inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    return with_parameters(accepting, [*own, context, *_options(hidden=hidden)])


def with_parameters(function: Function, parameters: Sequence[inspect.Parameter]) -> Function:
    """Let Typer see other parameters than those a function has."""
    signature = inspect.Signature(parameters, return_annotation=None)
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return function


def _options(*, hidden: bool) -> Iterator[inspect.Parameter]:
    for option, text in _HELP.items():
        annotation = Annotated[bool, typer.Option(option, help=text, hidden=hidden)]
        yield inspect.Parameter(_name(option), inspect.Parameter.KEYWORD_ONLY, default=False, annotation=annotation)


def _name(option: str) -> str:
    return option.strip("-").replace("-", "_")
