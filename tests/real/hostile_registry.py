"""A registry that answers whatever it is told to: any status, headers and body, slowly or without end."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """One answer; without `length`, the body goes on as long as its parts do.

    Attributes:
        body: made anew for each request, from the path with its query.
    """

    body: Callable[[str], Iterable[bytes]]
    status: int = 200
    headers: Callable[[str], Mapping[str, str]] = lambda _path: {}


def says(body: bytes, status: int = 200) -> Answer:
    return Answer(lambda _path: [body], status)


def dripping(_path: str) -> Iterable[bytes]:
    """A body that begins like a listing, and goes on for ever without saying anything."""
    yield b'{"name": "bad", "tags": ["v1"'
    while True:
        time.sleep(0.05)
        yield b" "


@dataclass
class HostileRegistry:
    """A registry that is told what to answer.

    Attributes:
        address: of it.
        answers: by repository, or by what of it is asked for, as in `org/app/blobs`.
        behind: address of a registry that answers whatever is not among them.
        requests: paths that were asked for.
        stopped: set when the registry goes, so that no answer outlives it.
    """

    address: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    behind: str = ""
    requests: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)


@contextmanager
def hostile_registry() -> Iterator[HostileRegistry]:
    """Serve on a free loopback port."""
    registry = HostileRegistry()

    def passed_on(request: BaseHTTPRequestHandler) -> Answer:
        connection = HTTPConnection(registry.behind, timeout=60)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
            connection.request(request.command, request.path, headers=headers)
            answer = connection.getresponse()
            said, kept = answer.read(), {"content-type", "content-length", "docker-content-digest"}
        finally:
            connection.close()
        given = {name: value for name, value in answer.getheaders() if name.lower() in kept}
        return Answer(lambda _path: [said], answer.status, lambda _path: given)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.requests.append(self.path)
            asked = self.path.partition("?")[0].removeprefix("/v2/")
            repository, kind = (*re.split("/(tags|manifests|blobs|referrers)/", asked), "")[:2]
            answer = registry.answers.get(f"{repository}/{kind}") or registry.answers.get(repository)
            if answer is None:
                answer = passed_on(self) if registry.behind else says(b"{}")
            with suppress(OSError):
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers(self.path)}.items():
                    self.send_header(name, value)
                self.end_headers()
                for part in answer.body(self.path) if self.command == "GET" else ():
                    if registry.stopped.is_set():
                        return
                    self.wfile.write(part)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        registry.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield registry
        finally:
            registry.stopped.set()
            server.shutdown()
            thread.join()
