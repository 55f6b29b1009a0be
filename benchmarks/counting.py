"""A reverse proxy on loopback that counts requests by what they are for."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

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
def counting_proxy(backend: str, name: Callable[[str, str], str]) -> Iterator[CountingProxy]:
    """Forward every request to `backend`, a host with a port, and count it.

    Args:
        backend: where requests go.
        name: what a request with this method and path is counted as.
    """
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            with lock:
                proxy.counts[name(self.command, self.path)] += 1
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection(backend, timeout=60)
            try:
                # The Host header goes along, so that the backend names this proxy where it sends clients on.
                connection.request(self.command, self.path, body=body, headers=dict(self.headers))
                answer = connection.getresponse()
                content = answer.read()
                self.send_response(answer.status)
                for key, value in answer.getheaders():
                    if key.lower() not in _HOP_BY_HOP:
                        self.send_header(key, value)
                length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
                self.send_header("Content-Length", length or "0")
                self.end_headers()
                self.wfile.write(content)
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
