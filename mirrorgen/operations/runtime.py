"""What a run needs from this machine: a usable list, its environment, and programs that are there and new enough."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.ecr.api import Holdings, ecr_client, held_tags
from mirrorgen.destinations.ecr.stored import stored_images, stored_repositories
from mirrorgen.destinations.stored import StoredImage, StoredRepository
from mirrorgen.errors import UsageError
from mirrorgen.model.images import Registry
from mirrorgen.rendering.files import render
from mirrorgen.rendering.regsync import CREDENTIAL_HELPER, ECR_PASSWORD_ENV
from mirrorgen.tools.regctl import Host, Regctl
from mirrorgen.tools.runner import ProcessRunner, Runner
from mirrorgen.tools.terraform import Terraform, module_problem, with_providers
from mirrorgen.tools.versions import Tool, bin_dir, find_tool, tool_specs

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient


@dataclass
class Runtime:
    """One run of the tools for one list.

    Attributes:
        root: the folder of the list, absolute: Terraform runs in another one.
        desired: what the list asks for.
        environ: the environment of this process.
        regsync_bin, terraform_bin: paths given on the command line.
        say: told what is going on, in plain sentences: some of it takes minutes.
        show_command: told the command line of each program before it starts.
    """

    root: Path
    desired: DesiredState
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    regsync_bin: Path | None = None
    terraform_bin: Path | None = None
    say: Callable[[str], None] = lambda _line: None
    show_command: Callable[[str], None] | None = None

    @cached_property
    def runner(self) -> Runner:
        """Runs programs, and keeps the values of credentials out of what is quoted from them."""
        names = [*self._credential_variables(), ECR_PASSWORD_ENV]
        secrets = frozenset(value for name in names if len(value := self.environ.get(name, "")) > 3)
        return ProcessRunner(secrets, self.show_command)

    @cached_property
    def files(self) -> dict[str, str | None]:
        """The generated files as the list wants them; see `mirrorgen.rendering.files.render`."""
        return render(self.desired)

    @cached_property
    def env(self) -> dict[str, str]:
        """The environment of the programs: ours, with the account and region of the list, and the cache on PATH."""
        env = dict(self.environ)
        # regsync looks for the credential helper on PATH only.
        helper = env.get(tool_specs()[CREDENTIAL_HELPER].variable)
        folders = [str(Path(helper).parent)] if helper and "/" in helper else []
        env["PATH"] = os.pathsep.join([*folders, str(bin_dir(env)), env.get("PATH", os.defpath)])
        if self.desired.target.region:
            env["AWS_REGION"] = self.desired.target.region
        return env

    def regsync(self) -> Tool:
        """Return regsync, after a look at all it will need.

        Raises:
            UsageError: a variable that its configuration names is not set.
            ToolUnusable: it, or the credential helper, is missing, too old or broken.
        """
        self._require({**self._credential_variables(), **self._target_variables()})
        tool = find_tool("regsync", self.runner, self.env, option=self.regsync_bin).usable()
        if self.desired.target.auth == "credential-helper":
            find_tool(CREDENTIAL_HELPER, self.runner, self.env).usable()
        return tool

    def regctl(self) -> Regctl:
        """Return regctl for the upstream registries.

        Raises:
            UsageError: a variable with credentials is not set.
            ToolUnusable: it is missing, too old or broken.
        """
        self._require(self._credential_variables())
        tool = find_tool("regctl", self.runner, self.env).usable()
        return Regctl(tool, self.runner, self.env, tuple(self._host(one) for one in self.desired.registries))

    def _host(self, registry: Registry) -> Host:
        names = registry.credentials
        return Host(
            name=registry.host,
            hostname=registry.hostname,
            tls=registry.tls,
            path_prefix=registry.path_prefix,
            username=self.environ[names.username_env] if names else None,
            password=self.environ[names.password_env] if names else None,
            requests_per_second=registry.requests_per_second,
        )

    def terraform(self) -> Terraform:
        """Return Terraform in the module beside the list.

        Raises:
            InputError: there is no module.
            ToolUnusable: Terraform is missing, too old or broken.
        """
        module = self.root / "terraform"
        problem = module_problem(module)
        if problem:
            raise problem
        tool = find_tool("terraform", self.runner, self.env, option=self.terraform_bin).usable()
        return Terraform(tool, module, self.runner, with_providers(self.env))

    def ecr(self) -> ECRClient:
        """Return a client for ECR.

        Raises:
            ToolUnusable: boto3 is not installed.
            UsageError: there are no AWS credentials, or no region.
        """
        return ecr_client(region=self.desired.target.region or self.environ.get("AWS_REGION"))

    def held_tags(self, desired: DesiredState | None = None) -> Holdings:
        """Ask ECR which tags the repositories of the list, or of a part of it, hold."""
        target = self.desired.target
        self.say("asking ECR which tags it holds")
        names = [repository.name for repository in (desired or self.desired).repositories]
        return held_tags(self.ecr(), names, account_id=target.account_id)

    def stored_images(self) -> Mapping[str, tuple[StoredImage, ...] | None]:
        """Ask ECR for every image that the repositories of the list hold."""
        target = self.desired.target
        self.say("asking ECR which images it holds")
        names = [repository.name for repository in self.desired.repositories]
        return stored_images(self.ecr(), names, account_id=target.account_id)

    def stored_repositories(self) -> Mapping[str, StoredRepository | None]:
        """Ask ECR for the settings of the repositories of the list."""
        self.say("asking ECR for the settings of the repositories")
        names = [repository.name for repository in self.desired.repositories]
        return stored_repositories(self.ecr(), names, account_id=self.desired.target.account_id)

    def _require(self, variables: Mapping[str, str]) -> None:
        missing = [f"{name} ({why})" for name, why in variables.items() if not self.environ.get(name)]
        if missing:
            raise UsageError(f"not set in the environment: {', '.join(missing)}", hint="set them and run again")

    def _target_variables(self) -> dict[str, str]:
        target = self.desired.target
        needed = {}
        if not target.account_id:
            needed["AWS_ACCOUNT_ID"] = "the list gives no target.account_id"
        if not target.region:
            needed["AWS_REGION"] = "the list gives no target.region"
        if target.auth == "environment":
            needed[ECR_PASSWORD_ENV] = "target.auth is environment"
        return needed

    def _credential_variables(self) -> dict[str, str]:
        return {
            name: f"credentials of {registry.host}"
            for registry in self.desired.registries
            if registry.credentials
            for name in (registry.credentials.username_env, registry.credentials.password_env)
        }
