"""A door before an emulator: it notes which rights each request needs, and turns away whoever does not have them.

The emulator asks nobody for rights. Whether a policy grants one is decided by moto, which has read policies before.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler

from moto.iam.access_control import IAMPolicy, PermissionResult

from tests.real.aws_calls import Call, calls_of
from tests.serving import listening

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length"}


@dataclass
class Door:
    """Who may pass now, and who has.

    Attributes:
        upstream: repositories that begin with this are no part of the account.
        policies: of whoever comes, all of which must grant what is asked; none lets everybody pass, unnoted.
        passed, refused: the rights that were asked for while there were policies.
    """

    upstream: str = "/v2/upstream/"
    policies: tuple[str, ...] = ()
    passed: list[Call] = field(default_factory=list)
    refused: list[Call] = field(default_factory=list)

    def admits(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Note a request, and say whether it may pass."""
        if not self.policies or path.startswith(self.upstream):
            return True
        calls = list(calls_of(method, path, headers, body))
        missing = [call for call in calls if not all(grants(policy, call) for policy in self.policies)]
        self.refused += missing
        self.passed += () if missing else calls
        return not missing


def grants(policy: str, call: Call) -> bool:
    """Return whether a policy, as JSON, allows something."""
    return bool(IAMPolicy(policy).is_action_permitted(call.action, call.resource) is PermissionResult.PERMITTED)


@contextmanager
def guarded(port: int, door: Door) -> Iterator[int]:
    """Let a door stand before a server on this machine, and say on which port."""
    with listening(partial(_Handler, port, door)) as opened:
        yield opened


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, port: int, door: Door, *args: object) -> None:
        self.port, self.door = port, door
        super().__init__(*args)  # type: ignore[arg-type]

    def handle_any(self) -> None:
        body = self._body()
        if not self.door.admits(self.command, self.path, dict(self.headers.items()), body):
            self._deny()
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            self._answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def log_message(self, *_: object) -> None:
        pass

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _deny(self) -> None:
        """Refuse in the words of each protocol."""
        if "X-Amz-Target" in self.headers:
            document = json.dumps({"__type": "AccessDeniedException", "message": "not authorized to perform it"})
            self._answer(400, [("Content-Type", "application/x-amz-json-1.1")], document.encode())
        elif self.path.startswith("/v2/"):
            self._answer(403, [], json.dumps({"errors": [{"code": "DENIED", "message": "not authorized"}]}).encode())
        else:
            self._answer(403, [], b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        length = next((value for name, value in headers if name.lower() == "content-length"), str(len(body)))
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
