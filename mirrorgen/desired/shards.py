"""Split the desired state between machines: by repository, even in tags, and so that little moves when the list grows.

Each repository ranks the shards by a hash of both names (rendezvous hashing), and takes the first in its ranking that
still has room. Room is a quarter more than an even share, so that a shard is full only where many chose it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace

from mirrorgen.desired.state import DesiredState, Repository

_ROOM = 1.25


def shard(state: DesiredState, index: int, count: int) -> DesiredState:
    """Return one of `count` parts of a desired state; `index` is from 1."""
    return split(state, count)[index - 1]


def split(state: DesiredState, count: int) -> tuple[DesiredState, ...]:
    """Return all `count` parts of a desired state; repositories keep their order."""
    parts: list[list[Repository]] = [[] for _ in range(count)]
    assigned = assign(state.repositories, count)
    for repository in state.repositories:
        parts[assigned[repository.name] - 1].append(repository)
    return tuple(replace(state, repositories=tuple(part)) for part in parts)


def assign(repositories: Sequence[Repository], count: int) -> dict[str, int]:
    """Return the shard of each repository, from 1, by its name.

    It depends on names and numbers of tags alone, not on the order of the list or on what ECR holds.
    """
    weights = {repository.name: max(1, len(repository.tags)) for repository in repositories}
    room = math.ceil(sum(weights.values()) / count * _ROOM)
    load = dict.fromkeys(range(1, count + 1), 0)
    assigned: dict[str, int] = {}
    # The heaviest first, while there is room everywhere.
    for name in sorted(weights, key=lambda name: (-weights[name], _hash(name))):
        ranking = sorted(load, key=lambda number: _hash(f"{name} {number}"), reverse=True)
        fitting = (number for number in ranking if load[number] + weights[name] <= room)
        chosen = next(fitting, None) or min(ranking, key=lambda number: load[number])
        assigned[name] = chosen
        load[chosen] += weights[name]
    return assigned


def allowance(state: DesiredState, part: tuple[int, int]) -> dict[str, int]:
    """Return how many pulls of each upstream registry a part of the list may make, by host.

    The limit of a registry is divided between the parts that ask it for anything, evenly; a host without a limit is
    left out.

    Args:
        state: the whole desired state.
        part: which of how many parts, from 1.
    """
    limits = {
        registry.host: registry.pulls_per_six_hours
        for registry in state.registries
        if registry.pulls_per_six_hours is not None
    }
    if not limits or part == (1, 1):
        return limits
    hosts = [{entry.host for _, entry in share.entries} for share in split(state, part[1])]
    allowed = {}
    for host, limit in limits.items():
        asking = [number for number, asked in enumerate(hosts, start=1) if host in asked]
        if part[0] in asking:
            place = asking.index(part[0])
            allowed[host] = limit * (place + 1) // len(asking) - limit * place // len(asking)
    return allowed


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
