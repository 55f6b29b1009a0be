"""What a run has at hand: a usable list, its environment, the target it is bound to, and programs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.kinds import open_destination
from mirrorgen.destinations.port import Destination, Holdings
from mirrorgen.errors import InputError, UsageError
from mirrorgen.files import diff_files
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.credentials import Credentials
from mirrorgen.model.images import Registry
from mirrorgen.model.targets import Target
from mirrorgen.operations.logins import keep_logins
from mirrorgen.operations.stand_in import StandIn, process_environment
from mirrorgen.rendering import regsync
from mirrorgen.rendering.files import render
from mirrorgen.tools.built import bin_dir
from mirrorgen.tools.environments import environment
from mirrorgen.tools.helm import Helm
from mirrorgen.tools.regctl import Host, Regctl
from mirrorgen.tools.regsync import Regsync
from mirrorgen.tools.runner import ProcessRunner, Runner
from mirrorgen.tools.searching import outside, search_path
from mirrorgen.tools.secrets import Secrets
from mirrorgen.tools.terraform import Terraform, module_problem
from mirrorgen.tools.terraform_providers import with_providers
from mirrorgen.tools.terraform_targets import place_of
from mirrorgen.tools.toolbox import Toolbox
from mirrorgen.tools.versions import tool_specs


@dataclass
class Runtime:
    """One run of the tools for one list.

    Attributes:
        root: the folder of the list, absolute: Terraform runs in another one.
        desired: what the list asks for.
        left_alone: repositories of the list that this run does not look at.
        followers: other targets of the list, which ECR fills from this one.
        allowances: what the one who runs this allows the list to do with credentials.
        allowance: pulls of upstream registries that this run may make, by host; no limit for those that are left out.
        environ: the environment of this process.
        options: paths of programs given on the command line.
        say: told what is going on, in plain sentences: some of it takes minutes.
        warn: told what may go wrong.
        show_command: told the command line of each program before it starts.
        stand_in: what plays all that the run would reach. Only `listed` and the generated files say then what is real.
        listed: what the list asks for, wherever the run goes.
    """

    root: Path
    desired: DesiredState
    left_alone: frozenset[str] = frozenset()
    followers: tuple[Target, ...] = ()
    allowances: Allowances = field(default_factory=Allowances)
    allowance: Mapping[str, int] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    options: Mapping[str, Path | None] = field(default_factory=dict)
    say: Callable[[str], None] = lambda _line: None
    warn: Callable[[str], None] = lambda _message: None
    show_command: Callable[[str], None] | None = None
    stand_in: StandIn | None = None
    listed: DesiredState = field(init=False)

    def __post_init__(self) -> None:
        """Lead the whole run to the stand-in, if there is one: this is the only place that does.

        Raises:
            UsageError: it cannot play the target.
        """
        self.listed = self.desired
        if self.stand_in:
            self.environ = self.stand_in.environment(self.environ, without=self._credential_variables)
            self.desired = self.stand_in.plays(self.desired)
            self.allowance, self.followers = {}, ()

    @cached_property
    def runner(self) -> Runner:
        """Runs programs, and keeps the values of credentials out of what is quoted from them."""
        pairs = [(self._value(names.username_env), self._value(names.password_env)) for names in self._credentials()]
        users = {names.username_env for names in self._credentials()}
        alone = map(self._value, self.desired.target.variables.keys() - users)
        return ProcessRunner(Secrets.of(alone, pairs=pairs), self.show_command)

    @cached_property
    def files(self) -> dict[str, str | None]:
        """The generated files as the list wants them; see `mirrorgen.rendering.files.render`."""
        return render(self.listed)

    @cached_property
    def toolbox(self) -> Toolbox:
        """The programs, looked for in our environment with mirrorgen's cache on PATH."""
        path = f"{bin_dir(self.environ)}{os.pathsep}{search_path(self.environ)}"
        env = outside({**self.environ, "PATH": path}, around=self.root)
        return Toolbox(self.runner, env, self.options, around=self.root)

    @cached_property
    def destination(self) -> Destination:
        """The target, bound to the registry that is meant.

        Raises:
            UsageError: it is not clear which one, or the credentials belong to another account.
            ToolUnusable: a program or library that is needed is missing.
            ToolFailed: the registry cannot be asked who we are.
        """
        self._set(self.desired.target.variables)
        with process_environment(self.environ) if self.stand_in else nullcontext():
            return open_destination(self.desired.target, self.environ, say=self.say, regctl=self._target_regctl)

    @cached_property
    def workplace(self) -> Path:
        """The folder in which Terraform works: that of the list, or one that is the stand-in's."""
        return self.stand_in.workplace(self.root) if self.stand_in else self.root

    def held(self, desired: DesiredState) -> Holdings:
        """Ask the destination what it holds of a desired state."""
        return self.destination.held({repository.name: repository.tags for repository in desired.repositories})

    def require_rendered(self) -> None:
        """Make sure that the generated files on disk are what the list asks for.

        Raises:
            InputError: they are not.
        """
        if diff_files(self.root, self.files):
            raise InputError(
                "the generated files are not what the list asks for",
                hint="run `mirrorgen render` and look at the difference",
            )

    def require_copying(self, *others: str) -> None:
        """Make sure that images can be copied, or compared where ECR copies them, before anything takes its time.

        Args:
            others: programs that are needed besides.

        Raises:
            UsageError: a variable that regsync's configuration names is not set, or a login would be sent away.
            ToolUnusable: programs are missing, too old or broken; all of them are named.
        """
        self._set(self._credential_variables)
        keep_logins(self.desired, self.environ, self.allowances)
        copier = "regctl" if self.desired.target.replicated_from else "regsync"
        self.toolbox.require(copier, *self.desired.programs, *others)

    def regsync(self) -> Regsync:
        """Return regsync.

        Raises:
            UsageError: a login would be sent away.
            ToolUnusable: it is missing, too old or broken.
        """
        keep_logins(self.desired, self.environ, self.allowances)
        return Regsync(self.toolbox.get("regsync"), self.runner, self.regsync_environment())

    def regsync_environment(self) -> dict[str, str]:
        """Return the whole environment of regsync."""
        target = self.destination.target
        return environment(
            "regsync",
            {**self._bound_env, "PATH": self._path_of_regsync()},
            starts=self.desired.programs,
            hosts=[*([] if target.variables else [target.host]), *self._upstream_hosts],
            reads=self._credential_variables.keys() | self.destination.environment.keys(),
        )

    def regsync_config(self, desired: DesiredState) -> str:
        """Return regsync's configuration for a part of the desired state, with the target that was found.

        It says what `regsync.yaml` would say of that part; regsync reads JSON as the YAML that it is.
        """
        return json.dumps(regsync.document(replace(desired, target=self.destination.target)), ensure_ascii=False)

    def regctl(self) -> Regctl:
        """Return regctl for the upstream registries.

        Raises:
            UsageError: a variable with credentials is not set.
            ToolUnusable: it is missing, too old or broken.
        """
        self._set(self._upstream_variables())
        return self.regctl_at(*map(self._upstream, self.desired.registries))

    def regctl_at(self, *hosts: Host) -> Regctl:
        """Return regctl for registries, of which those that need settings are named.

        Raises:
            UsageError: a login would be sent away.
            ToolUnusable: it is missing, too old or broken.
        """
        keep_logins(self.desired, self.environ, self.allowances)
        asked = [*(host.name for host in hosts), *self._upstream_hosts]
        helpers = [name for host in hosts if (name := host.helper)]
        available = {**self._bound_env, "PATH": self._path_of_regsync()} if helpers else self.toolbox.env
        env = environment("regctl", available, starts=helpers, hosts=asked, credentials=self._credential_variables)
        return Regctl(self.toolbox.get("regctl"), self.runner, env, hosts)

    def terraform(self) -> Terraform:
        """Return Terraform in the module beside the list.

        Raises:
            InputError: there is no module.
            ToolUnusable: Terraform is missing, too old or broken.
        """
        problem = module_problem(self.root / "terraform")
        if problem:
            raise problem
        module = self.workplace / "terraform"
        available = with_providers(self._bound_env, around=self.root)
        env = environment("terraform", available, credentials=self._credential_variables)
        options = self.desired.target.terraform
        tool = self.toolbox.get("terraform")
        name = self.desired.target.list_name
        place = place_of(module, name) if name else None
        env = place.environment(env) if place else env
        return Terraform(tool, module, self.runner, env, options.parallelism, options.lock_timeout, place)

    def helm(self) -> Helm:
        """Return helm.

        Raises:
            ToolUnusable: it is missing, too old or broken.
        """
        return Helm(self.toolbox.get("helm"), self.runner, environment("helm", self.toolbox.env))

    @property
    def _bound_env(self) -> dict[str, str]:
        """The environment in which programs work at the registry that was found, and as whom that was asked."""
        kept = {name: value for name, value in self.toolbox.env.items() if name not in self.destination.displaced}
        return {**kept, **self.destination.environment}

    def _path_of_regsync(self) -> str:
        """With what signs it in, which it looks for there only: where a variable names it, the folder of that."""
        named = (self.toolbox.env.get(tool_specs()[name].variable, "") for name in self.desired.programs)
        folders = [str(Path(path).absolute().parent) for path in named if os.sep in path]
        return os.pathsep.join(filter(None, [*folders, self.toolbox.env.get("PATH")]))

    def _target_regctl(self) -> Regctl:
        target = self.desired.target
        tls = target.sign_in().get("tls", "enabled")
        return self.regctl_at(Host(target.host, tls=tls, **self._values(target.credentials)))

    @property
    def _upstream_hosts(self) -> list[str]:
        named = {entry.host for _, entry in self.desired.entries}
        return [*named, *(registry.hostname for registry in self.desired.registries if registry.hostname)]

    @property
    def _credential_variables(self) -> dict[str, str]:
        """Variables with credentials, and which of them each is."""
        return {**self._upstream_variables(), **self.desired.target.variables}

    def _upstream(self, registry: Registry) -> Host:
        return Host(
            name=registry.host,
            hostname=registry.hostname,
            tls=registry.tls,
            path_prefix=registry.path_prefix,
            requests_per_second=registry.requests_per_second,
            helper=registry.helper,
            **self._values(registry.credentials),
        )

    def _credentials(self) -> Iterator[Credentials]:
        """What signs in to a registry, by the names of its variables."""
        upstream = (registry.credentials for registry in self.desired.registries)
        yield from filter(None, (*upstream, self.desired.target.credentials))

    def _value(self, name: str) -> str:
        return self.environ.get(name, "")

    def _values(self, names: Credentials | None) -> dict[str, Any]:
        if names is None:
            return {}
        return {"username": self.environ[names.username_env], "password": self.environ[names.password_env]}

    def _set(self, variables: Mapping[str, str]) -> None:
        missing = [f"{name} ({why})" for name, why in variables.items() if not self.environ.get(name)]
        if missing:
            raise UsageError(f"not set in the environment: {', '.join(missing)}", hint="set them and run again")

    def _upstream_variables(self) -> dict[str, str]:
        return {
            name: f"credentials of {registry.host}"
            for registry in self.desired.registries
            if registry.credentials
            for name in registry.credentials.names
        }
