"""Where the credentials of a list would go: each to its own registry, or to where the one who runs it allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mirrorgen.model.allowances import Allowances, Way, allowing, is_secret_of_others
from mirrorgen.model.credentials import Credentials
from mirrorgen.model.images import Registry
from mirrorgen.model.targets import Target
from mirrorgen.problems import KeyPath, Problem


def upstream_problems(
    registries: Mapping[str, Registry], written: Mapping[str, str], allowances: Allowances
) -> Iterator[Problem]:
    """Yield an error for each variable that the list may not name, and for credentials that would go elsewhere.

    Args:
        registries: by host.
        written: how each host is written in the list.
        allowances: of the one who runs this.
    """
    for host, registry in registries.items():
        way, path = registry.way, ("registries", written[host])
        if registry.credentials:
            yield from _problems(registry.credentials, way, path, "tls" if way.is_own else "hostname", allowances)


def target_problems(
    target: Target, data: Mapping[str, Any], allowances: Allowances, path: KeyPath = ("target",)
) -> Iterator[Problem]:
    """Yield the same for what signs in to the target.

    Args:
        target: of the list.
        data: what stands under `path`.
        allowances: of the one who runs this.
        path: where the target stands.
    """
    key = "endpoint" if "endpoint" in data else "tls"
    if target.credentials:
        yield from _problems(target.credentials, target.way, path, key, allowances)
    else:
        yield from _diverted(target.signs_in_with, target.way, (*path, key), allowances)


def _problems(
    credentials: Credentials, way: Way, path: KeyPath, diverting: str, allowances: Allowances
) -> Iterator[Problem]:
    refused = {}
    for key, name in credentials.document().items():
        problem = _refusal(name, way, (*path, "credentials", key), allowances)
        if problem:
            refused[name] = problem
    yield from refused.values()
    left = [name for name in credentials.names if name not in refused]
    yield from _diverted(left, way, (*path, diverting), allowances)


def _refusal(name: str, way: Way, path: KeyPath, allowances: Allowances) -> Problem | None:
    if allowances.may_go_anyhow(name, way.address):
        return None
    only = allowances.only_hosts(name)
    if only:
        message = f"{name} may go to {' and '.join(only)} only, as whoever runs this says, not to {way.address}"
        return Problem("credentials-sent-away", message, path, allowing([name], way))
    if allowances.may_be_named(name):
        return None
    # What is unknown may be a password in capitals, so it is not repeated.
    shown, written = (name, name) if is_secret_of_others(name) else ("this variable", "NAME")
    hint = f"use one made for it, such as DOCKER_TOKEN; {allowing([written], way)}"
    return Problem("credentials-not-allowed", f"a list may not sign in with {shown}", path, hint)


def _diverted(names: Iterable[str], way: Way, path: KeyPath, allowances: Allowances) -> Iterator[Problem]:
    away = [name for name in dict.fromkeys(names) if not allowances.may_go_anyhow(name, way.address)]
    if away and not way.is_safe:
        message = f"credentials of {way.registry} would go to {way}"
        yield Problem("credentials-sent-away", message, path, f"remove it; {allowing(away, way)}")
