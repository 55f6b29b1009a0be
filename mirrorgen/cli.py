"""The command line: every subcommand, and nothing else."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from io import StringIO
from typing import Annotated, TextIO

import typer

from mirrorgen import __version__
from mirrorgen.commands import (
    adopt,
    apply,
    bootstrap,
    covers,
    demo,
    diff,
    doctor,
    generate,
    importing,
    init,
    lifecycle,
    lock,
    matrix,
    move,
    plan,
    prune,
    render,
    report,
    resolve,
    rewrite,
    run,
    schema,
    status,
    sync,
    tags,
    tools,
    update,
    validate,
)
from mirrorgen.commands.everywhere import accepting_options, screen
from mirrorgen.interrupts import listen
from mirrorgen.outcomes import ExitCode
from mirrorgen.streams import guard

app = typer.Typer(
    name="mirrorgen",
    help="Mirror container images into Amazon ECR from one reviewed list.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(init.init)
app.command()(bootstrap.bootstrap)
app.command("import")(importing.import_images)
app.command()(validate.validate)
app.command()(tags.tags)
app.command()(update.update)
app.command()(lock.lock)
app.command()(lifecycle.lifecycle)
app.command()(generate.generate)
app.command()(render.render)
app.command()(diff.diff)
app.command()(plan.plan)
app.command()(adopt.adopt)
app.command()(apply.apply)
app.command()(move.move)
app.command()(sync.sync)
app.command()(status.status)
app.command()(run.run)
app.command()(prune.prune)
app.command()(covers.covers)
app.command()(resolve.resolve)
app.command()(matrix.matrix)
app.command()(rewrite.rewrite)
app.command()(report.report)
app.command()(demo.demo)
app.command()(doctor.doctor)
app.command()(schema.schema)
app.add_typer(tools.app, name="tools")


def _print_version(value: bool) -> None:
    if value:
        screen().show(f"mirrorgen {__version__}")
        raise typer.Exit


@app.callback(epilog="--debug, --quiet and --no-color may stand anywhere on the line.")
@accepting_options
def _options(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Mirror container images into Amazon ECR from one reviewed list."""


def main() -> None:
    """Run the program: the entry point of the `mirrorgen` script."""
    # A large list becomes hundreds of thousands of objects that stay to the end; looking for cycles among them again
    # and again would take longer than all the rest.
    gc.disable()
    listen()
    results = guard()
    code = _run()
    sys.stdout.flush()
    if results.lost is not None:
        screen().fail(f"cannot write to standard output: {results.lost.strerror}")
        code = code or int(ExitCode.FAILED)
    if code == ExitCode.INTERRUPTED:
        # Python would wait for threads, and these for answers.
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _run() -> int:
    try:
        return app(standalone_mode=False) or int(ExitCode.OK)
    except SystemExit as end:
        # How typer ends when it has printed or installed the completion of a shell.
        return end.code if isinstance(end.code, int) else int(ExitCode.OK)
    except typer.Abort:
        # How typer ends when it is interrupted outside of a command.
        return int(ExitCode.INTERRUPTED)
    except Exception as error:
        # A line that cannot be understood. Typer's own class for it has no public name in every version.
        show: Callable[[TextIO], None] | None = getattr(error, "show", None)
        if show is None:
            raise
        said = StringIO()
        show(said)
        screen().note(said.getvalue())
        return int(ExitCode.USAGE)
