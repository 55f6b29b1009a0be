"""Terraform: the command lines, where its providers come from, and what a saved plan says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mirrorgen.errors import InputError, ToolUnusable
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.versions import Tool, cache_dir

PROVIDER = "registry.terraform.io/hashicorp/aws"
EXCLUSIONS_PROVIDER = (6, 8)
"""The first AWS provider that knows exclusion filters."""

REPOSITORY = "aws_ecr_repository"
PLAN_NO_CHANGES, PLAN_CHANGES = 0, 2


@dataclass(frozen=True, slots=True)
class Change:
    """What a plan does to one resource.

    Attributes:
        address: as Terraform writes it.
        resource_type: `aws_ecr_repository`, ...
        name: the repository concerned.
        action: `create`, `update`, `delete` or `replace`.
        fields: names of the attributes an update changes.
    """

    address: str
    resource_type: str
    name: str
    action: str
    fields: tuple[str, ...] = ()

    @property
    def destroys_repository(self) -> bool:
        """Whether images would be lost."""
        return self.resource_type == REPOSITORY and self.action in {"delete", "replace"}


@dataclass(frozen=True, slots=True)
class Terraform:
    """Terraform in one root module.

    Attributes:
        tool: the program.
        module: folder of the root module.
        runner: runs it.
        env: its whole environment.
    """

    tool: Tool
    module: Path
    runner: Runner
    env: Mapping[str, str]

    def init(self) -> None:
        """Install the providers.

        Raises:
            ToolFailed: a provider or the state's backend cannot be had.
        """
        self._run("init", "-input=false", "-no-color")

    def plan(self, plan_file: Path) -> bool:
        """Write a plan; return whether it changes anything.

        Raises:
            ToolFailed: Terraform refuses the module or cannot reach AWS.
        """
        completed = self.runner.run(
            self._argv("plan", "-input=false", "-no-color", "-detailed-exitcode", f"-out={plan_file}"),
            env=self.env,
            success_codes=(PLAN_NO_CHANGES, PLAN_CHANGES),
        )
        return completed.code == PLAN_CHANGES

    def show(self, plan_file: Path) -> list[Change]:
        """Return what a saved plan would do."""
        completed = self.runner.run(self._argv("show", "-json", "-no-color", str(plan_file)), env=self.env)
        return read_changes(completed.stdout)

    def apply(self, plan_file: Path) -> None:
        """Apply a saved plan, and only that.

        Raises:
            ToolFailed: Terraform failed, or the state has changed since the plan was made.
        """
        self._run("apply", "-input=false", "-no-color", str(plan_file))

    def provider_version(self) -> str | None:
        """Return the version of the AWS provider that `init` chose."""
        completed = self.runner.run(self._argv("version", "-json"), env=self.env)
        version: str | None = json.loads(completed.stdout).get("provider_selections", {}).get(PROVIDER)
        return version

    def require_exclusions(self) -> None:
        """Make sure that the provider knows exclusion filters.

        Raises:
            ToolUnusable: it does not.
        """
        version = self.provider_version()
        if version and tuple(int(part) for part in version.split(".")[:2]) < EXCLUSIONS_PROVIDER:
            hint = "run `terraform init -upgrade`, or use tag_mutability: mutable"
            raise ToolUnusable(
                f"AWS provider {version} does not know tag exclusion filters; 6.8 or later is needed", hint=hint
            )

    def _run(self, *arguments: str) -> None:
        self.runner.run(self._argv(*arguments), env=self.env)

    def _argv(self, *arguments: str) -> list[str]:
        return [str(self.tool.path), f"-chdir={self.module}", *arguments]


def read_changes(plan_json: str) -> list[Change]:
    """Read the output of `terraform show -json PLAN`, sorted by what is changed.

    Source: https://developer.hashicorp.com/terraform/internals/json-format, resource_changes.
    """
    changes = []
    for entry in json.loads(plan_json).get("resource_changes", []):
        change = entry["change"]
        action = _action(change["actions"])
        if entry.get("mode") != "managed" or action is None:
            continue
        before, after = change.get("before") or {}, change.get("after") or {}
        name = str(entry.get("index") or after.get("name") or before.get("name") or entry["address"])
        fields = tuple(sorted(key for key in after if before.get(key) != after.get(key))) if action == "update" else ()
        changes.append(Change(entry["address"], entry["type"], name, action, fields))
    return sorted(changes, key=lambda change: (change.name, change.resource_type))


def _action(actions: list[str]) -> str | None:
    if set(actions) == {"create", "delete"}:
        return "replace"
    return actions[0] if actions[0] in {"create", "update", "delete"} else None


def module_problem(module: Path) -> InputError | None:
    """Return why a folder is no root module, or None."""
    if any(module.glob("*.tf")):
        return None
    return InputError(
        f"{module} holds no Terraform module", hint=f"run `mirrorgen init {module.parent}` to put it there"
    )


def with_providers(env: Mapping[str, str]) -> dict[str, str]:
    """Return `env` with a CLI configuration that finds the AWS provider where no registry may be reachable.

    A configuration of the user's own is honoured. Otherwise, where a folder on this machine holds a mirror of the
    provider, a configuration naming it is written into the cache folder. `TF_CLI_CONFIG_FILE` naming a file that
    does not exist only makes Terraform warn, so it counts as not set.
    """
    result = dict(env)
    named = result.get("TF_CLI_CONFIG_FILE")
    if named and Path(named).is_file():
        return result
    result.pop("TF_CLI_CONFIG_FILE", None)
    home = Path(env.get("HOME") or Path.home())
    if (home / ".terraformrc").is_file():
        return result
    mirror = find_provider_mirror(home)
    if mirror is None:
        return result
    config = cache_dir(env) / "terraform.tfrc"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(provider_config(mirror), encoding="utf-8")
    result["TF_CLI_CONFIG_FILE"] = str(config)
    return result


def find_provider_mirror(home: Path, *, roots: tuple[Path, ...] | None = None) -> Path | None:
    """Return a folder that mirrors the AWS provider, from the usual system places."""
    if roots is None:
        roots = (Path("/usr/share/terraform"), Path("/usr/local/share/terraform"), *sorted(Path("/opt").glob("*")))
    terraform_d = home / ".terraform.d"
    for root in (*roots, terraform_d):
        for mirror in (root, root / "plugins", root / "providers"):
            if (mirror / PROVIDER).is_dir():
                return mirror
    return None


def provider_config(mirror: Path) -> str:
    """Return a Terraform CLI configuration that takes the AWS provider from a folder, all else as usual."""
    # JSON's strings are HCL's, but for ${ and %{.
    path = json.dumps(str(mirror)).replace("${", "$${").replace("%{", "%%{")
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path    = {path}\n"
        f'    include = ["{PROVIDER}"]\n'
        "  }\n"
        "  direct {\n"
        f'    exclude = ["{PROVIDER}"]\n'
        "  }\n"
        "}\n"
    )
