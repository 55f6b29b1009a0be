"""Budget: the requests that a sync will make of each upstream registry, and the gate where it has to stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mirrorgen.model.images import Entry
from mirrorgen.operations.copying.account import Account
from mirrorgen.operations.copying.evidence import brought
from mirrorgen.operations.copying.pending import Pending
from mirrorgen.operations.copying.weighing import Scales, Weight
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
        pulls: GET requests for manifests: about as many in a dry run, otherwise as many at most.
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


@dataclass(frozen=True, slots=True)
class Budget:
    """Lets through what the account has pulls for, and holds back what would take a registry over its limit, the last
    tags first.

    Attributes:
        account: of the pulls of this run.
        scales: tells what a tag takes.
    """

    account: Account
    scales: Scales

    def __call__(self, todo: Pending) -> tuple[Pending, tuple[Failure, ...]]:
        """Return what is left to look at, and a failure for each tag that is held back."""
        full: set[str] = set()
        held_back = []
        for ref, entry in _in_order(todo):
            host = entry.host
            before = self.account.spent[host]
            weight = self.scales(ref, entry, is_full=host in full)
            if not weight.trouble and self._is_let_through(entry, weight, full):
                continue
            needed = weight.pulls + self.account.spent[host] - before
            held_back.append(entry.failure(ref, Kind.OVER_BUDGET, self._reason(host, needed, weight.trouble)))
            # What could never be copied does not stop the others.
            if not weight.trouble and needed <= self.account.allowance[host]:
                full.add(host)
        return todo.without({failure.ref for failure in held_back}), tuple(held_back)

    def requests(self, todo: Pending) -> tuple[Requests, ...]:
        """Return the requests for what was let through, by registry, sorted."""
        lists: Counter[str] = Counter()
        heads: Counter[str] = Counter()
        for _, entry in todo.desired.entries:
            lists[entry.host] += any(entry.pinned(tag) is None for tag in entry.tags)
            heads[entry.host] += len(entry.tags)
        return tuple(
            Requests(host, lists[host], heads[host], self.account.needed(host), self.account.allowance.get(host))
            for host in sorted(heads)
        )

    def _is_let_through(self, entry: Entry, weight: Weight, full: Collection[str]) -> bool:
        if not weight.pulls:
            return True
        return entry.host not in full and self.account.expect(entry.location, weight.pulls)

    def _reason(self, host: str, needed: int, trouble: str) -> str:
        allowed = self.account.allowance[host]
        if trouble:
            return f"cannot be weighed against the limit of {host}: {trouble}"
        if needed > allowed:
            return (
                f"never copied with this limit: one image takes {needed} pulls or more, and this run may make "
                f"{allowed} of {host}; raise pulls_per_six_hours, or use fewer parts"
            )
        return left_for_later(host, allowed)


def left_for_later(host: str, allowed: int) -> str:
    """Return why a tag waits that a later run can copy."""
    return f"left for a later run: this run may make {allowed} pulls of {host}"


def _in_order(todo: Pending) -> Iterator[tuple[TagRef, Entry]]:
    """Yield what the target lacks before what it may hold in an old version."""
    missing = set(todo.missing)
    yield from sorted(brought(todo.desired).items(), key=lambda tagged: tagged[0] not in missing)
