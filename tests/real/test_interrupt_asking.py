"""Ctrl-C and SIGTERM while registries are asked that take for ever to answer."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from mirrorgen.tools.bounds import INTERRUPT_GRACE_S
from mirrorgen.tools.limits import GRACE_S
from tests.real.conftest import Project
from tests.real.hostile_registry import Answer, HostileRegistry, dripping, hostile_registry, says
from tests.real.test_interrupt import children
from tests.servers import wait_until
from tests.tools.test_runner import ends

COMMANDS = {
    "plan": ["plan"],
    "sync": ["sync"],
    "lock": ["lock"],
    "tags": ["tags"],
    "status": ["status", "--upstream"],
    "prune": ["prune", "--plan", "prune.json", "--older-than", "0"],
}
NAMES = ("a", "b", "c", "d", "e")
EMPTY = says(json.dumps({"name": "mirror", "tags": []}).encode())
# No answer is waited for, nor as long as Terraform is given; a busy machine takes some seconds to end programs.
AT_ONCE_S = GRACE_S + 10
assert AT_ONCE_S < INTERRUPT_GRACE_S


@pytest.fixture
def upstream() -> Iterator[HostileRegistry]:
    with hostile_registry() as running:
        yield running


@pytest.fixture
def target() -> Iterator[HostileRegistry]:
    with hostile_registry() as running:
        yield running


def write(project: Project, upstream: HostileRegistry, target: HostileRegistry, tags: Any) -> None:
    project.variables = {"T_USER": "robot", "T_PASSWORD": "secret-of-the-target"}
    document = {
        "target": {
            "registry": f"{target.address}/mirror",
            "tls": "disabled",
            "credentials": {"username_env": "T_USER", "password_env": "T_PASSWORD"},
        },
        "registries": {"quay.io": {"hostname": upstream.address, "tls": "disabled"}},
        "images": [{"source": f"quay.io/org/{name}", "tags": tags} for name in NAMES],
    }
    (project.folder / "images.yaml").write_text(yaml.safe_dump(document))
    assert project.run("render").returncode == 0


def interrupt(project: Project, command: list[str], sig: signal.Signals, is_asked: Callable[[], bool]) -> None:
    """Start a command, send it a signal while it waits for an answer, and see it end."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        project.argv(*command), cwd=project.folder, env=project.env, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            wait_until(is_asked)
            running = children(process.pid)
            process.send_signal(sig)
            start = time.monotonic()
            stdout, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    assert time.monotonic() - start < AT_ONCE_S
    assert (process.returncode, stdout) == (130, "")
    assert stderr.endswith("interrupted\n")
    assert all(ends(pid) for pid in running)


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM], ids=lambda sig: sig.name)
@pytest.mark.parametrize("command", COMMANDS)
def test_while_an_upstream_drips(
    command: str, sig: signal.Signals, project: Project, upstream: HostileRegistry, target: HostileRegistry
) -> None:
    upstream.answers = {f"org/{name}": Answer(dripping) for name in NAMES}
    target.answers = {f"mirror/quay/org/{name}": EMPTY for name in NAMES}
    write(project, upstream, target, {"semver": [">=1"]})
    interrupt(project, COMMANDS[command], sig, lambda: len(upstream.requests) >= 3)
    assert not (project.folder / "images.lock.yaml").exists()


@pytest.mark.parametrize("command", ["plan", "sync", "status", "prune"])
def test_while_the_target_drips(
    command: str, project: Project, upstream: HostileRegistry, target: HostileRegistry
) -> None:
    target.answers = {f"mirror/quay/org/{name}": Answer(dripping) for name in NAMES}
    write(project, upstream, target, ["v1.0.0"])
    interrupt(project, COMMANDS[command], signal.SIGTERM, lambda: len(target.requests) >= 3)


@pytest.mark.parametrize("command", ["plan", "sync"])
def test_while_regsync_waits_for_a_dripping_listing(
    command: str, project: Project, upstream: HostileRegistry, target: HostileRegistry
) -> None:
    upstream.answers = {f"org/{name}": Answer(dripping) for name in NAMES}
    target.answers = {f"mirror/quay/org/{name}": EMPTY for name in NAMES}
    write(project, upstream, target, ["v1.0.0"])
    interrupt(project, COMMANDS[command], signal.SIGTERM, lambda: bool(upstream.requests))


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM], ids=lambda sig: sig.name)
def test_while_ecr_does_not_answer(sig: signal.Signals, project: Project) -> None:
    project.write({f"quay.io/org/{name}": ["v1.0.0"] for name in NAMES})
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        silent.setblocking(False)
        project.variables = {"AWS_ENDPOINT_URL_ECR": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        connections: list[socket.socket] = []

        def is_asked() -> bool:
            try:
                connections.append(silent.accept()[0])
            except BlockingIOError:
                return False
            return len(connections) >= 3

        interrupt(project, ["status"], sig, is_asked)
        for connection in connections:
            connection.close()
