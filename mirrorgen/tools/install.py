"""Build the pinned programs with `go install`; Go's checksum database vouches for what it downloads."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mirrorgen.errors import ToolFailed, ToolUnusable
from mirrorgen.tools.environments import environment
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.versions import Found, ToolSpec, bin_dir, find_tool


def install(spec: ToolSpec, runner: Runner, env: Mapping[str, str]) -> Found:
    """Build one program in its pinned version and put it into the cache folder, in one step.

    Returns:
        The program as it is found afterwards.

    Raises:
        ToolUnusable: Go is missing, or this program is not one that can be built.
        ToolFailed: the build failed.
    """
    if spec.module is None:
        raise ToolUnusable(
            f"{spec.name} cannot be built by mirrorgen", hint=f"install {spec.name} {spec.minimum} or later"
        )
    go = shutil.which("go", path=env.get("PATH", os.defpath))
    if go is None:
        raise ToolUnusable("Go is not on PATH", hint="install Go 1.25 or later; it builds the pinned programs")
    target = bin_dir(env)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".build-") as folder:
        try:
            build_env = {**environment("go", env), "GOBIN": folder, "CGO_ENABLED": "0"}
            runner.run(install_argv(go, spec), env=build_env, timeout_s=1800.0)
        except ToolFailed as error:
            raise ToolFailed(error.message, hint="is a Go module proxy reachable? GOPROXY names another one") from error
        (Path(folder) / spec.name).replace(target / spec.name)
    return find_tool(spec.name, runner, env, option=target / spec.name)


def install_argv(go: str, spec: ToolSpec) -> list[str]:
    """Return the command line that builds a program."""
    flags = [f"-ldflags=-X {spec.version_variable}={spec.tested}"] if spec.version_variable else []
    return [go, "install", "-trimpath", *flags, f"{spec.module}@v{spec.tested}"]
