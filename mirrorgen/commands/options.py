"""Arguments and options that several commands share, and the list they act on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.boundary import is_debugging
from mirrorgen.errors import InputError

if TYPE_CHECKING:
    from mirrorgen.operations.runtime import Runtime
    from mirrorgen.project import Loaded

ListFile = Annotated[Path, typer.Argument(metavar="FILE", help="The master list.", show_default=True)]
RegsyncBin = Annotated[Path | None, typer.Option("--regsync-bin", help="Path of regsync.", show_default=False)]
TerraformBin = Annotated[
    Path | None, typer.Option("--terraform-bin", help="Path of Terraform, or of OpenTofu.", show_default=False)
]

DEFAULT_LIST = Path("images.yaml")


def load_usable(path: Path) -> Loaded:
    """Read and check a master list; its problems go to standard error.

    Raises:
        InputError: it has an error.
    """
    from mirrorgen.project import load
    from mirrorgen.reporting.formats import ProblemFormat
    from mirrorgen.reporting.problems import format_problems, summary

    loaded = load(path)
    errors = [problem for problem in loaded.problems if problem.is_error]
    if not loaded.is_usable:
        typer.echo(format_problems(errors, ProblemFormat.TEXT), err=True, nl=False)
        raise InputError(
            f"{path} cannot be used: {summary(errors)}", hint=f"`mirrorgen validate {path}` says the same at any time"
        )
    return loaded


def runtime_for(path: Path, *, regsync_bin: Path | None = None, terraform_bin: Path | None = None) -> Runtime:
    """Return what is needed to run the tools for a list.

    Raises:
        InputError: the list has an error.
    """
    from mirrorgen.operations.runtime import Runtime

    loaded = load_usable(path)
    assert loaded.desired
    return Runtime(
        loaded.root.absolute(),
        loaded.desired,
        regsync_bin=regsync_bin,
        terraform_bin=terraform_bin,
        say=_to_stderr,
        show_command=(lambda line: _to_stderr(f"+ {line}")) if is_debugging() else None,
    )


def _to_stderr(line: str) -> None:
    typer.echo(line, err=True)
