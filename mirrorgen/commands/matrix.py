"""`mirrorgen matrix`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.options import DEFAULT_LIST, ListFile, load_usable
from mirrorgen.errors import ExitCode


@boundary
def matrix(
    shards: Annotated[int, typer.Option("--shards", min=1, max=256, metavar="N", help="How many jobs at most.")],
    file: ListFile = DEFAULT_LIST,
) -> ExitCode:
    """Print the matrix of a GitHub job for each part.

    A part without any repository gets no job.
    """
    from mirrorgen.desired.shards import shard

    desired = load_usable(file).desired
    assert desired
    parts = [(number, shard(desired, number, shards)) for number in range(1, shards + 1)]
    include = [
        {"shard": f"{number}/{shards}", "repositories": len(part.repositories), "tags": part.tag_count}
        for number, part in parts
        if part.repositories
    ]
    typer.echo(json.dumps({"include": include}))
    return ExitCode.OK
