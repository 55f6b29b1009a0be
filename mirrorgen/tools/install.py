"""Build the pinned programs with `go install`; Go's checksum database vouches for what it downloads."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mirrorgen.errors import ToolFailed, ToolUnusable
from mirrorgen.files import write_file
from mirrorgen.tools.built import bin_dir, cache_dir, digest_of, record_path
from mirrorgen.tools.environments import environment
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.searching import find_program
from mirrorgen.tools.versions import Found, ToolSpec, find_tool

GO_SETTINGS: Mapping[str, str] = {
    "GOSUMDB": "sum.golang.org",
    "GONOSUMDB": "",
    "GOPRIVATE": "",
    "GOINSECURE": "",
    "GOFLAGS": "",
}
"""What Go is told, whatever `go env -w` has kept, unless the environment says otherwise. Where modules come from
(`GOPROXY`) is Go's own setting: the checksum database vouches for them wherever that is."""


def install(spec: ToolSpec, runner: Runner, env: Mapping[str, str]) -> Found:
    """Build one program in its pinned version, put it into the cache folder in one step, and record its digest.

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
    go = find_program("go", env)
    if go is None:
        raise ToolUnusable("Go is not on PATH", hint="install Go 1.25 or later; it builds the pinned programs")
    target = bin_dir(env)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".build-") as folder:
        try:
            build_env = {**GO_SETTINGS, **environment("go", env), "GOBIN": folder, "CGO_ENABLED": "0"}
            # A go.mod of the current folder could name another toolchain.
            runner.run(install_argv(str(go), spec), env=build_env, cwd=Path(folder), timeout_s=1800.0)
        except ToolFailed as error:
            hint = "are a Go module proxy and the checksum database reachable? GOPROXY and GOSUMDB name others"
            raise ToolFailed(error.message, hint=hint) from error
        built = Path(folder) / spec.name
        # The record goes first: a program that is killed in between is built again, and never taken unseen.
        write_file(record_path(target / spec.name), f"{digest_of(built)}\n", project=cache_dir(env))
        built.replace(target / spec.name)
    return find_tool(spec.name, runner, env, option=target / spec.name)


def install_argv(go: str, spec: ToolSpec) -> list[str]:
    """Return the command line that builds a program."""
    flags = [f"-ldflags=-X {spec.version_variable}={spec.tested}"] if spec.version_variable else []
    return [go, "install", "-trimpath", *flags, f"{spec.module}@v{spec.tested}"]


def unchecked(env: Mapping[str, str]) -> list[str]:
    """Return the settings of the environment with which Go may take what the checksum database does not vouch for.

    Source: https://go.dev/ref/mod, "Environment variables".
    """
    off = env.get("GOSUMDB") == "off" or re.search(r"(^|\s)--?insecure\b", env.get("GOFLAGS", ""))
    named = [name for name in ("GOSUMDB", "GOFLAGS") if off and env.get(name)]
    return [f"{name}={env[name]}" for name in (*named, "GONOSUMDB", "GOPRIVATE", "GOINSECURE") if env.get(name)]
