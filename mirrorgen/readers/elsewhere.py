"""Files that name others, and say something of theirs: what of it is missing where those are not read, too."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from mirrorgen.readers.contract import Reading, Refusal


def read_together(readings: Sequence[Reading], files: Sequence[str]) -> list[Reading]:
    """Return readings without the refusals of what stands in another file, where that is read, too.

    Args:
        readings: of the files, each read on its own.
        files: their paths, in the same order.
    """
    known = {os.path.abspath(file) for file in files}  # noqa: PTH100 - a link is not followed

    def is_read(refused: Refusal, file: str) -> bool:
        beside = os.path.join(os.path.dirname(file), refused.elsewhere)  # noqa: PTH118, PTH120
        return bool(refused.elsewhere) and os.path.abspath(beside) in known  # noqa: PTH100

    return [
        replace(reading, refused=tuple(refused for refused in reading.refused if not is_read(refused, file)))
        for reading, file in zip(readings, files, strict=True)
    ]
