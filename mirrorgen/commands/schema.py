"""`mirrorgen schema`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.outcomes import ExitCode
from mirrorgen.resources import resource


class SchemaName(StrEnum):
    """The formats that have a schema."""

    IMAGES = "images"
    LOCK = "lock"
    REPORT = "report"


@boundary
def schema(
    name: Annotated[SchemaName, typer.Argument(help="Of the list, its lock, or a report.")] = SchemaName.IMAGES,
) -> ExitCode:
    """Print the JSON Schema of a file format."""
    screen().show_document(resource(f"schemas/{name}.schema.json").read_text(encoding="utf-8"))
    return ExitCode.OK
