"""doctor, and tools install, which really builds."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ORIGINAL_ENVIRONMENT


@pytest.fixture
def bare(base_env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An environment with Go, but with none of the programs."""
    return {**base_env, "MIRRORGEN_CACHE_DIR": str(tmp_path / "cache"), "PATH": os.defpath, "HOME": str(tmp_path)}


CAPTURED: Any = {"capture_output": True, "text": True, "check": False}


def mirrorgen(env: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "mirrorgen", *args]
    return subprocess.run(argv, env=env, **CAPTURED)


def test_doctor_finds_every_program(base_env: dict[str, str]) -> None:
    result = mirrorgen(base_env, "doctor")
    assert result.returncode == 0, result.stdout
    assert "all programs are usable" in result.stdout


def test_doctor_says_what_is_missing_and_what_to_do(bare: dict[str, str], tmp_path: Path) -> None:
    bare["PATH"] = str(tmp_path)
    result = mirrorgen(bare, "doctor")
    assert result.returncode == 4
    assert (
        "regsync: run `mirrorgen tools install regsync`, or name the program's path in MIRRORGEN_REGSYNC"
        in result.stdout
    )
    assert "terraform: install terraform 1.7.0 or later" in result.stdout


def test_install_builds_the_pinned_version_without_root(bare: dict[str, str], tmp_path: Path) -> None:
    name = "docker-credential-ecr-login"
    # Go keeps what it has downloaded; only the program itself is built anew.
    env = {**ORIGINAL_ENVIRONMENT, "MIRRORGEN_CACHE_DIR": bare["MIRRORGEN_CACHE_DIR"]}
    result = mirrorgen(env, "tools", "install", name, "--force")
    assert result.returncode == 0, result.stderr
    path = tmp_path / "cache/bin" / name
    assert result.stdout == f"{name} 0.12.0 is at {path}\n"
    assert [entry.name for entry in path.parent.iterdir()] == [name]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (tmp_path / f"cache/built/{name}.sha256").read_text() == f"{digest}\n"

    again = mirrorgen(env, "tools", "install", name)
    assert (again.returncode, again.stdout, again.stderr) == (0, result.stdout, "")


def test_install_does_as_if_nothing_had_been_kept_by_go(bare: dict[str, str], tmp_path: Path) -> None:
    """Each of these settings alone would fail the build, or be a way into what is built."""
    ran = tmp_path / "ran"
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(f'#!/bin/sh\ntouch {ran}\nexec "$@"\n')
    wrapper.chmod(0o755)
    config = tmp_path / "config/go/env"
    config.parent.mkdir(parents=True)
    kept = {
        "GOFLAGS": f"-toolexec={wrapper} -modfile=/nowhere.mod -overlay=/nowhere.json",
        "GOPROXY": "off",
        "GOSUMDB": "off",
        "GONOSUMDB": "*",
        "GOINSECURE": "*",
        "GOTOOLCHAIN": "go1.99.0",
        "CC": str(wrapper),
        "CGO_ENABLED": "1",
    }
    config.write_text("".join(f"{name}={value}\n" for name, value in kept.items()))
    environ = {name: value for name, value in ORIGINAL_ENVIRONMENT.items() if not name.startswith("GO")}
    told = {**environ, "XDG_CONFIG_HOME": str(config.parent.parent)}
    shown = subprocess.run(["go", "env", "GOPROXY"], env={**told, "GOTOOLCHAIN": "local"}, **CAPTURED)
    assert shown.stdout == "off\n"
    result = mirrorgen(
        {**told, "MIRRORGEN_CACHE_DIR": bare["MIRRORGEN_CACHE_DIR"]}, "tools", "install", "regctl", "--force"
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == "building regctl 0.11.5 ...\n"
    assert not ran.exists()


def test_install_without_go(bare: dict[str, str], tmp_path: Path) -> None:
    bare["PATH"] = str(tmp_path)
    result = mirrorgen(bare, "tools", "install", "regctl")
    assert result.returncode == 4
    assert "Go is not on PATH" in result.stderr


def test_install_of_something_unknown(bare: dict[str, str]) -> None:
    result = mirrorgen(bare, "tools", "install", "regsink")
    assert result.returncode == 2
    assert "one of: regsync, regctl, docker-credential-ecr-login" in result.stderr
