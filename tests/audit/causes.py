"""What may have gone wrong with a tag, by what it is said to have failed of: a fault of that kind, at that place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.audit.scenarios import Scenario, Wish
from tests.audit.world import Change, EcrArchives, EcrMoves, Fault, RepositoryGoes, UpstreamMoves, World

# What an answer of a registry is to be called (the kinds of docs/reliability.md).
_CODES: Mapping[str, frozenset[int | str]] = {
    "unauthorized": frozenset({403}),
    "rate-limited": frozenset({429}),
    "not-upstream": frozenset({404}),
    "refused": frozenset({400}),
    "unavailable": frozenset({500}),
}
_ANSWERING = ("list-fails", "head-fails", "pull-fails", "push-fails")


def has_cause(kind: str, ref: tuple[str, str], scenario: Scenario, world: World) -> bool:
    """Whether something that has come to pass could make a tag fail in this way."""
    wishes = [wish for wish in scenario.wishes if wish.repository == ref[0]]
    return any(
        _faulty(kind, event, ref, wishes) if isinstance(event, Fault) else _changed(kind, event, ref, wishes)
        for event in world.fired
    )


def _faulty(kind: str, fault: Fault, ref: tuple[str, str], wishes: Iterable[Wish]) -> bool:
    if fault.kind in _ANSWERING:
        return fault.detail in _CODES.get(kind, ()) and _is_at(fault.where, ref, wishes)
    if kind != "unavailable":
        return False
    # Killed, it has come to no tag or to any; what else is lost or wrongly told in ECR is so of one tag.
    return fault.kind == "regsync-killed" or (
        fault.kind in {"ecr-head-fails", "ecr-head-stale", "push-lost", "regsync-fails"}
        and fault.where in {f"{ref[0]}:{ref[1]}", ""}
    )


def _is_at(where: str, ref: tuple[str, str], wishes: Iterable[Wish]) -> bool:
    """Whether a fault at a place concerns a tag, or what a rule chooses for a whole repository."""
    places = {f"{ref[0]}:{ref[1]}"}
    for wish in wishes:
        places |= {wish.source, f"{wish.source}:{ref[1]}"}
    return where in places


def _changed(kind: str, change: Change, ref: tuple[str, str], wishes: Iterable[Wish]) -> bool:
    if isinstance(change, UpstreamMoves):
        # Between two looks of regsync, so that nothing is copied; or between a copy and the look of `--verify`.
        at = any(wish.source == change.source for wish in wishes) and change.tag == ref[1]
        return at and kind in {"unavailable", "differs"}
    if isinstance(change, EcrMoves):
        return (change.repository, change.tag) == ref and kind in {"unavailable", "differs"}
    if isinstance(change, EcrArchives):
        return change.repository == ref[0] and kind in {"unavailable", "refused"}
    assert isinstance(change, RepositoryGoes)
    return change.repository == ref[0] and kind in {"unavailable", "no-repository"}
