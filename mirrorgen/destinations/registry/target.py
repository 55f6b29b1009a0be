"""A plain OCI registry as the target of a list: it needs no Terraform, as a push makes the repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mirrorgen.model.credentials import Credentials
from mirrorgen.model.images import Entry
from mirrorgen.model.references import MAX_NAME, is_host, is_path, normalize_host
from mirrorgen.model.targets import Generated, Provisioned, Settings, Target
from mirrorgen.problems import KeyPath, Problem


class NoSettings(Settings):
    """A repository of a plain registry has nothing to set."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoSettings)

    def __hash__(self) -> int:
        return hash(NoSettings)


@dataclass(frozen=True, slots=True)
class RegistryTarget(Target):
    """A registry with a host name.

    Attributes:
        name: host name, with a port if there is one.
        prefix: first path segments of every target repository; may be empty.
        names: of two environment variables to sign in with; without them Docker's own configuration is read.
        tls: `enabled`, `disabled` or `insecure`.
    """

    kind: ClassVar[str] = "registry"
    is_provisioned: ClassVar[bool] = False

    name: str
    prefix: str = ""
    names: Credentials | None = None
    tls: str = "enabled"

    @property
    def credentials(self) -> Credentials | None:
        """Names of variables to sign in with."""
        return self.names

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return self.name

    @property
    def host(self) -> str:
        """Host name of the registry."""
        return self.name

    @property
    def signs_in_with(self) -> tuple[str, ...]:
        """Names of variables to sign in with."""
        return self.credentials.names if self.credentials else ()

    def is_own(self, address: str) -> bool:
        """Whether the address is the registry's name, as it has no other."""
        return address == self.host

    def played_at(self, endpoint: str) -> None:
        """Return None: the emulator makes no repository with the first push."""

    def sign_in(self) -> dict[str, Any]:
        """Return what regsync's configuration says of the host, besides its name."""
        entry: dict[str, Any] = {}
        if self.credentials:
            entry["user"] = f'{{{{env "{self.credentials.username_env}"}}}}'
            entry["pass"] = f'{{{{env "{self.credentials.password_env}"}}}}'
        if self.tls != "enabled":
            entry["tls"] = self.tls
        return entry

    @property
    def variables(self) -> Mapping[str, str]:
        """Environment variables that must be set before anything runs, each with the reason."""
        if self.credentials is None:
            return {}
        return dict.fromkeys(self.credentials.names, f"credentials of {self.name}")

    @property
    def programs(self) -> tuple[str, ...]:
        """Programs that regsync needs to sign in: none, or those that Docker's configuration names."""
        return ()

    def name_trouble(self, name: str) -> str | None:
        """Say which names a registry takes, if it refuses this one for a repository."""
        if is_path(name) and len(self.name) + 1 + len(name) <= MAX_NAME:
            return None
        return "path segments of lower-case letters and digits, joined by `.`, `_`, `__` or `-`; 255 characters in all"

    def default_settings(self) -> NoSettings:
        """Return that there is nothing to set."""
        return NoSettings()

    def read_settings(self, base: Settings, data: Mapping[str, Any], path: KeyPath) -> tuple[Settings, list[Problem]]:
        """Refuse settings, which only ECR has."""
        if "ecr" not in data:
            return base, []
        hint = "remove it; only a target in ECR has these settings"
        message = f"`ecr` has no effect: the target is {self.name}, not ECR"
        return base, [Problem("settings-need-ecr", message, (*path, "ecr"), hint, on_key=True)]

    def write_settings(self, settings: Settings) -> dict[str, Any]:  # noqa: ARG002 - every kind is asked the same
        """Return no keys: there is nothing to set."""
        return {}

    @property
    def registry_settings(self) -> Mapping[str, str]:
        """Say which variables sign in."""
        return {"credentials": ", ".join(self.credentials.names)} if self.credentials else {}

    def document(self) -> dict[str, Any]:
        """Return what stands under `target` for this one."""
        document: dict[str, Any] = {"registry": f"{self.name}/{self.prefix}" if self.prefix else self.name}
        if self.credentials:
            document["credentials"] = self.credentials.document()
        if self.tls != "enabled":
            document["tls"] = self.tls
        return document

    def decide(self, entries: Sequence[Entry]) -> tuple[NoSettings, list[Problem]]:  # noqa: ARG002 - see above
        """Return that there is nothing to set."""
        return NoSettings(), []

    def generated(self, repositories: Sequence[Provisioned]) -> Mapping[str, Generated | None]:  # noqa: ARG002
        """Return no files: nothing describes the repositories of a plain registry."""
        return {}


UNNAMED = RegistryTarget("the registry")
"""What a list means that names a registry in a way nobody can read: enough to say what else is wrong with it."""


def parse_registry(text: str, path: KeyPath) -> tuple[RegistryTarget, list[Problem]]:
    """Parse a host name with the first path segments of every target repository behind it.

    Args:
        text: what the user wrote.
        path: where it stands, for the problem.

    Returns:
        The target, also where `text` names none, so that what else is wrong can be said.
    """
    host, _, prefix = text.partition("/")
    name = normalize_host(host)
    target = RegistryTarget(name or UNNAMED.name, prefix if is_path(prefix) else "")
    if name and is_host(name) and (is_path(prefix) or text == host):
        return target, []
    if "@" in text:
        # The text may hold a password, so it is not repeated.
        message, hint = "the registry carries a user name or password", "sign in with `credentials`"
    elif not text:
        message, hint = "no registry is named", "a host name and a path, without a scheme: harbor.example.com/mirror"
    elif name and not is_host(name):
        message = f"{host!r} would be read as a name on Docker Hub, not as a host"
        hint = "write the host name in full, or with a port: harbor.example.com/mirror"
    else:
        message = f"{text!r} is not a registry"
        hint = "a host name and a path, without a scheme: harbor.example.com/mirror"
    return target, [Problem("bad-reference", message, path, hint)]
