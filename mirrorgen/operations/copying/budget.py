"""Budget: the requests that a sync will make of each upstream registry, and where it has to stop.

A registry counts GET requests for manifests as pulls, and neither lists of tags nor HEAD requests. An image for one
platform takes two: the index and the manifest. How many platforms an image has is not known before it is pulled, so
for all platforms a usual number is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mirrorgen.desired.state import Repository
from mirrorgen.model.images import Registry
from mirrorgen.operations.copying.pending import Pending, restricted
from mirrorgen.operations.copying.work import Failure, TagRef

MANIFESTS_OF_ALL_PLATFORMS = 10
"""The index and nine more: what the official images of Docker Hub have, attestations among them."""

WARNING_SHARE = 0.8
"""Of the limit; above it a run says how close it comes."""


@dataclass(frozen=True, slots=True)
class Requests:
    """What a run asks of one registry.

    Attributes:
        host: the registry.
        lists: of tags.
        heads: HEAD requests for manifests.
        pulls: about how many GET requests for manifests; tags that have moved are not foreseen.
        limit: pulls that the list allows in six hours; None for no limit.
    """

    host: str
    lists: int
    heads: int
    pulls: int
    limit: int | None

    @property
    def is_close(self) -> bool:
        """Whether the pulls come close to the limit."""
        return self.limit is not None and self.pulls > self.limit * WARNING_SHARE


def requests_of(todo: Pending, registries: Sequence[Registry]) -> tuple[Requests, ...]:
    """Foresee the requests for what regsync is given, by registry, sorted."""
    limits = {registry.host: registry.pulls_per_six_hours for registry in registries}
    missing = _by_repository(todo)
    found: dict[str, list[int]] = {}
    for repository in todo.desired.repositories:
        counts = found.setdefault(repository.source.host, [0, 0, 0])
        counts[0] += not repository.pinned
        counts[1] += len(repository.tags)
        counts[2] += _pulls(repository) * len(missing.get(repository.name, ()))
    return tuple(
        Requests(host, lists, heads, pulls, limits.get(host)) for host, (lists, heads, pulls) in sorted(found.items())
    )


def within_limits(todo: Pending, registries: Sequence[Registry]) -> tuple[Pending, tuple[Failure, ...]]:
    """Leave out missing tags, the last first, that would take a registry over its limit.

    Returns:
        What is left to do, and a failure for each tag that is left out.
    """
    left = {one.host: one.pulls_per_six_hours for one in registries if one.pulls_per_six_hours is not None}
    limits = dict(left)
    missing = _by_repository(todo)
    dropped: list[Failure] = []
    for repository in todo.desired.repositories:
        host = repository.source.host
        for tag in missing.get(repository.name, ()):
            if host not in left:
                continue
            if _pulls(repository) <= left[host]:
                left[host] -= _pulls(repository)
                continue
            left[host] = 0
            reason = f"left for a later run: the list allows {limits[host]} pulls of {host} in six hours"
            dropped.append(Failure(repository.name, tag, reason, repository.owner or ""))
    without = {TagRef(one.repository, one.tag) for one in dropped}
    return restricted(todo, without), tuple(dropped)


def _by_repository(todo: Pending) -> Mapping[str, list[str]]:
    missing: dict[str, list[str]] = {}
    for ref in todo.missing:
        missing.setdefault(ref.repository, []).append(ref.tag)
    return missing


def _pulls(repository: Repository) -> int:
    return 2 if repository.copying.platform else MANIFESTS_OF_ALL_PLATFORMS
