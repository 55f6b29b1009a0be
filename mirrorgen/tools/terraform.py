"""Terraform: the command lines, and what a saved plan says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mirrorgen.errors import InputError, ToolUnusable
from mirrorgen.tools.already_exists import AlreadyExists, existing_addresses
from mirrorgen.tools.plan_messages import complaints, plan_document
from mirrorgen.tools.provider_lock import lock_hint, read_lock, unbounded
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.terraform_targets import TargetPlace, migration_hint
from mirrorgen.tools.versions import Tool

PROVIDER = "registry.terraform.io/hashicorp/aws"
EXCLUSIONS_PROVIDER = (6, 8)
"""The first AWS provider that knows exclusion filters."""

REPOSITORY = "aws_ecr_repository"

# https://developer.hashicorp.com/terraform/cli/commands/plan#detailed-exitcode
_NOTHING_TO_DO, _SOMETHING_TO_DO = 0, 2


@dataclass(frozen=True, slots=True)
class Change:
    """What a plan does to one resource, or to what Terraform's state says of it.

    Attributes:
        address: as Terraform writes it.
        resource_type: `aws_ecr_repository`, ...
        name: the repository concerned.
        action: `create`, `update`, `delete`, `replace`, `forget` for leaving the state but not AWS, or `no-op`; the
            actions that Terraform names, joined by `/`, where they are none of these.
        fields: names of the attributes that an update changes, or that cannot be changed without replacing it.
        import_id: of what the state takes in as it is; otherwise nothing.
        moved_from: the address that the state has now, where it changes; otherwise nothing.
    """

    address: str
    resource_type: str
    name: str
    action: str
    fields: tuple[str, ...] = ()
    import_id: str = ""
    moved_from: str = ""

    @property
    def is_repository(self) -> bool:
        """Whether it is about a repository itself."""
        return self.resource_type == REPOSITORY

    @property
    def makes_anew(self) -> bool:
        """Whether it makes something that Terraform's state does not have, and does not take in either."""
        return self.action == "create" and not self.import_id

    @property
    def destroys_repository(self) -> bool:
        """Whether images would be lost."""
        return self.is_repository and (self.action == "replace" or "delete" in self.action.split("/"))


@dataclass(frozen=True, slots=True)
class TerraformPlan:
    """What a saved plan would do.

    Attributes:
        changes: to resources, sorted by what is changed.
        outputs: names of output values that change.
        is_applicable: whether applying it does anything, be it to the state alone.
    """

    changes: tuple[Change, ...] = ()
    outputs: tuple[str, ...] = ()
    is_applicable: bool = False


@dataclass(frozen=True, slots=True)
class Terraform:
    """Terraform in one root module.

    Attributes:
        tool: the program.
        module: folder of the root module.
        runner: runs it.
        env: its whole environment.
        parallelism: how many resources it works on at once.
        lock_timeout: how long it waits for somebody else to let go of the state, as `5m`.
        place: of one of several targets, in whose environment it runs; None for the only one.
    """

    tool: Tool
    module: Path
    runner: Runner
    env: Mapping[str, str]
    parallelism: int = 30
    lock_timeout: str = "5m"
    place: TargetPlace | None = None

    def init(self) -> tuple[str, ...]:
        """Install the providers; where there is a lock file, in exactly its versions.

        Returns:
            Addresses of providers of which any later major version could have been taken.

        Raises:
            InputError: the lock file is not what belongs in a project.
            ToolFailed: a provider or the state's backend cannot be had, or the lock file does not have the provider.
        """
        is_locked = read_lock(self.module) is not None
        options = [*(["-lockfile=readonly"] if is_locked else []), *(self.place.init_options if self.place else ())]
        argv = self._argv("init", "-input=false", "-no-color", *options)
        env = self.place.init_environment(self.env) if self.place else self.env
        completed = self.runner.run(argv, env=env, success_codes=None)
        if completed.code:
            hint = lock_hint(completed.stderr) if is_locked else ""
            raise completed.failure(hint=hint or migration_hint(completed.stderr, self.place))
        return () if is_locked else tuple(provider.address for provider in unbounded(read_lock(self.module) or ""))

    def plan(self, plan_file: Path, *, variables: Path | None = None, addresses: Sequence[str] = ()) -> TerraformPlan:
        """Write a plan, and return what it would do: to all, or where addresses are given, to these resources alone.

        A file of variables stands for those beside the module that have the same names.

        Raises:
            ToolFailed: Terraform refuses the module or cannot reach AWS.
        """
        given = [*(self.place.plan_options if self.place else ()), *([f"-var-file={variables}"] if variables else [])]
        part = [f"-target={address}" for address in addresses]
        argv = self._argv("plan", "-json", *self._settings, *given, "-detailed-exitcode", f"-out={plan_file}", *part)
        completed = self.runner.run(argv, env=self.env, success_codes=None)
        if completed.code not in (_NOTHING_TO_DO, _SOMETHING_TO_DO):
            raise replace(completed, stdout="", stderr=complaints(completed.stdout) + completed.stderr).failure()
        # To read a plan takes a start of the provider.
        document = plan_document(completed.stdout) if completed.code else {}
        return self.show(plan_file) if document is None else read_plan(document)

    def show(self, plan_file: Path) -> TerraformPlan:
        """Return what a saved plan would do.

        Raises:
            ToolFailed: it is no plan, or one of another version of Terraform.
        """
        completed = self.runner.run(self._argv("show", "-json", "-no-color", str(plan_file)), env=self.env)
        return read_plan(json.loads(completed.stdout))

    def apply(self, plan_file: Path) -> None:
        """Apply a saved plan, and only that.

        Raises:
            AlreadyExists: repositories that were to be created are there already.
            ToolFailed: Terraform failed, or the state has changed since the plan was made.
        """
        argv = self._argv("apply", *self._settings, str(plan_file))
        completed = self.runner.run(argv, env=self.env, success_codes=None)
        addresses = existing_addresses(completed.stderr) if completed.code else ()
        if addresses:
            raise AlreadyExists(completed.failure().message, addresses)
        if completed.code:
            raise completed.failure()

    def keeps_state_in_file(self) -> bool:
        """Whether the state is a file on this machine, as `init` has set it up."""
        # `init` keeps there which backend it has set up, if there is one.
        found = self.module / self.env.get("TF_DATA_DIR", ".terraform") / "terraform.tfstate"
        try:
            backend = json.loads(found.read_text(encoding="utf-8"))["backend"]["type"]
        except (OSError, ValueError, KeyError, TypeError):
            return True
        return bool(backend == "local")

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

    @property
    def _settings(self) -> tuple[str, ...]:
        return (
            "-input=false",
            "-no-color",
            f"-parallelism={self.parallelism}",
            f"-lock-timeout={self.lock_timeout}",
        )

    def _argv(self, *arguments: str) -> list[str]:
        return [str(self.tool.path), f"-chdir={self.module}", *arguments]


def read_plan(data: Mapping[str, Any]) -> TerraformPlan:
    """Read what `terraform show -json PLAN` prints.

    Source: https://developer.hashicorp.com/terraform/internals/json-format, plan representation.
    """
    changes = [change for entry in data.get("resource_changes", []) if (change := _read_change(entry))]
    outputs = [name for name, change in data.get("output_changes", {}).items() if change["actions"] != ["no-op"]]
    # OpenTofu, and Terraform before 1.8, do not say it themselves.
    is_applicable = data.get("applyable", bool(changes or outputs))
    ordered = sorted(changes, key=lambda change: (change.name, change.resource_type))
    return TerraformPlan(tuple(ordered), tuple(sorted(outputs)), is_applicable)


def _read_change(entry: Mapping[str, Any]) -> Change | None:
    change = entry["change"]
    action = _action(change["actions"])
    import_id = str((change.get("importing") or {}).get("id", ""))
    moved_from = entry.get("previous_address", "")
    if entry.get("mode") != "managed" or (action == "no-op" and not import_id and not moved_from):
        return None
    before, after = change.get("before") or {}, change.get("after") or {}
    # What the module makes has the name of its repository as its key; a number is no name.
    key = entry["index"] if isinstance(entry.get("index"), str) else ""
    name = str(key or after.get("name") or before.get("name") or entry["address"])
    fields = []
    if action == "update":
        fields = [key for key in after if before.get(key) != after.get(key)]
    elif action == "replace":
        fields = [str(path[0]) for path in change.get("replace_paths", [])]
    return Change(entry["address"], entry["type"], name, action, tuple(sorted(set(fields))), import_id, moved_from)


def _action(actions: list[str]) -> str:
    return "replace" if set(actions) == {"create", "delete"} else "/".join(actions)


def hcl_string(text: str) -> str:
    """Return text as a string of HCL: JSON's strings are HCL's, but for the beginnings of templates."""
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")


def module_problem(module: Path) -> InputError | None:
    """Return why a folder is no root module, or None."""
    if any(module.glob("*.tf")):
        return None
    return InputError(
        f"{module} holds no Terraform module",
        hint=f"run `mirrorgen init {module.parent} --provider none` to put it there",
    )
