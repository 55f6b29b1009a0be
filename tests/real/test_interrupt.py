"""Ctrl-C while a copy is under way."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.real.conftest import Project


class HoldingProxy(ThreadingHTTPServer):
    """Passes requests on to an address, but holds every blob until it is told to let go."""

    daemon_threads = True

    def __init__(self, address: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = address
        self.held = threading.Event()
        self.let_go = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: HoldingProxy

    def do_GET(self) -> None:
        if "/blobs/" in self.path:
            self.server.held.set()
            self.server.let_go.wait(60)
        upstream = HTTPConnection(self.server.address, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            upstream.request(self.command, self.path, headers=headers)
            answer = upstream.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"date", "server", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)
        except OSError:
            self.close_connection = True
        finally:
            upstream.close()

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def proxy(project: Project) -> Iterator[HoldingProxy]:
    server = HoldingProxy(project.ecr.address)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.let_go.set()
    server.shutdown()
    thread.join()
    server.server_close()


def children(pid: int) -> set[int]:
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.add(int(status.parent.name))
    return found


def test_an_interrupted_sync_reports_nothing_as_done_and_the_next_one_finishes(
    project: Project, proxy: HoldingProxy
) -> None:
    images = {"quay.io/org/app": ["v1.0.0", "v1.1.0"]}
    project.serve(images)
    project.registries = {
        "quay.io": {
            "hostname": f"127.0.0.1:{proxy.server_port}",
            "tls": "disabled",
            "path_prefix": "upstream/quay.io",
        }
    }
    project.write(images)
    project.create_repositories()

    process = subprocess.Popen(
        project.argv("sync"),
        cwd=project.folder,
        env=project.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert proxy.held.wait(60), "no blob was asked for"
    running = children(process.pid)
    assert running
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 130
    assert stdout == ""
    assert stderr.endswith("interrupted\n")
    assert not [pid for pid in running if Path(f"/proc/{pid}").exists()]
    assert project.held("quay/org/app") == {}

    proxy.let_go.set()
    result = project.run("sync")
    assert result.returncode == 0, result.stdout
    assert sorted(project.held("quay/org/app")) == ["v1.0.0", "v1.1.0"]
