"""Budget: the requests that a sync will make of each upstream registry, and the gate where it has to stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mirrorgen.model.images import Entry
from mirrorgen.operations.copying.evidence import brought
from mirrorgen.operations.copying.pending import Pending
from mirrorgen.operations.copying.weighing import Scales
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
        pulls: about how many GET requests for manifests.
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


@dataclass(slots=True)
class Budget:
    """Keeps the account of pulls: what it lets through is spent, and what would take a registry over its limit, the
    last tags first, is held back.

    Attributes:
        allowance: pulls that this run may make, by host; no limit for a host that is left out.
        scales: tells what a tag takes.
        spent: pulls so far, by host.
    """

    allowance: Mapping[str, int]
    scales: Scales
    spent: Counter[str] = field(default_factory=Counter)

    def __call__(self, todo: Pending) -> tuple[Pending, tuple[Failure, ...]]:
        """Return what is left to look at, and a failure for each tag that is held back."""
        full: set[str] = set()
        held_back = []
        for ref, entry in _in_order(todo):
            host = entry.source.host
            weight = self.scales(ref, entry, 0 if host in full else self._left(host))
            self.spent[host] += weight.asking
            if not weight.copying or (host not in full and self.take(host, weight.copying)):
                continue
            held_back.append(self._failure(ref, entry, weight.copying + weight.asking))
            # What could never be copied does not stop the others.
            if weight.copying + weight.asking <= self.allowance[host]:
                full.add(host)
        return todo.without({failure.ref for failure in held_back}), tuple(held_back)

    def take(self, host: str, pulls: int) -> bool:
        """Spend pulls, if as many are left."""
        if pulls > self._left(host):
            return False
        self.spent[host] += pulls
        return True

    def requests(self, todo: Pending) -> tuple[Requests, ...]:
        """Return the requests for what was let through, by registry, sorted."""
        lists: Counter[str] = Counter()
        heads: Counter[str] = Counter()
        for _, entry in todo.desired.entries:
            lists[entry.source.host] += any(entry.pinned(tag) is None for tag in entry.tags)
            heads[entry.source.host] += len(entry.tags)
        return tuple(
            Requests(host, lists[host], heads[host], self.spent[host], self.allowance.get(host))
            for host in sorted(heads)
        )

    def _left(self, host: str) -> int:
        return max(0, self.allowance.get(host, _NO_LIMIT) - self.spent[host])

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


_NO_LIMIT = 2**62


def _in_order(todo: Pending) -> Iterator[tuple[TagRef, Entry]]:
    """Yield what the target lacks before what it may hold in an old version."""
    missing = set(todo.missing)
    yield from sorted(brought(todo.desired).items(), key=lambda tagged: tagged[0] not in missing)
