"""Terraform's lock file: one version of each provider, with checksums of the platforms that people and jobs use."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mirrorgen.errors import InputError, ToolFailed
from mirrorgen.files import read_file, write_files
from mirrorgen.tools.environments import environment
from mirrorgen.tools.runner import Completed, Runner
from mirrorgen.tools.versions import Tool

LOCK_FILE = ".terraform.lock.hcl"
PLATFORMS = ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64")
"""Jobs and people, on either kind of processor."""

CONFIG_VARIABLE = "TF_CLI_CONFIG_FILE"

_TIMEOUT_S = 1800.0
_READ = (".tf", ".tf.json", ".tofu", ".tofu.json", ".tftest.hcl", ".tftest.json", ".tofutest.hcl", ".tofutest.json")
"""How names end of what Terraform or OpenTofu reads to learn which providers a module needs."""


@dataclass(frozen=True, slots=True)
class LockedProvider:
    """A provider in a lock file.

    Attributes:
        address: `registry.terraform.io/hashicorp/aws`.
        version: the only one that is used.
        constraints: what the module asked for, as Terraform writes it.
    """

    address: str
    version: str
    constraints: str

    @property
    def is_bounded(self) -> bool:
        """Whether the module itself keeps out all later major versions."""
        return any(re.match(r"<|~>|=|[0-9]", part.strip()) for part in self.constraints.split(","))


def with_config(env: Mapping[str, str]) -> dict[str, str]:
    """Return `env` without `TF_CLI_CONFIG_FILE` where that names no file: Terraform would only warn."""
    named = env.get(CONFIG_VARIABLE)
    is_there = bool(named) and Path(str(named)).is_file()
    return {name: value for name, value in env.items() if name != CONFIG_VARIABLE or is_there}


def read_lock(module: Path) -> str | None:
    """Return the lock file of a module, None where there is none.

    Raises:
        InputError: it cannot be read, or is not what belongs in a project.
    """
    content = read_file(module / LOCK_FILE, project=module.parent)
    return None if content is None else content.decode("utf-8", "replace")


def locked_providers(text: str) -> tuple[LockedProvider, ...]:
    """Return the providers of a lock file, which Terraform alone writes.

    Source: https://developer.hashicorp.com/terraform/language/files/dependency-lock
    """
    found = []
    for block in re.finditer(r'^provider "([^"]+)" \{\n(.*?)^\}', text, re.DOTALL | re.MULTILINE):
        said = dict(re.findall(r'^  (\w+) *= "([^"]*)"$', block[2], re.MULTILINE))
        found.append(LockedProvider(block[1], said.get("version", ""), said.get("constraints", "")))
    return tuple(found)


def unbounded(text: str) -> tuple[LockedProvider, ...]:
    """Return the providers of a lock file of which the module would take any later major version."""
    return tuple(provider for provider in locked_providers(text) if not provider.is_bounded)


def lock_hint(said: str) -> str:
    """Return what to do where `terraform init` failed because of the lock file; nothing where it was something else.

    Args:
        said: what it said, in lines of any length.
    """
    text = " ".join(re.sub(r"[│╷╵]", " ", said).split())
    for sign, (trouble, option) in _TROUBLES.items():
        if sign in text:
            command = f"run `mirrorgen tools lock{option}` and commit what it writes"
            return f"{LOCK_FILE} {trouble}: {command}, or remove the file where it is not committed"
    return ""


_TROUBLES: Mapping[str, tuple[str, str]] = {
    "checksums previously recorded in the dependency lock file": ("has no checksum for this platform", ""),
    "Provider dependency changes detected": ("lacks a provider of the module", ""),
    "locked provider": ("has a version that the module does not allow", " --upgrade"),
}
"""What Terraform and OpenTofu say where a lock file does not fit, and what that means."""


def lock_providers(
    tool: Tool,
    module: Path,
    runner: Runner,
    env: Mapping[str, str],
    *,
    mirror: str | None = None,
    upgrade: bool = False,
    say: Callable[[str], None] = lambda _line: None,
) -> str | None:
    """Let Terraform write the lock file of a module for all of `PLATFORMS`, or leave it as it is.

    Terraform works on a copy and adds one platform after the other, so that it is known which cannot be had.

    Args:
        tool: Terraform or OpenTofu.
        module: the root module, in the folder of the list.
        runner: runs the tool.
        env: the environment to choose from.
        mirror: where the providers are taken from instead of their own registry: a folder, or an address.
        upgrade: whether to take the newest versions that the module allows, instead of those in the lock file.
        say: told each platform before its provider is downloaded.

    Returns:
        What was written; None if it was so already.

    Raises:
        InputError: the module cannot be copied, or its lock file cannot be written.
        ToolFailed: the providers of a platform cannot be had; nothing has changed.
    """
    before = read_lock(module)
    with tempfile.TemporaryDirectory(prefix="mirrorgen-lock-") as folder:
        files = dict(_module_files(module))
        if before is not None and not upgrade:
            files[LOCK_FILE] = before
        write_files(Path(folder), {f"terraform/{name}": text for name, text in files.items()})
        copy = Path(folder) / "terraform"
        _write_lock(
            _Locking(tool, copy, runner, environment("terraform providers lock", with_config(env))),
            _source(mirror),
            say,
        )
        after = read_lock(copy)
    if after is None:
        raise InputError(f"the module in {module} needs no provider")
    changed = write_files(module.parent, {f"{module.name}/{LOCK_FILE}": after})
    return after if changed else None


@dataclass(frozen=True, slots=True)
class _Locking:
    tool: Tool
    module: Path
    runner: Runner
    env: Mapping[str, str]

    def run(self, *arguments: str) -> Completed:
        argv = [str(self.tool.path), f"-chdir={self.module}", *arguments]
        return self.runner.run(argv, env=self.env, success_codes=None, timeout_s=_TIMEOUT_S)


def _write_lock(locking: _Locking, source: list[str], say: Callable[[str], None]) -> None:
    modules = locking.run("get", "-no-color")
    if modules.code:
        raise modules.failure()
    failed: dict[str, Completed] = {}
    for platform in PLATFORMS:
        say(f"terraform providers lock -platform={platform}")
        done = locking.run("providers", "lock", "-no-color", *source, f"-platform={platform}")
        if done.code:
            failed[platform] = done
    if failed:
        first = next(iter(failed.values()))
        hint = "where the registry cannot be reached, --mirror names a folder or an address that has these platforms"
        message = f"cannot get the providers for {', '.join(failed)}; nothing was written\n{first.describe()}"
        raise ToolFailed(message, hint=hint)


def _source(mirror: str | None) -> list[str]:
    if mirror is None:
        return []
    if re.match(r"https?://", mirror):
        return [f"-net-mirror={mirror}"]
    return [f"-fs-mirror={Path(mirror).absolute()}"]


def _module_files(module: Path) -> Iterator[tuple[str, str]]:
    """The name and text of each file that Terraform reads, those of modules below among them."""
    for folder, folders, names in os.walk(module):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if name.endswith(_READ) and (content := read_file(path, project=module.parent)) is not None:
                yield path.relative_to(module).as_posix(), content.decode("utf-8")


def describe_lock(text: str) -> str:
    """Return which versions a lock file has, in a sentence."""
    said = ", ".join(f"{provider.address} {provider.version}" for provider in locked_providers(text))
    return f"{said}, for {', '.join(PLATFORMS)}"
