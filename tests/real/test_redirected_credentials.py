"""Where regclient sends the credentials of a registry that sends it elsewhere: measured, so that it can be relied on.

The registry is at 127.0.0.1. A name is another host to regclient whatever address it has, so `localhost` is one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import pytest

from mirrorgen.errors import RegistryFailed
from mirrorgen.tools.regctl import Host, Regctl
from mirrorgen.tools.regsync import Regsync
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.versions import find_tool
from tests.real.paper_registry import INDEX
from tests.serving import listening

USER, PASSWORD, TOKEN = "robot", "correct-horse-battery", "a-token-of-the-realm"
BASIC = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
BEARER = f"Bearer {TOKEN}"
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).encode()
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"

Reply = tuple[int, dict[str, str], bytes]
ANSWER: Reply = (200, {"Content-Type": INDEX, "Docker-Content-Digest": DIGEST}, MANIFEST)


@dataclass
class Site:
    """A web server that notes the credentials of every request.

    Attributes:
        port: on the loopback interface.
        reply: by the path and the header with credentials.
        got: that header of each request, empty where there was none.
    """

    reply: Callable[[str, str], Reply]
    port: int = 0
    got: list[str] = field(default_factory=list)


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "")
            site.got.append(given)
            status, headers, body = site.reply(self.path, given)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with listening(Handler) as site.port:
        yield site


@pytest.fixture
def start() -> Iterator[Callable[[Callable[[str, str], Reply]], Site]]:
    with ExitStack() as sites:
        yield lambda reply: sites.enter_context(serving(Site(reply)))


Start = Callable[[Callable[[str, str], Reply]], Site]


def asking(challenge: str, then: Callable[[str], Reply]) -> Callable[[str, str], Reply]:
    """A registry that wants credentials first."""
    return lambda path, given: then(path) if given else (401, {"WWW-Authenticate": challenge}, b"")


def to(host: str, site: Site) -> Callable[[str], Reply]:
    return lambda path: (307, {"Location": f"http://{host}:{site.port}{path}"}, b"")


def ask(program: str, registry: Site, env: dict[str, str]) -> bool:
    """Let a program ask the registry for a manifest, with credentials for that registry; say whether it got it."""
    tool, address = find_tool(program, ProcessRunner(), env).usable(), f"127.0.0.1:{registry.port}"
    if program == "regctl":
        host = Host(address, tls="disabled", username=USER, password=PASSWORD)
        try:
            return Regctl(tool, ProcessRunner(), env, (host,)).manifest(f"{address}/org/app:v1").digest == DIGEST
        except RegistryFailed:
            return False
    config = {
        "version": 1,
        "creds": [{"registry": address, "tls": "disabled", "user": USER, "pass": PASSWORD}],
        "defaults": {"parallel": 1},
        "sync": [{"source": f"{address}/org/app:v1", "target": f"{address}/org/copy:v1", "type": "image"}],
    }
    return Regsync(tool, ProcessRunner(), env).check(json.dumps(config)).code == 0


PROGRAMS = pytest.mark.parametrize("program", ["regctl", "regsync"])


@PROGRAMS
@pytest.mark.parametrize("challenge", ['Basic realm="registry"', "Bearer"])
def test_another_host_gets_nothing_by_a_redirect(
    program: str, challenge: str, start: Start, base_env: dict[str, str]
) -> None:
    other = start(lambda _path, _given: ANSWER)
    realm = start(lambda _path, _given: (200, {}, json.dumps({"token": TOKEN}).encode()))
    wanted = f'Bearer realm="http://127.0.0.1:{realm.port}/token"' if challenge == "Bearer" else challenge
    assert ask(program, start(asking(wanted, to("localhost", other))), base_env)
    assert set(other.got) == {""}


@PROGRAMS
def test_another_host_that_asks_for_credentials_gets_none(program: str, start: Start, base_env: dict[str, str]) -> None:
    other = start(lambda _path, _given: (401, {"WWW-Authenticate": 'Basic realm="other"'}, b""))
    assert not ask(program, start(asking('Basic realm="registry"', to("localhost", other))), base_env)
    assert set(other.got) == {""}


@PROGRAMS
def test_another_port_of_the_same_host_gets_them_by_a_redirect(
    program: str, start: Start, base_env: dict[str, str]
) -> None:
    """Go's client takes it for the same site; subdomains, too (shouldCopyHeaderOnRedirect of net/http)."""
    other = start(lambda _path, _given: ANSWER)
    assert ask(program, start(asking('Basic realm="registry"', to("127.0.0.1", other))), base_env)
    assert set(other.got) == {BASIC}


@PROGRAMS
def test_the_realm_that_a_registry_names_gets_them_wherever_it_is(
    program: str, start: Start, base_env: dict[str, str]
) -> None:
    realm = start(lambda _path, _given: (200, {}, json.dumps({"token": TOKEN}).encode()))
    registry = start(asking(f'Bearer realm="http://localhost:{realm.port}/token"', lambda _path: ANSWER))
    assert ask(program, registry, base_env)
    assert set(realm.got) == {BASIC}
    assert set(registry.got) == {"", BEARER}
