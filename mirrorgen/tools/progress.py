"""Whether regsync gets on, as seen from outside: by its log, and by the bytes that it writes.

regsync has no limit of its own. A listing that drips or never ends, or referrers that name one another (over which
it waits for itself, in imageSeenOrWait of image.go), hold it for ever; a large layer over a slow line takes hours,
and in these it says nothing.
"""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

from mirrorgen.tools.limits import SyncLimits

_REQUEST_BYTES = 8 * 1024
"""What a request takes at most without its body: tokens have some thousands."""

_PAUSE = re.compile(r'"msg":"Delaying for rate limit".*"sleep":(\d{1,18})\b')
_PUSHED = re.compile(r'"req-method":"(?:PUT|POST|PATCH)".*"resp-status":"20')


class Progress:
    """Follows one run of regsync; it is the `watch` of its bounds.

    Steps are images that it comes to, and some thousands of pushes for each of them. Between two steps, what counts
    is the bytes that it writes beside log and requests, which are blobs on their way to the target.

    Args:
        limits: how long, and with how many lines, it may get no further.
    """

    def __init__(self, limits: SyncLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._begun = self._last_step = time.monotonic()
        self._paused_until = 0.0
        self._logged = self._logged_at_step = self._requests = self._pushes = 0
        self._least_moved = 0

    def heard(self, line: str, *, is_image: bool) -> None:
        """Take note of a line of the log.

        Args:
            line: as JSON.
            is_image: whether it says what becomes of an image.
        """
        pause = _PAUSE.search(line)
        with self._lock:
            self._logged += _size_of(line) + 1
            self._requests += '"msg":"reg http request"' in line
            if pause:
                longest = self._begun + self._limits.pauses_s
                self._paused_until = min(time.monotonic() + int(pause[1]) / 1e9, longest)
            elif is_image:
                self._step()
                self._pushes = 0
            elif _PUSHED.search(line):
                self._pushes += 1
                if self._pushes <= self._limits.pushes:
                    self._step()

    def dropped(self, text: str) -> None:
        """Take note of a part of a line that is too long."""
        with self._lock:
            self._logged += _size_of(text)

    def __call__(self, pid: int) -> str | None:
        """Say why a process is to be ended, if it is."""
        written = _written_by(pid)
        with self._lock:
            stalled_s = self._limits.blind_s
            if written is not None:
                stalled_s = self._limits.stalled_s
                moved = written - self._logged - self._requests * _REQUEST_BYTES
                self._least_moved = min(self._least_moved, moved)
                if moved - self._least_moved >= self._limits.moved_bytes:
                    self._least_moved = moved
                    self._step()
            return self._why(time.monotonic(), stalled_s)

    def _step(self) -> None:
        self._last_step = time.monotonic()
        self._logged_at_step = self._logged

    def _why(self, now: float, stalled_s: float) -> str | None:
        limits = self._limits
        if now - self._begun > limits.seconds:
            return f"did not end within {limits.seconds:g} s"
        if now - max(self._last_step, self._paused_until) > stalled_s:
            return f"made no progress for {stalled_s:g} s"
        if self._logged - self._logged_at_step > limits.log_bytes:
            return f"made no progress in {limits.log_bytes} bytes of its log"
        return None


def _size_of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _written_by(pid: int) -> int | None:
    """Return the bytes that a process has written, to files, pipes and connections; None where nobody tells.

    Source: proc(5), /proc/PID/io.
    """
    try:
        found = re.search(r"^wchar: (\d+)$", Path(f"/proc/{pid}/io").read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) if found else None
