"""The command line: every subcommand, and nothing else."""

from __future__ import annotations

import gc
import os
import signal
from types import FrameType
from typing import Annotated

import typer

from mirrorgen import __version__
from mirrorgen.commands import (
    apply,
    demo,
    doctor,
    init,
    lifecycle,
    lock,
    matrix,
    plan,
    prune,
    render,
    report,
    schema,
    status,
    sync,
    tags,
    tools,
    validate,
)
from mirrorgen.commands.boundary import DEBUG_VARIABLE

app = typer.Typer(
    name="mirrorgen",
    help="Mirror container images into Amazon ECR from one reviewed list.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(init.init)
app.command()(validate.validate)
app.command()(tags.tags)
app.command()(lock.lock)
app.command()(lifecycle.lifecycle)
app.command()(render.render)
app.command()(plan.plan)
app.command()(apply.apply)
app.command()(sync.sync)
app.command()(status.status)
app.command()(prune.prune)
app.command()(matrix.matrix)
app.command()(report.report)
app.command()(demo.demo)
app.command()(doctor.doctor)
app.command()(schema.schema)
app.add_typer(tools.app, name="tools")


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"mirrorgen {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show each command line, and the traceback of a bug.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Mirror container images into Amazon ECR from one reviewed list."""
    if debug:
        os.environ[DEBUG_VARIABLE] = "1"


def main() -> None:
    """Run the program: the entry point of the `mirrorgen` script."""
    # A large list becomes hundreds of thousands of objects that stay to the end; looking for cycles among them again
    # and again would take longer than all the rest.
    gc.disable()
    signal.signal(signal.SIGTERM, _interrupt)
    app()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """A run that is told to end stops its children like one that is interrupted from the keyboard."""
    raise KeyboardInterrupt
