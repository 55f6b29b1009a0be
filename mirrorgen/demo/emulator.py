"""The embedded ECR: ministack in a virtual environment of its own, serving one loopback port."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mirrorgen.errors import ToolFailed, ToolUnusable
from mirrorgen.operations.stand_in import aws_variables
from mirrorgen.places import open_folder
from mirrorgen.tools.children import start_server
from mirrorgen.tools.environments import environment as environment_of
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.searching import outside

VERSION = "1.5.33"
"""The ministack release whose behaviour the demo and the tests rely on."""

APPLICATION = Path(__file__).with_name("ecr_server.py")
"""What the emulator serves, a file for its own interpreter."""

_SERVICES = "ecr,sts,kms,iam,s3"
_INSTALL_TIMEOUT_S = 600.0
_START_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 5.0
_POLL_S = 0.05
_PORT_ATTEMPTS = 5
_LOG_TAIL_LINES = 20


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator.

    Attributes:
        port: the loopback port it serves.
        pid: its process, which is also its process group.
        account_id: the account its registry (`/v2/`) belongs to.
        region: the region its registry looks for a repository in first.
    """

    port: int
    pid: int
    account_id: str
    region: str

    @property
    def address(self) -> str:
        """Host and port, as a registry host name is written."""
        return f"127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> str:
        """Address of the AWS APIs and of the registry."""
        return f"http://{self.address}"


def install(cache_dir: Path, runner: Runner, env: Mapping[str, str]) -> Path:
    """Install the pinned ministack below `cache_dir`, unless it is there; safe to call from several processes.

    Args:
        cache_dir: folder for the virtual environment; made if missing.
        runner: runs `venv` and `pip`.
        env: environment of both, with the user's proxy and pip settings.

    Returns:
        The Python interpreter of the environment, to be given to `start` or `emulator`.

    Raises:
        ToolUnusable: the environment could not be made, or pip could not install the package.
    """
    # The interpreter's version is in the name because site-packages of one version are invisible to another.
    name = f"ministack-{VERSION}-py{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache_dir / name
    python = folder / "bin" / "python"
    complete = folder / "complete"
    with open_folder(cache_dir, create=True) as cache:
        lock = cache.open(f"{name}.lock", os.O_RDWR | os.O_CREAT)
    with os.fdopen(lock) as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        if not (complete.exists() and python.exists()):
            _build(folder, python, runner, env)
            complete.touch()
    return python


def _build(folder: Path, python: Path, runner: Runner, env: Mapping[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(python), "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    env = environment_of("pip", outside(env))
    try:
        runner.run([sys.executable, "-I", "-m", "venv", str(folder)], env=env, timeout_s=_INSTALL_TIMEOUT_S)
        runner.run([*pip, "--only-binary", ":all:", f"ministack=={VERSION}"], env=env, timeout_s=_INSTALL_TIMEOUT_S)
    except ToolFailed as error:
        raise ToolUnusable(
            f"cannot install the ECR emulator (ministack {VERSION}) into {folder}\n{error.message}",
            hint="check that this Python has the venv module and that pip reaches a package index",
        ) from error


@contextlib.contextmanager
def emulator(
    python: Path,
    *,
    log: Path,
    env: Mapping[str, str],
    account_id: str,
    region: str,
    application: Path = APPLICATION,
) -> Iterator[Emulator]:
    """Keep an emulator running for the length of a `with` block; arguments and errors as for `start`."""
    started = start(
        python,
        log=log,
        env=env,
        account_id=account_id,
        region=region,
        outlives_us=False,
        application=application,
    )
    try:
        yield started
    finally:
        stop(started)


def start(
    python: Path,
    *,
    log: Path,
    env: Mapping[str, str],
    account_id: str,
    region: str,
    outlives_us: bool,
    application: Path = APPLICATION,
) -> Emulator:
    """Start an empty emulator on a free loopback port and wait until it answers.

    Args:
        python: the interpreter `install` returned.
        log: file for what the emulator prints; its folder must exist.
        env: environment of the caller; only what a server needs is taken from it.
        account_id: account that registry requests, which carry no AWS signature, are answered for.
        region: region in which those look for a repository first.
        outlives_us: whether it goes on when this program has ended.
        application: file with the `app` that is served.

    Raises:
        ToolUnusable: the interpreter cannot be started.
        ToolFailed: the emulator ended, or did not answer in time; the message ends with its log.
    """
    for _ in range(_PORT_ATTEMPTS):
        port = _free_port()
        # Another server may take the port first and answer in our place: only ours knows this word.
        token = secrets.token_hex(8)
        pid = start_server(
            [
                str(python),
                "-I",
                "-u",
                "-m",
                "hypercorn",
                "--bind",
                f"127.0.0.1:{port}",
                "--keep-alive",
                "75",
                f"{application}:app",
            ],
            env=_server_environment(env, port=port, token=token, account_id=account_id, region=region),
            log=log,
            outlives_us=outlives_us,
        )
        started = Emulator(port, pid, account_id, region)
        try:
            if _wait_until_ready(started, token, log):
                return started
        except BaseException:
            stop(started)
            raise
    raise ToolFailed(f"the ECR emulator found its port taken {_PORT_ATTEMPTS} times\n{_tail(log)}")


def stop(running: Emulator) -> None:
    """End an emulator that this program started, and everything in it; nothing happens if it has ended."""
    for sig, wait_s in ((signal.SIGTERM, _STOP_TIMEOUT_S), (signal.SIGKILL, _STOP_TIMEOUT_S)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, sig)
        deadline = time.monotonic() + wait_s
        while _is_alive(running.pid):
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_S)
        else:
            return


def environment(running: Emulator) -> dict[str, str]:
    """Variables that make AWS tools and SDKs talk to the emulator.

    They are to be laid over the caller's environment, from which the caller first removes what would win over them or
    mislead: AWS_PROFILE, AWS_SESSION_TOKEN, AWS_ENDPOINT_URL_*, AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE, and proxies
    for 127.0.0.1.
    """
    return aws_variables(running.endpoint, running.account_id, running.region)


def _server_environment(
    env: Mapping[str, str], *, port: int, token: str, account_id: str, region: str
) -> dict[str, str]:
    # The emulator reads dozens of variables with common names (AUTH, USE_SSL, S3_PERSIST): none may reach it by chance.
    inherited = {name: env[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in env}
    return {
        **inherited,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": _SERVICES,
        "MINISTACK_ACCOUNT_ID": account_id,
        "MINISTACK_REGION": region,
        "MINISTACK_EDITION": token,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # It removes containers it takes for its own leftovers; with no such socket it leaves Docker alone.
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
    }


def _wait_until_ready(starting: Emulator, token: str, log: Path) -> bool:
    """Wait for an answer; False if the emulator ended because its port was taken."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if _edition(starting.port) == token:
            return True
        if not _is_alive(starting.pid):
            if "already in use" in _tail(log):
                return False
            raise ToolFailed(f"the ECR emulator ended as soon as it was started\n{_tail(log)}")
        time.sleep(_POLL_S)
    raise ToolFailed(f"the ECR emulator did not answer within {_START_TIMEOUT_S:g} s\n{_tail(log)}")


def _edition(port: int) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2.0)
    try:
        connection.request("GET", "/_ministack/health")
        answer = json.load(connection.getresponse())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return str(answer["edition"]) if isinstance(answer, dict) and "edition" in answer else None


def _is_alive(pid: int) -> bool:
    # A child that ended stays in the process table, where signal 0 still finds it, until it is waited for.
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG)[0] == 0
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tail(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").splitlines()[-_LOG_TAIL_LINES:]
    return "\n".join([f"log ({log}):", *(f"    {line}" for line in lines)])
