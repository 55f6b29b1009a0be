"""A reverse proxy on loopback that counts requests by what they are for, and passes on what it is told to."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """What a backend answered, for whoever wants to pass something else on.

    Attributes:
        status: HTTP status.
        headers: without those that belong to one connection.
        body: the content.
        is_cut: whether the connection ends in the middle of the content.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    is_cut: bool = False


StandIn = Callable[[str, str], Answer | None]
"""Gets method and path of a request; an answer given here keeps it from the backend."""

Tamper = Callable[[str, str, Answer], Answer | None]
"""Gets method, path and answer of a request; None ends the connection without an answer."""

_HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}


class CountingProxy:
    """How many requests passed, by what `name` calls them.

    Attributes:
        address: host and port.
        counts: by name.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.counts: Counter[str] = Counter()


@contextmanager
def counting_proxy(
    backend: str,
    name: Callable[[str, str], str],
    tamper: Tamper | None = None,
    *,
    stand_in: StandIn | None = None,
) -> Iterator[CountingProxy]:
    """Forward every request to `backend`, a host with a port, and count it.

    Args:
        backend: where requests go.
        name: what a request with this method and path is counted as.
        tamper: changes answers.
        stand_in: answers in the place of the backend.
    """
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            with lock:
                proxy.counts[name(self.command, self.path)] += 1
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = (stand_in(self.command, self.path) if stand_in else None) or self.ask(body)
            passed_on = tamper(self.command, self.path, answer) if tamper else answer
            if passed_on is None:
                self.close_connection = True
                return
            self.send_response(passed_on.status)
            for key, value in passed_on.headers.items():
                self.send_header(key, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(passed_on.body)))
            self.end_headers()
            content = passed_on.body[: len(passed_on.body) // 2] if passed_on.is_cut else passed_on.body
            if self.command != "HEAD":
                self.wfile.write(content)
            self.close_connection = self.close_connection or passed_on.is_cut

        def ask(self, body: bytes) -> Answer:
            connection = http.client.HTTPConnection(backend, timeout=60)
            try:
                # The Host header goes along, so that the backend names this proxy where it sends clients on.
                connection.request(self.command, self.path, body=body, headers=dict(self.headers))
                answer = connection.getresponse()
                kept = {key: value for key, value in answer.getheaders() if key.lower() not in _HOP_BY_HOP}
                length = answer.getheader("Content-Length")
                if self.command == "HEAD" and length:
                    kept["Content-Length"] = length
                return Answer(answer.status, kept, answer.read())
            finally:
                connection.close()

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = forward

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        proxy = CountingProxy(f"127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
