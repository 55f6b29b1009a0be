"""What every kind of target has to answer before anything is asked: names, settings, how its registry is reached."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mirrorgen.model.allowances import Way
from mirrorgen.model.credentials import Credentials
from mirrorgen.problems import KeyPath, Problem

if TYPE_CHECKING:
    from mirrorgen.model.images import Entry


@dataclass(frozen=True, slots=True)
class TerraformOptions:
    """How Terraform makes what a target needs.

    Attributes:
        parallelism: how many resources it works on at once.
        lock_timeout: how long it waits for somebody else to let go of the state, as `5m`.
        prevent_destroy: whether it refuses to plan that a repository goes.
    """

    parallelism: int = 30
    lock_timeout: str = "5m"
    prevent_destroy: bool = False


class Settings:
    """What is asked of a target repository; only its own kind of target looks inside."""

    __slots__ = ()


class Target(ABC):
    """The registry that receives the images, as a list names it.

    Attributes:
        kind: how the list says which kind it is.
        is_provisioned: whether a repository must exist before the first push, so that Terraform makes it.
        prefix: first path segments of every target repository; may be empty.
    """

    __slots__ = ()

    kind: ClassVar[str]
    is_provisioned: ClassVar[bool]
    prefix: str

    @property
    def list_name(self) -> str:
        """What a list with several targets calls it; otherwise nothing."""
        return ""

    @property
    def replicated_from(self) -> Target | None:
        """The target whose registry fills this one by itself; None where regsync does."""
        return None

    @property
    @abstractmethod
    def credentials(self) -> Credentials | None:
        """Names of variables to sign in with, where the list gives them for the target."""

    @property
    def terraform(self) -> TerraformOptions:
        """How Terraform makes the repositories, where it does."""
        return TerraformOptions()

    @property
    @abstractmethod
    def label(self) -> str:
        """What it is called in a sentence."""

    @property
    @abstractmethod
    def host(self) -> str:
        """Host name of the registry; what the list leaves out, regsync fills in when it runs."""

    def named(self, environ: Mapping[str, str]) -> Target:  # noqa: ARG002 - a host name leaves nothing open
        """Return the target with what the list leaves out, as the environment says it.

        Raises:
            UsageError: the environment does not say it.
        """
        return self

    @property
    def identity(self) -> Mapping[str, str]:
        """What tells the registry from every other, by name."""
        return {"registry": self.host}

    @property
    def address(self) -> str:
        """Host name that requests go to, with a port where it is not the usual one."""
        return str(self.sign_in().get("hostname", self.host))

    def is_called(self, host: str) -> bool:
        """Whether images that are named with this host, in small letters, are those of the registry."""
        return host == self.host

    @property
    def manifests_per_second(self) -> int | None:
        """How many manifests it takes, from everybody together; None where no limit is known."""
        return None

    @property
    @abstractmethod
    def signs_in_with(self) -> tuple[str, ...]:
        """Names by which the one who runs mirrorgen allows what signs in to go to another address."""

    @abstractmethod
    def is_own(self, address: str) -> bool:
        """Whether requests to this address reach the registry and nobody else, as far as its name can tell."""

    @property
    def way(self) -> Way:
        """The way that its credentials take."""
        return Way(self.label, self.address, self.sign_in().get("tls", "enabled"), self.is_own(self.address))

    @abstractmethod
    def played_at(self, endpoint: str) -> Target | None:
        """Return the target as an emulator at an address plays it; None where none can."""

    @abstractmethod
    def sign_in(self) -> dict[str, Any]:
        """Return what regsync's configuration says of the host, besides its name."""

    @property
    def signs_in_once(self) -> bool:
        """Whether what signs in to it is in a variable that has no room for a second registry."""
        return False

    @property
    @abstractmethod
    def variables(self) -> Mapping[str, str]:
        """Environment variables that must be set before anything runs, each with the reason."""

    @property
    @abstractmethod
    def programs(self) -> tuple[str, ...]:
        """Programs that regsync needs to sign in."""

    @abstractmethod
    def name_trouble(self, name: str) -> str | None:
        """Say which names the registry takes, if it refuses this one for a repository."""

    def name_doubt(self, name: str) -> str | None:  # noqa: ARG002 - most registries leave none
        """Say what speaks against a name that the registry is said to take, if anything does."""
        return None

    @abstractmethod
    def default_settings(self) -> Settings:
        """Return the settings of a repository for which a list asks nothing."""

    @abstractmethod
    def read_settings(self, base: Settings, data: Mapping[str, Any], path: KeyPath) -> tuple[Settings, list[Problem]]:
        """Merge what a list says of settings into `base`, key by key.

        Args:
            base: what holds where the list says nothing.
            data: `defaults`, or an entry, as the check of the shape left it.
            path: where it stands.

        Returns:
            The settings, and what is wrong with them.
        """

    @abstractmethod
    def write_settings(self, settings: Settings) -> dict[str, Any]:
        """Return the keys of an entry that `read_settings` reads as these settings."""

    def who_may_pull(self, settings: Settings) -> str:  # noqa: ARG002 - not every registry lets a list say it
        """Say who may pull by what a list asks for, besides those who own the registry; nothing for nobody else."""
        return ""

    @property
    def registry_settings(self) -> Mapping[str, str]:
        """What a list asks for beyond where the registry is and what its repositories are, in words, by key."""
        return {}

    @abstractmethod
    def document(self) -> dict[str, Any]:
        """Return what stands under `target` for this one."""

    @abstractmethod
    def decide(self, entries: Sequence[Entry]) -> tuple[Settings, list[Problem]]:
        """Decide the settings of a repository from what the entries that fill it ask for.

        Returns:
            The settings, and what speaks against what was asked.
        """

    @abstractmethod
    def generated(self, repositories: Sequence[Provisioned]) -> Mapping[str, Generated | None]:
        """Return the files that describe its repositories, by name; None for one that must not exist.

        Args:
            repositories: name, sources and decided settings of each.
        """


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A repository as the files of its target describe it: its name, what fills it, and the decided settings."""

    name: str
    sources: tuple[str, ...]
    settings: Settings


@dataclass(frozen=True, slots=True)
class Generated:
    """A generated file: its template, and the data that the rendered text must say; None for one without any."""

    template: str
    document: Mapping[str, Any] | None
