"""Standard output and standard error that never stop the work: whoever read them may go, and the run goes on.

`mirrorgen sync | head` must copy every image, write its report and exit with its own code all the same.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# The reader of a pipe has ended, or the terminal has been closed: nobody is left to miss anything.
_NOBODY_READS = {errno.EPIPE, errno.EIO}


class Output(io.FileIO):
    """A descriptor that takes whatever is written: from the first write that fails on, nothing is kept.

    Attributes:
        lost: why what was written did not arrive, where somebody may miss it, as on a full disk; None otherwise.

    Args:
        descriptor: an open one; it stays open.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.lost: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or drop what nobody will read."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in _NOBODY_READS:
                self.lost = error
            # Under the same number, so that nothing else that writes there fails either, and no file gets that number.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return memoryview(data).nbytes


def guard() -> Output:
    """Put standard output and standard error, also closed ones, where they cannot fail; return standard output.

    Characters that their encoding does not have are written as visible escapes.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest number that is free is this one. Else the next file to be opened would be taken for a stream.
            os.open(os.devnull, os.O_RDWR)
    results = Output(1)
    sys.stdout = _text(results, like=sys.stdout)
    sys.stderr = _text(Output(2), like=sys.stderr)
    return results


def _text(output: Output, *, like: TextIO | None) -> TextIO:
    encoding = like.encoding if like else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(output), encoding, "backslashreplace", line_buffering=True)
