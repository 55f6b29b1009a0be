"""Go programs that only tests need, built into the user's cache."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from mirrorgen.tools.built import bin_dir
from tests.conftest import ORIGINAL_ENVIRONMENT, REAL_CACHE_DIR


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Wait while another worker builds something of this name, or has written half of it."""
    with (REAL_CACHE_DIR / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def program(name: str, module: str, env: dict[str, str]) -> Path:
    """Return a Go program that only tests need, built into the cache if it is not there."""
    path = bin_dir(env) / name
    with locked(name):
        if not path.exists():
            go = shutil.which("go")
            assert go, f"Go is needed to build {module}"
            subprocess.run([go, "install", module], env={**ORIGINAL_ENVIRONMENT, "GOBIN": str(path.parent)}, check=True)
    return path


def require_built(env: Mapping[str, str], name: str, what: str, *, may_build: bool) -> None:
    """Skip a test whose program is not in the cache, and takes too long for every run to build it."""
    if not may_build and not (bin_dir(env) / name).exists():
        pytest.skip(f"{what} takes minutes to build; `make soak` does it")
