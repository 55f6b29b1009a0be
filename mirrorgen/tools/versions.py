"""Which programs are needed, in which version, and where they are found."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mirrorgen.errors import ToolFailed, ToolUnusable, UsageError
from mirrorgen.resources import resource
from mirrorgen.tools.built import bin_dir, changed_since_built
from mirrorgen.tools.environments import environment
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.searching import find_program, named_program, outside

PROBE_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What is known about a program: see versions.toml.

    One that is optional is needed by few: nobody is told to install it who does not ask for what it does.
    """

    name: str
    minimum: str
    tested: str
    probe: tuple[str, ...]
    module: str | None = None
    version_variable: str | None = None
    archive_sha256: str | None = None
    is_optional: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that names the program's path."""
        return f"MIRRORGEN_{self.name.upper().replace('-', '_')}"


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that was found, in a version that is accepted."""

    spec: ToolSpec
    path: Path
    version: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a look for a program gave: its path and version, or why it cannot be used."""

    spec: ToolSpec
    path: Path | None
    version: str
    trouble: str

    def usable(self) -> Tool:
        """Return the program.

        Raises:
            ToolUnusable: it is missing, too old or broken.
        """
        if self.path is None or self.trouble:
            raise ToolUnusable(f"{self.spec.name}: {self.trouble}", hint=remedy(self.spec))
        return Tool(self.spec, self.path, self.version)


@cache
def tool_specs() -> Mapping[str, ToolSpec]:
    """Return every program that mirrorgen drives, by name."""
    data = tomllib.loads(resource("tools/versions.toml").read_text(encoding="utf-8"))
    return {name: ToolSpec(name=name, **{**entry, "probe": tuple(entry["probe"])}) for name, entry in data.items()}


def find_tool(
    name: str, runner: Runner, env: Mapping[str, str], *, option: Path | None = None, around: Path | None = None
) -> Found:
    """Look for a program: the option, the environment variable, the cache folder, PATH; the first place counts.

    The cache folder and those of PATH count only outside of the project.

    Args:
        name: a name from versions.toml.
        runner: runs the program to ask its version.
        env: the environment to search.
        option: a path given on the command line.
        around: the folder of the list; that of the user counts always.

    Raises:
        UsageError: the option or the variable names something that is not there.
    """
    spec = tool_specs()[name]
    env = outside(env, around=around)
    path = _locate(spec, env, option, around)
    if path is None:
        return Found(spec, None, "", "not found")
    if spec.module and changed_since_built(path, env):
        return Found(spec, path, "", f"{path} is not what `mirrorgen tools install` has put there")
    try:
        completed = runner.run([str(path), *spec.probe], env=environment(name, env), timeout_s=PROBE_TIMEOUT_S)
    except (ToolFailed, ToolUnusable) as error:
        return Found(spec, path, "", f"{path} does not work: {error.message.splitlines()[0]}")
    match = re.search(r"(?<![0-9.])v?(\d+\.\d+\.\d+)", completed.stdout)
    if match is None:
        return Found(spec, path, "", f"{path} does not tell its version; {spec.minimum} or later is needed")
    version = match.group(1)
    if _key(version) < _key(spec.minimum):
        return Found(spec, path, version, f"{path} is version {version}; {spec.minimum} or later is needed")
    return Found(spec, path, version, "")


def remedy(spec: ToolSpec) -> str:
    """Return what a user can do about a missing or old program."""
    if spec.module:
        return f"run `mirrorgen tools install {spec.name}`, or name the program's path in {spec.variable}"
    return f"install {spec.name} {spec.minimum} or later, or name its path in {spec.variable}"


def _locate(spec: ToolSpec, env: Mapping[str, str], option: Path | None, around: Path | None) -> Path | None:
    given = str(option) if option else env.get(spec.variable)
    if given:
        found = named_program(given, env, around=around)
        if found is None:
            raise UsageError(f"{given} is not a program that can be run", hint=f"it was named for {spec.name}")
        return found
    built = bin_dir(env)
    return find_program(spec.name, {**env, "PATH": f"{built}{os.pathsep}{env['PATH']}"}, around=around)


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
