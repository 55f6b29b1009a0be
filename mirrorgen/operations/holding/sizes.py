"""Sizes that a target told some time ago, read from what `mirrorgen status` printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mirrorgen.desired.changes import Sizes
from mirrorgen.errors import InputError
from mirrorgen.files import read_named


def read_sizes(path: Path) -> Sizes:
    """Read which tags a target held, and what each of them weighed; what it did not tell is left out.

    Raises:
        InputError: the file cannot be read, or is not what `mirrorgen status --format json` prints.
    """
    hint = "`mirrorgen status --format json` writes such a file"
    try:
        document = json.loads(read_named(path, hint=hint))
        return {str(repository["name"]): dict(_sizes(repository["tags"])) for repository in document["repositories"]}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"{path} is not the JSON of a status", hint=hint) from error


def _sizes(tags: Any) -> Iterator[tuple[str, int]]:
    for tag in tags:
        size = tag["size_bytes"]
        if size is not None:
            if not isinstance(size, int) or size < 0:
                raise ValueError(size)
            yield str(tag["tag"]), size
