"""Options and fixtures of every test: no real home, no inherited settings, the program run as a user runs it."""

from __future__ import annotations

import functools
import gc
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from mirrorgen.cli import app
from tests.golden import Golden
from tests.soaking import examples

# Settings of whoever runs the tests, which must not decide how they end.
_STRIPPED = ("AWS_", "TF_", "GITHUB_", "MIRRORGEN_", "DOCKER_", "ECR_")
_STRIPPED_NAMES = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "XDG_CACHE_HOME")
_KEPT = ("AWS_CA_BUNDLE",)

ORIGINAL_ENVIRONMENT = dict(os.environ)
"""As it was before any test changed it."""

REAL_CACHE_DIR = Path(
    os.environ.get("MIRRORGEN_CACHE_DIR")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mirrorgen"
)
"""The user's own cache, in which `make test` has put the pinned programs."""


# The same examples on every run, however slow the machine is.
hypothesis.settings.register_profile(
    "mirrorgen",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# Other ones each time, and many of them.
hypothesis.settings.register_profile(
    "soak", deadline=None, database=None, max_examples=examples(100), suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.load_profile("mirrorgen")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected files, and fail")
    parser.addoption("--no-real-tools", action="store_true", help="skip the tests that run the real tools")
    parser.addoption("--soak", action="store_true", help="draw ten times as many examples at random")


def pytest_collection_finish() -> None:
    """What has been collected stays to the end, and need not be looked through for cycles."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell without job control starts background jobs that ignore interrupts, and so would what a test starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def one_command_line() -> Iterator[None]:
    """For each run in this process Typer would make all commands anew, which takes longer than most of them do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", functools.cache(get_command))
        yield


@pytest.fixture(autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if (name.startswith(_STRIPPED) or name in _STRIPPED_NAMES) and name not in _KEPT:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")


@dataclass(frozen=True)
class Result:
    """What a run of the program printed, and its exit code."""

    exit_code: int
    stdout: str
    stderr: str


RunCli = Callable[..., Result]


@pytest.fixture
def run_cli(monkeypatch: pytest.MonkeyPatch) -> RunCli:
    """Run a command in this process: `run_cli("validate", "images.yaml", cwd=folder)`."""

    def run(*args: str, cwd: Path | None = None, stdin: str = "") -> Result:
        if cwd is not None:
            monkeypatch.chdir(cwd)
        result = CliRunner().invoke(app, list(args), input=stdin)
        return Result(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares with expected files, or rewrites them."""
    return Golden(update=request.config.getoption("--update-golden"))
