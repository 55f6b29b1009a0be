"""The one way to say what runs, in every command that looks after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.errors import InputError

if TYPE_CHECKING:
    from mirrorgen.consumers.running import InUse
    from mirrorgen.operations.runtime import Runtime
    from mirrorgen.readers.contract import Reading

InUseFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--in-use",
        metavar="RUNNING",
        help="What runs: `kubectl get pods -A -o json`, task definitions of ECS; may be given again.",
    ),
]

Horizon = Annotated[
    int,
    typer.Option("--horizon", min=0, metavar="DAYS", help="With --in-use: what runs must stay for so many days."),
]


def read_in_use(files: Sequence[Path] | None, runtime: Runtime, *, live: bool = True) -> InUse | None:
    """Return what files say that runs, of the mirror of a run; None where no file is given.

    Args:
        files: given on the command line.
        runtime: of the list.
        live: whether the target may be asked for its name.

    Raises:
        InputError: a file cannot be read, or names nothing that runs.
        UsageError: it is not clear which registry the list means.
        ToolUnusable, ToolFailed: the target cannot be asked who it is.
    """
    if not files:
        return None
    from mirrorgen.consumers.mirrored import mirror_of
    from mirrorgen.consumers.running import in_use
    from mirrorgen.files import read_named
    from mirrorgen.readers.contract import Around
    from mirrorgen.readers.formats import read

    desired = runtime.desired
    if live:
        desired = replace(desired, target=runtime.destination.target)
    readings = [_named_in(read(read_named(file).decode("utf-8", "replace"), Around(str(file))), file) for file in files]
    return in_use(readings, mirror_of(desired, runtime.environ))


def _named_in(reading: Reading, file: Path) -> Reading:
    """Refuse what names nothing at all: a cluster runs something, and a slip of the hand must not make it all idle."""
    if not reading.images and not reading.refused:
        hint = "was it written for the right cluster, and for all of its namespaces?"
        raise InputError(f"{file} names no image that runs", hint=hint)
    return reading
