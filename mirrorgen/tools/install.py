"""Build the pinned programs with `go install`; Go's checksum database vouches for what it downloads."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mirrorgen.errors import ToolFailed, ToolUnusable
from mirrorgen.files import write_file
from mirrorgen.tools.built import bin_dir, cache_dir, digest_of, record_path, safe_cache_dir
from mirrorgen.tools.checkouts import checkouts, is_in
from mirrorgen.tools.environments import environment
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.searching import find_program, outside
from mirrorgen.tools.versions import Found, ToolSpec, find_tool

GO_SETTINGS: Mapping[str, str] = {
    # What `go env -w` has kept is not read.
    "GOENV": "off",
    # What Go's own file (GOROOT/go.env) has is overruled: an empty value would not do that.
    "GOFLAGS": "-trimpath",
    "GOSUMDB": "sum.golang.org",
    # A go.work above the cache could name another toolchain.
    "GOWORK": "off",
    "CGO_ENABLED": "0",
}
"""What Go is told, unless the environment says otherwise. Where modules come from (`GOPROXY`) is Go's own setting: the
checksum database vouches for them wherever that is."""

_DECIDING = ("GOENV", "GOFLAGS", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOINSECURE", "GOROOT", "GOCACHEPROG")
_SUM_DATABASES = ("sum.golang.org", "sum.golang.google.cn")
_HARMLESS_FLAG = re.compile(r"--?(?:buildvcs|modcacherw|p|trimpath|v|work|x)(?:=|$)")


def install(spec: ToolSpec, runner: Runner, env: Mapping[str, str]) -> Found:
    """Build one program in its pinned version, put it into the cache folder in one step, and record its digest.

    Returns:
        The program as it is found afterwards.

    Raises:
        ToolUnusable: Go is missing, or this program is not one that can be built.
        ToolFailed: the build failed.
        UsageError: the cache folder is in the project.
    """
    if spec.module is None:
        raise ToolUnusable(
            f"{spec.name} cannot be built by mirrorgen", hint=f"install {spec.name} {spec.minimum} or later"
        )
    go = find_program("go", env)
    if go is None:
        raise ToolUnusable("Go is not on PATH", hint="install Go 1.25 or later; it builds the pinned programs")
    target = safe_cache_dir(env) / bin_dir(env).name
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".build-") as folder:
        try:
            # A go.mod of the current folder could name another toolchain.
            runner.run(
                install_argv(str(go), spec),
                env={**go_environment(env), "GOBIN": folder},
                cwd=Path(folder),
                timeout_s=1800.0,
            )
        except ToolFailed as error:
            hint = (
                "are a Go module proxy and the checksum database reachable? GOPROXY and GOSUMDB in the environment "
                "name others; what `go env -w` has kept is not read"
            )
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


def go_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of Go: ours where it says something, but for what leads into the project."""
    given = {name: value for name, value in environment("go", outside(env)).items() if value}
    led_astray = leading_into_project(env)
    return {**GO_SETTINGS, **{name: value for name, value in given.items() if name not in led_astray}}


def leading_into_project(env: Mapping[str, str]) -> list[str]:
    """Return the settings of Go that name something in the project, as a branch may have made it.

    Such as GOMODCACHE: sources that are there already are not compared with the checksum database. With what GOPROXY
    names all is compared.
    """
    projects = checkouts(env)
    return sorted(
        name
        for name, value in env.items()
        if name.startswith("GO") and name != "GOPROXY" and any(is_in(Path(part), projects) for part in _paths(value))
    )


def unchecked(env: Mapping[str, str]) -> list[str]:
    """Return the settings of the environment with which Go may build what the checksum database does not vouch for.

    Source: https://go.dev/ref/mod, "Environment variables", and `go help environment`.
    """
    told = go_environment(env)
    return [f"{name}={told[name]}" for name in _DECIDING if name in told and not _is_harmless(name, told[name])]


def _is_harmless(name: str, value: str) -> bool:
    if name == "GOFLAGS":
        return all(map(_HARMLESS_FLAG.match, value.split()))
    if name == "GOSUMDB":
        return value.split()[:1] in [[database] for database in _SUM_DATABASES]
    return value == GO_SETTINGS.get(name)


def _paths(value: str) -> list[str]:
    """The paths in a setting: it is one, or several, or has one behind a flag; `GOPATH`, `-modfile=...`."""
    return [part for part in re.split(r"[\s=:,]", value) if os.path.isabs(part)]  # noqa: PTH117 - of text
