"""`mirrorgen matrix`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import load_usable
from mirrorgen.desired.parts import MAX_PARTS
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode

# https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
MAX_GITHUB_JOBS = 256


class JobKind(StrEnum):
    """What runs the parts."""

    GITHUB = "github"
    KUBERNETES = "kubernetes"
    BATCH = "batch"


@boundary
@names_list
def matrix(
    shards: Annotated[int, typer.Option("--shards", min=1, max=MAX_PARTS, metavar="N", help="How many parts.")],
    file: Path,
    kind: Annotated[JobKind, typer.Option("--for", help="What runs the parts.")] = JobKind.GITHUB,
    image: Annotated[
        str, typer.Option("--image", help="Container image with mirrorgen and its programs, for kubernetes.")
    ] = "mirrorgen:latest",
) -> ExitCode:
    """Print the jobs that copy a list in parts.

    For github a matrix; for kubernetes an Indexed Job; for batch the input of `aws batch submit-job`.
    """
    from mirrorgen.desired.shards import split
    from mirrorgen.rendering.files import render_job

    desired = load_usable(file).desired
    assert desired
    if kind is JobKind.GITHUB and shards > MAX_GITHUB_JOBS:
        raise UsageError(f"--shards {shards}: a matrix of GitHub has at most {MAX_GITHUB_JOBS} jobs")
    if kind is not JobKind.GITHUB:
        screen().show_document(render_job(kind, shards=shards, image=image, master_list=f"/list/{file.name}"))
        return ExitCode.OK
    include = [
        {"shard": f"{number}/{shards}", "repositories": len(part.repositories), "tags": part.tag_count}
        for number, part in enumerate(split(desired, shards), start=1)
    ]
    screen().show_document(json.dumps({"include": include}))
    return ExitCode.OK
