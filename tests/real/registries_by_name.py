"""Servers with the names of registries on this machine: ECR before the emulator, and upstreams that note who asks."""

from __future__ import annotations

import base64
import http.client
import os
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from mirrorgen.demo.emulator import Emulator

# What the emulator's GetAuthorizationToken answers.
ECR_PASSWORD = "ministack-auth-token"  # noqa: S105
UPSTREAMS = ("docker.io", "registry-1.docker.io", "index.docker.io", "auth.docker.io", "quay.io")


@dataclass(frozen=True)
class Request:
    """A request that a server got."""

    host: str
    method: str
    path: str
    authorization: str


@dataclass
class Registries:
    """The servers.

    Attributes:
        names: addresses by host name.
        authority: the file with the certificate that vouches for them.
        ecr, upstream: what was asked, in order.
    """

    names: dict[str, str]
    authority: Path
    ecr: list[Request] = field(default_factory=list)
    upstream: list[Request] = field(default_factory=list)

    def passwords_upstream(self) -> list[str]:
        """Return what upstream registries were told in the hope of being let in."""
        return [request.authorization for request in self.upstream if request.authorization]


@contextmanager
def registries(folder: Path, emulator: Emulator) -> Iterator[Registries]:
    """Keep ECR, and upstream registries that let nobody in, serving by their names."""
    ecr_name = f"{emulator.account_id}.dkr.ecr.{emulator.region}.amazonaws.com"
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    # No other process of these tests has the same.
    network = "127.{}.{}".format(*divmod(os.getpid() % 2**16, 2**8))
    ecr_address, upstream_address = f"{network}.1", f"{network}.2"
    names = {ecr_name: ecr_address, **dict.fromkeys(UPSTREAMS, upstream_address)}
    found = Registries(names, folder / "authority.pem")
    with (
        _serving(ecr_address, authority.issue_cert(ecr_name), _ecr(emulator, ecr_name, found)),
        _serving(upstream_address, authority.issue_cert(*UPSTREAMS), _upstream(found)),
    ):
        yield found


@contextmanager
def _serving(address: str, certificate: trustme.LeafCert, handler: type[BaseHTTPRequestHandler]) -> Iterator[None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with ThreadingHTTPServer((address, 443), handler) as serving:
        serving.socket = context.wrap_socket(serving.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        try:
            yield
        finally:
            serving.shutdown()
            thread.join()


class _Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def asked(self) -> Request:
        headers = self.headers
        return Request(headers.get("Host", ""), self.command, self.path, headers.get("Authorization", ""))

    def answer(self, status: int, headers: Mapping[str, str], body: bytes, length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        raise NotImplementedError

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


def _upstream(found: Registries) -> type[BaseHTTPRequestHandler]:
    class Upstream(_Asked):
        """It asks for a password, so that whoever has one shows it."""

        def do_GET(self) -> None:
            found.upstream.append(self.asked())
            self.answer(401, {"WWW-Authenticate": f'Basic realm="https://{self.headers["Host"]}/"'}, b"")

    return Upstream


def _ecr(emulator: Emulator, name: str, found: Registries) -> type[BaseHTTPRequestHandler]:
    expected = "Basic " + base64.b64encode(f"AWS:{ECR_PASSWORD}".encode()).decode()

    class Ecr(_Asked):
        """It lets in who has ECR's password, and hands on to the emulator, which lets in everybody."""

        def do_GET(self) -> None:
            request = self.asked()
            found.ecr.append(request)
            if request.authorization != expected:
                challenge = f'Basic realm="https://{name}/",service="ecr.amazonaws.com"'
                self.answer(401, {"WWW-Authenticate": challenge}, b"Not Authorized\n")
                return
            connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=30)
            try:
                accepted = {"Accept": ", ".join(self.headers.get_all("Accept", ["*/*"]))}
                connection.request(self.command, self.path, headers=accepted)
                answered = connection.getresponse()
                body = answered.read()
                kept = {"Content-Type", "Docker-Content-Digest"}
                headers = {key: value for key, value in answered.getheaders() if key.title() in kept}
                length = answered.getheader("Content-Length") if self.command == "HEAD" else None
                self.answer(answered.status, headers, body, int(length) if length else None)
            finally:
                connection.close()

    return Ecr
