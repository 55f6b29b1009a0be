"""What regclient's programs log of pulls."""

from __future__ import annotations

import json

import pytest

from mirrorgen.tools.requests import Pull, read_pull

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
