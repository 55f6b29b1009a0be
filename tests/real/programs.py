"""Go programs that only tests need, built into the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mirrorgen.tools.built import bin_dir
from mirrorgen.tools.install import GO_SETTINGS
from tests.conftest import ORIGINAL_ENVIRONMENT, REAL_CACHE_DIR


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Wait while another worker builds something of this name, or has written half of it."""
    with (REAL_CACHE_DIR / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _building() -> dict[str, str]:
    """As the pinned programs are built: with other flags Go would compile its library and all that is shared again."""
    return {**ORIGINAL_ENVIRONMENT, **{name: GO_SETTINGS[name] for name in ("CGO_ENABLED", "GOFLAGS")}}


def program(name: str, module: str, env: dict[str, str]) -> Path:
    """Return a Go program that only tests need, built into the cache if it is not there."""
    path = bin_dir(env) / name
    with locked(name):
        if not path.exists():
            go = shutil.which("go")
            assert go, f"Go is needed to build {module}"
            with TemporaryDirectory(dir=path.parent, prefix=".build-") as folder:
                subprocess.run([go, "install", module], env={**_building(), "GOBIN": folder}, check=True)
                # Whole, or not there.
                Path(folder, name).rename(path)
    return path


def build(env: Mapping[str, str], name: str, files: Mapping[str, str], package: str, tags: str = "") -> Path:
    """Build a program from the files of a module that names others."""
    path = bin_dir(env) / name
    with locked(name.replace("/", "-")):
        if not path.exists():
            work = bin_dir(env) / f"{name.replace('/', '-')}.build"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            for file, text in files.items():
                (work / file).write_text(text)
            path.parent.mkdir(exist_ok=True)
            argv = ["go", "build", "-mod=mod", "-tags", tags, "-o", "built", package]
            subprocess.run(argv, cwd=work, env=_building(), check=True)
            (work / "built").rename(path)
            shutil.rmtree(work)
    return path


@dataclass(frozen=True)
class Own:
    """A program of these tests around the code of somebody else.

    Attributes:
        folder: the folder beside this file that has its module.
    """

    folder: str

    @property
    def files(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in Path(__file__).with_name(self.folder).iterdir()}

    @property
    def name(self) -> str:
        """What it is called in the cache: another one as soon as a file changes."""
        return f"{self.folder}-{hashlib.sha256(repr(sorted(self.files.items())).encode()).hexdigest()[:12]}"

    def built(self, env: Mapping[str, str]) -> Path:
        """Build it, if it is not there."""
        return build(env, self.name, self.files, ".")


def require_built(env: Mapping[str, str], name: str, what: str, *, may_build: bool) -> None:
    """Skip a test whose program is not in the cache, and takes too long for every run to build it."""
    if not may_build and not (bin_dir(env) / name).exists():
        pytest.skip(f"{what} takes minutes to build; `make soak` does it")
