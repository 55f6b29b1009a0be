"""`mirrorgen schema`."""

from __future__ import annotations

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.errors import ExitCode
from mirrorgen.resources import resource


@boundary
def schema() -> ExitCode:
    """Print the JSON Schema of the master list."""
    typer.echo(resource("schemas/images.schema.json").read_text(encoding="utf-8"), nl=False)
    return ExitCode.OK
