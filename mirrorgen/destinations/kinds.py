"""Every kind of target that there is: which one a list names, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mirrorgen.destinations.ecr.registry_scanning import read_scanning, scanning_problems
from mirrorgen.destinations.ecr.replication import MAX_DESTINATIONS, Replication
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.ecr.tfvars import EXCLUSIONS, PROTECTION, TFVARS, variables_file
from mirrorgen.destinations.registry.target import UNNAMED, RegistryTarget, parse_registry
from mirrorgen.model.credentials import read_credentials
from mirrorgen.model.targets import Target, TerraformOptions
from mirrorgen.problems import KeyPath, Problem

if TYPE_CHECKING:
    from mirrorgen.destinations.port import Destination
    from mirrorgen.tools.regctl import Regctl

GENERATED = (TFVARS, EXCLUSIONS, PROTECTION)
"""Files that describe repositories of some kind of target; to a list with another kind they mean nothing."""

OF_ANY_TARGET = variables_file("*")
"""What the names of those files match that belong to one of several targets."""

MAX_REPLICATED = MAX_DESTINATIONS
"""How many targets one can be replicated to."""

_ECR_ONLY = ("account_id", "region", "prefix", "auth", "endpoint", "terraform", "scanning")
_REGISTRY_ONLY = ("credentials", "tls")
_REGISTRY: KeyPath = ("target", "registry")


def read_target(
    data: Mapping[str, Any], *, unreadable: Collection[KeyPath] = (), path: KeyPath = ("target",)
) -> tuple[Target, list[Problem]]:
    """Build the target from what stands under `target`, as the check of the shape left it.

    Args:
        data: what is left.
        unreadable: where values stood that are not left. A registry that nobody can read is a plain one all the same.
        path: where it stands.

    Returns:
        The target: ECR unless `registry` names another one; and the keys that mean nothing for it.
    """
    if "registry" not in data and _REGISTRY not in unreadable:
        hint = "it goes with `registry`; without that the target is ECR"
        problems = [_meaningless(key, "an ECR target", hint) for key in _REGISTRY_ONLY if key in data]
        target, found = _read_ecr(data, path)
        return target, [*problems, *found]
    hint = "remove it, or `registry`"
    problems = [_meaningless(key, "a plain registry", hint) for key in _ECR_ONLY if key in data]
    credentials, found = read_credentials(data.get("credentials", {}), ("target", "credentials"))
    registry, refused = parse_registry(data["registry"], _REGISTRY) if "registry" in data else (UNNAMED, [])
    registry = replace(registry, names=credentials, tls=data.get("tls", "enabled"))
    return registry, [*problems, *found, *refused]


def _read_ecr(data: Mapping[str, Any], path: KeyPath) -> tuple[EcrTarget, list[Problem]]:
    given = {key: data[key] for key in _ECR_ONLY if key in data}
    given["terraform"] = TerraformOptions(**given.get("terraform", {}))
    problems: list[Problem] = []
    if "scanning" in given:
        problems += scanning_problems(given["scanning"], (*path, "scanning"))
        given["scanning"] = read_scanning(given["scanning"])
    return EcrTarget(**given), problems


def read_named_target(name: str, data: Mapping[str, Any], path: KeyPath) -> tuple[Target, list[Problem]]:
    """Build one of several targets; accounts and regions are what they differ in, so that all of them are ECR.

    Args:
        name: what the list calls it.
        data: what stands under its name, as the check of the shape left it.
        path: where it stands.

    Returns:
        The target, and what is wrong with it.
    """
    target, problems = _read_ecr(data, path)
    return replace(target, list_name=name, role=data.get("role")), problems


def replicated(first: Target, others: Sequence[Target]) -> tuple[Target, tuple[Target, ...]]:
    """Let the registry of one target copy to those of others by itself.

    Args:
        first: what they are filled from.
        others: those of one partition with it; an account or region that the list lacks is a problem elsewhere.

    Returns:
        The first, whose registry is set up for it, and the others, which nobody else fills.
    """
    assert isinstance(first, EcrTarget)
    found = [other for other in others if isinstance(other, EcrTarget)]
    places = sorted((other.account_id, other.region) for other in found if other.account_id and other.region)
    filled = tuple(replace(other, replicated_from=first) for other in found)
    return replace(first, replication=Replication(tuple(places), first.prefix)), filled


def are_of_one_partition(first: Target, other: Target) -> bool:
    """Whether ECR can copy from the one to the other."""
    return isinstance(first, EcrTarget) and isinstance(other, EcrTarget) and first.partition == other.partition


def start_backfill(target: Target, environ: Mapping[str, str], *, say: Callable[[str], None]) -> str:
    """Let the registry that a target is replicated from copy what it holds already.

    It is asked with the role of that target, or the credentials at hand, which must be of its account.

    Args:
        target: that lacks something.
        environ: the environment of this process.
        say: told what is going on.

    Returns:
        What is known of it then, the end of a sentence.

    Raises:
        ToolUnusable, UsageError, ToolFailed: it cannot be asked.
    """
    from mirrorgen.destinations.ecr.destination import open_ecr

    assert isinstance(target, EcrTarget)
    assert target.replicated_from
    say(f"asking {target.replicated_from.label} to replicate what it holds")
    return open_ecr(target.replicated_from, environ, say=say).start_backfill(target)


def open_named(target: Target, environ: Mapping[str, str], *, say: Callable[[str], None]) -> Destination:
    """Bind another one of several targets, with its role or the credentials at hand.

    Raises:
        ToolUnusable, UsageError, ToolFailed: as of `open_destination`.
    """
    from mirrorgen.destinations.ecr.destination import open_ecr

    assert isinstance(target, EcrTarget)
    return open_ecr(target, environ, say=say)


def open_destination(
    target: Target, environ: Mapping[str, str], *, say: Callable[[str], None], regctl: Callable[[], Regctl]
) -> Destination:
    """Find out which registry is meant, and make sure that it is the one whose credentials are at hand.

    Args:
        target: of the list.
        environ: the environment of this process.
        say: told what is going on.
        regctl: returns regctl, set up for the target's host; called where it is needed.

    Raises:
        ToolUnusable: a program or library that is needed is missing.
        UsageError: there are no credentials, no region, or they belong to another account.
        ToolFailed: the registry cannot be asked.
    """
    if isinstance(target, EcrTarget):
        from mirrorgen.destinations.ecr.destination import open_ecr

        return open_ecr(target, environ, say=say)
    assert isinstance(target, RegistryTarget)
    from mirrorgen.destinations.registry.destination import RegistryDestination

    return RegistryDestination(target, regctl(), say)


def _meaningless(key: str, where: str, hint: str) -> Problem:
    return Problem("unknown-key", f"the key {key!r} means nothing for {where}", ("target", key), hint, on_key=True)
