"""Which variables a list may sign in with, and to where: what anyone may write, and what the one who runs it allows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import ip_address

from mirrorgen.errors import UsageError
from mirrorgen.model.references import normalize_host

OPTION = "--allow-credential"
VARIABLE = "MIRRORGEN_ALLOW_CREDENTIALS"
"""What the one who runs mirrorgen allows, as with the option; separated by blanks or commas."""

FITTING = ("MIRRORGEN_*", "DOCKER_*", "DOCKERHUB_*", "*_USER", "*_USERNAME", "*_TOKEN", "*_PASSWORD")
"""Patterns of names that a list may use, unless they are those of other secrets."""

OTHERS = (
    # of a job on GitHub, GitLab, Azure
    *("ACTIONS_*", "GITHUB_*", "GH_*", "INPUT_*", "RUNNER_*", "CI_JOB_*", "CI_BUILD_*", "GITLAB_*", "SYSTEM_*"),
    # of a job elsewhere, and what such a job is known by
    *("BITBUCKET_*", "BUILDKITE_*", "CIRCLE_*", "CODEBUILD_*", "DRONE_*", "JENKINS_*", "TRAVIS_*", "ID_*", "OIDC_*"),
    # of clouds and of what manages them
    *("AWS_*", "ECR_*", "GOOGLE_*", "CLOUDSDK_*", "ARM_*", "AZURE_*", "KUBE_*", "VAULT_*", "TF_*", "TFE_*"),
    *("CLOUDFLARE_*", "CONSUL_*", "NOMAD_*", "ANSIBLE_*", "SOPS_*", "OP_*"),
    # of machines, databases and signatures
    *("SUDO_*", "DATABASE_*", "MYSQL_*", "POSTGRES_*", "PG_*", "REDIS_*", "COSIGN_*", "GPG_*"),
    # of git, of packages, and what Docker's own programs read
    *("SSH_*", "GIT_*", "NPM_*", "NODE_*", "PIP_*", "PYPI_*", "TWINE_*", "CARGO_*", "DOCKER_AUTH_CONFIG"),
)
"""Patterns of names that are secrets of something else; they go before `FITTING`."""

DOCKER_CONFIG = "DOCKER_CONFIG"
"""Stands for whatever Docker's own configuration signs in with, where that is to be allowed."""

_HOW = {"enabled": "", "disabled": " without TLS", "insecure": " without a check of the certificate"}
_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Allowances:
    """What the one who runs mirrorgen allows a list to do with credentials.

    Attributes:
        hosts: where the variable of a name may go, whatever the list says of that address; None among them stands for
            every registry at its own address. A variable that is not here is used as the list says, within limits.
    """

    hosts: Mapping[str, frozenset[str | None]] = field(default_factory=dict)

    @classmethod
    def read(cls, texts: Iterable[str]) -> Allowances:
        """Read `NAME` and `NAME@HOST`, as the option and the variable have them.

        Raises:
            UsageError: one is of neither form.
        """
        hosts: dict[str, set[str | None]] = {}
        for text in texts:
            name, at, written = text.partition("@")
            host = normalize_host(written) if at else None
            if not _NAME.fullmatch(name) or (at and host is None):
                hint = f"{OPTION} DOCKER_TOKEN, or {OPTION} DOCKER_TOKEN@hub-proxy.example.com"
                raise UsageError(f"{text!r} names no variable that may be allowed", hint=hint)
            hosts.setdefault(name, set()).add(host)
        return cls({name: frozenset(found) for name, found in hosts.items()})

    def may_be_named(self, name: str) -> bool:
        """Whether a list may sign in with this variable anywhere."""
        return name in self.hosts or (any(_matches(name, FITTING)) and not is_secret_of_others(name))

    def may_go_anyhow(self, name: str, host: str) -> bool:
        """Whether the variable may go to this address although it is not the registry's own, or TLS is off."""
        return normalize_host(host) in self.hosts.get(name, ())

    def only_hosts(self, name: str) -> list[str]:
        """Return the only addresses that the variable may go to, sorted; none if there is no such limit."""
        hosts = self.hosts.get(name, frozenset[str | None]())
        return [] if None in hosts else sorted(host for host in hosts if host)


@dataclass(frozen=True, slots=True)
class Way:
    """The way that credentials take.

    Attributes:
        registry: what their registry is called.
        address: `host[:port]` that they go to.
        tls: `enabled`, `disabled` or `insecure`.
        is_own: whether this is the registry's own address.
    """

    registry: str
    address: str
    tls: str
    is_own: bool

    @property
    def is_safe(self) -> bool:
        """Whether nobody but the registry gets them; what goes to this machine leaves it for nobody."""
        return (self.is_own and self.tls == "enabled") or is_this_machine(self.address)

    def __str__(self) -> str:
        return f"{self.address}{_HOW[self.tls]}"


def allowing(names: Iterable[str], way: Way) -> str:
    """Return the hint that says how to allow variables to go this way."""
    options = " ".join(f"{OPTION} {name}@{way.address}" for name in names)
    return f"only whoever runs mirrorgen can allow it: {options}"


def is_secret_of_others(name: str) -> bool:
    """Whether a variable of this name is known to be a secret, or a setting, of something else than a registry."""
    return any(_matches(name, OTHERS))


def is_this_machine(address: str) -> bool:
    """Whether nothing that is sent to `host[:port]` leaves the machine: loopback addresses, and `localhost`."""
    host = address.rpartition(":")[0] if re.search(r":[0-9]+$", address) else address
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _matches(name: str, patterns: Iterable[str]) -> Iterable[bool]:
    return (fnmatchcase(name, pattern) for pattern in patterns)
