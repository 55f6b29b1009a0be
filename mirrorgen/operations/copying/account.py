"""The account of pulls: how many were made of each registry with a limit, and how many regsync is expected to make.

Pulls are counted as they are logged, those of regctl and those of regsync, with further attempts and whatever was not
expected. What is asked here stops either program before it makes a pull too many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from mirrorgen.model.images import Registry
from mirrorgen.tools.requests import Pull, Stopped

# config/host.go of regclient: where the images of Docker Hub are.
_ADDRESSES: Mapping[str, str] = {"docker.io": "registry-1.docker.io"}


@dataclass(slots=True)
class Account:
    """Pulls of a run.

    Attributes:
        allowance: pulls that this run may make, by host; no limit for a host that is left out.
        registries: all upstream registries, by which a request is told to be one of theirs.
        spent: pulls that were made, by host.
        expected: pulls that regsync is yet to make, by upstream repository.
        overdrawn: hosts because of which regsync was stopped.
    """

    allowance: Mapping[str, int]
    registries: Iterable[Registry] = ()
    spent: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    overdrawn: set[str] = field(default_factory=set)

    def needed(self, host: str) -> int:
        """Return how many pulls the run makes as far as it is known: those made and those expected."""
        return self.spent[host] + sum(pulls for name, pulls in self.expected.items() if _host_of(name) == host)

    def left(self, host: str) -> int:
        """Return how many more pulls may be expected of a registry."""
        return max(0, self.allowance.get(host, _NO_LIMIT) - self.needed(host))

    def expect(self, location: str, pulls: int) -> bool:
        """Expect regsync to make pulls of a repository, if as many are left."""
        if pulls > self.left(_host_of(location)):
            return False
        self.expected[location] += pulls
        return True

    def asked(self, pull: Pull) -> None:
        """Count a pull that was made to find something out.

        Raises:
            Stopped: no other is left.
        """
        host = self._count(pull)
        if host and not self.left(host):
            raise Stopped

    def copied(self, pull: Pull) -> None:
        """Count a pull that regsync has made; one that it makes again was not expected.

        Raises:
            Stopped: with those that are expected still, there would be too many.
        """
        location = self._location_of(pull)
        host = self._count(pull)
        if pull.is_final and self.expected[location] > 0:
            self.expected[location] -= 1
        if host and self.needed(host) > self.allowance[host]:
            self.overdrawn.add(host)
            raise Stopped

    def settle(self) -> None:
        """Expect no more: regsync has ended."""
        self.expected.clear()

    def _count(self, pull: Pull) -> str:
        host = _host_of(self._location_of(pull))
        if host not in self.allowance:
            return ""
        self.spent[host] += 1
        return host

    def _location_of(self, pull: Pull) -> str:
        """Return the upstream repository that a pull was made of, as the list names it; nothing for any other."""
        url = urlsplit(pull.url)
        path = unquote(url.path).partition("/manifests/")[0]
        found = [
            (base, registry.host)
            for registry in self.registries
            if (registry.hostname or _ADDRESSES.get(registry.host, registry.host)) == url.netloc
            and path.startswith(base := f"/v2/{registry.path_prefix}/" if registry.path_prefix else "/v2/")
        ]
        base, host = max(found, default=("", ""))
        return f"{host}/{path.removeprefix(base)}" if host else ""


_NO_LIMIT = 2**62


def _host_of(location: str) -> str:
    return location.partition("/")[0]
