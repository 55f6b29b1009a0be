"""What regclient's programs log of pulls, and how one ends that may make no more of them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from mirrorgen.tools.requests import Pull, Stopped, read_pull
from mirrorgen.tools.runner import ProcessRunner

URL = "https://registry-1.docker.io/v2/library/nginx/manifests/sha256:abc"


def line(**fields: object) -> str:
    """A line of regsync 0.11.5, shortened."""
    said = {"level": "DEBUG-4", "msg": "reg http request", "req-method": "GET", "req-url": URL, "resp-status": "200 OK"}
    return json.dumps({"time": "T", **said, **fields}, separators=(",", ":"))


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "403 Forbidden", "503 Service Unavailable"])
def test_an_answer_that_is_not_asked_for_again(status: str) -> None:
    assert read_pull(line(**{"resp-status": status})) == Pull(URL, is_final=True)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "500 Oops", "502 Bad Gateway", "", "x", "9" * 5000])
def test_an_answer_that_is_asked_for_again(status: str) -> None:
    assert read_pull(line(**{"resp-status": status})) == Pull(URL, is_final=False)


@pytest.mark.parametrize(
    "fields",
    [
        {"req-method": "HEAD"},
        {"req-method": "PUT"},
        {"resp-status": "401 Unauthorized"},
        {"req-url": "https://registry-1.docker.io/v2/library/nginx/blobs/sha256:abc"},
        {"msg": "something else about /manifests/"},
    ],
)
def test_what_is_no_pull(fields: dict[str, str]) -> None:
    assert read_pull(line(**fields)) is None


@pytest.mark.parametrize("text", ["", "null", "[]", '"reg http request /manifests/"', "reg http request /manifests/"])
def test_what_is_no_line_of_the_log(text: str) -> None:
    assert read_pull(text) is None


@pytest.mark.parametrize("headers", [{"X": ["y" * 100_000]}, json.loads("[" * 900 + "]" * 900), {"X": 10**4000}])
def test_a_pull_counts_whatever_a_registry_answers(headers: object) -> None:
    whole = line(**{"resp-headers": headers})
    assert read_pull(whole) == Pull(URL, is_final=True)
    assert read_pull(whole[:400]) == Pull(URL, is_final=False)


def test_a_program_that_is_to_make_no_other_request_gets_no_time_for_it(tmp_path: Path) -> None:
    """regsync that may go on with its log would make the requests that wait behind it."""
    asked = tmp_path / "asked"
    code = (
        "import os, pathlib, signal, time\n"
        f"signal.signal(signal.SIGINT, lambda *_: pathlib.Path({str(asked)!r}).touch())\n"
        f"signal.signal(signal.SIGTERM, lambda *_: pathlib.Path({str(asked)!r}).touch())\n"
        "os.write(2, b'begun\\n')\n"
        "while True: time.sleep(60)\n"
    )

    def stopped(_line: str) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        ProcessRunner().run([sys.executable, "-c", code], env={"PATH": os.defpath}, on_stderr_line=stopped)
    assert not asked.exists()
