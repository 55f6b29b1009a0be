"""What counts as progress of regsync, with a clock that is set by hand."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from mirrorgen.tools import progress
from mirrorgen.tools.limits import SyncLimits
from mirrorgen.tools.progress import Progress

STALLED = "made no progress for 300 s"
KIB = 1024


class Clock:
    """A clock that is set by hand, and what a process has written by then."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.written: int | None = 0
        patch.setattr(time, "monotonic", lambda: self.now)
        patch.setattr(progress, "_written_by", lambda _pid: self.written)

    def write(self, size: int) -> None:
        self.written = (self.written or 0) + size


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def request(method: str, *, status: str = "200 OK", **more: str) -> str:
    return json.dumps(
        {"msg": "reg http request", "req-method": method, "resp-status": status, **more}, separators=(",", ":")
    )


def test_silence_is_no_progress(clock: Clock) -> None:
    followed = Progress(SyncLimits())
    clock.now += 300
    assert followed(1) is None
    clock.now += 1
    assert followed(1) == STALLED


def test_where_nobody_tells_what_is_written_silence_may_be_a_layer(clock: Clock) -> None:
    clock.written = None
    followed = Progress(SyncLimits())
    clock.now += 3600
    assert followed(1) is None
    clock.now += 1
    assert followed(1) == "made no progress for 3600 s"


def test_an_image_is_progress(clock: Clock) -> None:
    followed = Progress(SyncLimits())
    for _ in range(10):
        clock.now += 299
        followed.heard("{}", is_image=True)
        assert followed(1) is None


def test_requests_are_none_however_many_and_what_is_written_for_them_is_not(clock: Clock) -> None:
    followed = Progress(SyncLimits())
    said = []
    for _ in range(302):
        clock.now += 1
        for _ in range(20):
            line = request("GET")
            clock.write(len(line) + 1 + 4 * KIB)
            followed.heard(line, is_image=False)
        said.append(followed(1))
    assert said[299:] == [None, STALLED, STALLED]


def test_a_layer_that_moves_is_progress(clock: Clock) -> None:
    followed = Progress(SyncLimits())
    for _ in range(100):
        clock.now += 250
        clock.write(1024 * KIB)
        assert followed(1) is None


def test_a_layer_that_moves_too_slowly_is_none(clock: Clock) -> None:
    followed = Progress(SyncLimits())
    said = None
    for _ in range(301):
        clock.now += 1
        clock.write(3 * KIB)
        said = followed(1)
    assert said == STALLED


def test_a_long_line_is_no_layer(clock: Clock) -> None:
    followed = Progress(SyncLimits(log_bytes=10**9))
    for _ in range(301):
        clock.now += 1
        clock.write(1024 * KIB)
        followed.dropped("x" * 1024 * KIB)
        said = followed(1)
    assert said == STALLED


def test_pushes_are_progress_but_not_without_end(clock: Clock) -> None:
    followed = Progress(SyncLimits(pushes=3))
    for _ in range(3):
        clock.now += 299
        followed.heard(request("PUT", status="201 Created"), is_image=False)
        assert followed(1) is None
    clock.now += 299
    followed.heard(request("PUT", status="201 Created"), is_image=False)
    clock.now += 2
    assert followed(1) == STALLED


def test_a_refused_push_is_none(clock: Clock) -> None:
    followed = Progress(SyncLimits())
    clock.now += 299
    followed.heard(request("PUT", status="500 Error"), is_image=False)
    clock.now += 2
    assert followed(1) == STALLED


def pause(seconds: float) -> str:
    said = {"msg": "Delaying for rate limit", "source": "quay.io/a:1", "sleep": int(seconds * 1e9)}
    return json.dumps(said, separators=(",", ":"))


def test_a_pause_for_the_rate_limit_is_waited_for_and_not_for_ever(clock: Clock) -> None:
    followed = Progress(SyncLimits())
    rounds = 0
    while followed(1) is None:
        followed.heard(pause(900), is_image=True)
        clock.now += 900
        rounds += 1
    assert rounds == pytest.approx(7 * 3600 / 900, abs=2)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (SyncLimits(log_bytes=1000), "made no progress in 1000 bytes of its log"),
        (SyncLimits(seconds=50), "did not end within 50 s"),
    ],
)
def test_other_limits(limits: SyncLimits, said: str, clock: Clock) -> None:
    followed = Progress(limits)
    followed.heard("x" * 1001, is_image=False)
    clock.now += 51
    assert followed(1) == said


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process has written")
def test_what_a_process_has_written_is_counted() -> None:
    code = "import os, sys; os.write(1, bytes(50_000)); sys.stdin.read()"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        process.stdout.read(50_000)
        written = progress._written_by(process.pid)
        process.communicate()
    assert written is not None
    assert 50_000 <= written < 60_000


def test_of_a_process_that_has_gone_nothing_is_known() -> None:
    assert progress._written_by(2**22) is None
