"""Budget: the requests that a sync will make of each upstream registry, and the gate where it has to stop.

A registry counts GET requests for manifests as pulls, and neither lists of tags nor HEAD requests. An image for one
platform takes two: the index and the manifest. How many platforms an image has is not known before it is pulled, so
for all platforms a usual number is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mirrorgen.model.images import Entry
from mirrorgen.operations.copying.pending import Pending
from mirrorgen.outcomes import Failure, Kind, TagRef

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
        limit: pulls that this run may make; None for no limit.
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


def requests_of(todo: Pending, allowance: Mapping[str, int]) -> tuple[Requests, ...]:
    """Foresee the requests for what regsync is given, by registry, sorted."""
    missing = set(todo.missing)
    found: dict[str, list[int]] = {}
    for repository, entry in todo.desired.entries:
        counts = found.setdefault(entry.source.host, [0, 0, 0])
        counts[0] += any(entry.pinned(tag) is None for tag in entry.tags)
        counts[1] += len(entry.tags)
        counts[2] += entry.copying.pulls * sum(TagRef(repository.name, tag) in missing for tag in entry.tags)
    return tuple(
        Requests(host, lists, heads, pulls, allowance.get(host))
        for host, (lists, heads, pulls) in sorted(found.items())
    )


@dataclass(frozen=True, slots=True)
class BudgetGate:
    """Holds back missing tags, the last first, that would take a registry over its limit.

    Attributes:
        allowance: pulls that this run may make, by host; no limit for a host that is left out.
    """

    allowance: Mapping[str, int]

    def __call__(self, todo: Pending) -> tuple[Pending, tuple[Failure, ...]]:
        """Return what is left to look at, and a failure for each tag that is held back."""
        left = dict(self.allowance)
        held_back = []
        for ref, entry in _missing(todo):
            host = entry.source.host
            if host not in left:
                continue
            pulls = entry.copying.pulls
            if pulls <= left[host]:
                left[host] -= pulls
            else:
                left[host] = 0
                held_back.append(self._failure(ref, entry, pulls))
        return todo.without({failure.ref for failure in held_back}), tuple(held_back)

    def _failure(self, ref: TagRef, entry: Entry, pulls: int) -> Failure:
        host = entry.source.host
        allowed = self.allowance[host]
        reason = f"left for a later run: this run may make {allowed} pulls of {host}"
        if pulls > allowed:
            reason = (
                f"never copied with this limit: one image takes about {pulls} pulls, and this run may make {allowed} "
                f"of {host}; raise pulls_per_six_hours, or use fewer parts"
            )
        return entry.failure(ref, Kind.OVER_BUDGET, reason)


def _missing(todo: Pending) -> Iterator[tuple[TagRef, Entry]]:
    missing = set(todo.missing)
    for repository in todo.desired.repositories:
        for entry, tag in repository.tagged():
            ref = TagRef(repository.name, tag)
            if ref in missing:
                yield ref, entry
