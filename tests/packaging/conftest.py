"""The distributions, built from a copy of what is in git, and virtual environments that have them installed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.checkout import copy_of_checkout

# What work leaves behind in a checkout, and git ignores.
LEFTOVERS = (
    ".cache/benchmarks.json",
    ".venv/pyvenv.cfg",
    "dist/mirrorgen-0.0.1.tar.gz",
    "mirrorgen/__pycache__/cli.cpython-311.pyc",
    "terraform/.terraform.lock.hcl",
    "terraform/.terraform/modules/modules.json",
    "terraform/terraform.tfstate",
    "terraform/terraform.tfstate.backup",
    "terraform/mirror.tfplan",
)


@dataclass(frozen=True)
class Installed:
    """A virtual environment with mirrorgen in it.

    Attributes:
        bin: its programs.
        way: `wheel` or `editable`.
    """

    bin: Path
    way: str

    def run(self, argv: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run one of its programs, which must succeed."""
        return run([str(self.bin / argv[0]), *argv[1:]], cwd=cwd)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is in git, and of nothing else that lies about, but with leftovers of its own."""
    copy = copy_of_checkout(tmp_path_factory.mktemp("checkout"))
    for name in LEFTOVERS:
        place = copy / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("left over\n")
    return copy


@pytest.fixture(scope="session")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("--sdist", checkout, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="session")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("--wheel", checkout, tmp_path_factory.mktemp("wheel"))


def build(kind: str, source: Path, out: Path) -> Path:
    """Build an sdist or a wheel, and return it."""
    run([sys.executable, "-m", "build", kind, "--no-isolation", "--outdir", str(out), str(source)], cwd=out)
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="session", params=["wheel", "editable"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    way: str = request.param
    if way == "wheel":
        what = [str(request.getfixturevalue("wheel"))]
    else:
        what = ["--no-build-isolation", "--editable", str(request.getfixturevalue("checkout"))]
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    python = folder / "bin/python"
    _lend_dependencies(folder)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "--no-cache-dir"]
    run([*pip, "install", "--quiet", "--no-index", "--no-deps", *what], cwd=folder)
    return Installed(folder / "bin", way)


def _lend_dependencies(environment: Path) -> None:
    """Let an environment see the packages of this one, after its own; no index is needed.

    A path that comes from a .pth file has its own .pth files ignored, so an editable mirrorgen here is not seen.
    """
    (site_packages,) = environment.glob("lib/python*/site-packages")
    lent = dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    (site_packages / "lent.pth").write_text("".join(f"{path}\n" for path in lent))


def run(argv: Sequence[str], *, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program; a failure fails the test with what it printed."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    completed = subprocess.run(argv, cwd=cwd, env=env, check=False, capture_output=True, text=True)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed
