"""What must be so of everything that a command says, from docs/ alone: nothing here is taken from the program.

Each verdict is a sentence about something that is not so; none are what an audit wants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.audit.asked import Asked, Ref, asked_for, may_be_wanted
from tests.audit.causes import has_cause
from tests.audit.driving import Said
from tests.audit.scenarios import Scenario, Wish
from tests.audit.world import STRANGE, World, children, digest, for_platform


@dataclass(frozen=True)
class Oracle:
    """Judges what commands said, in a world that remembers what came to pass.

    Attributes:
        scenario: what ran.
        lock: text of the lock, if there is one.
        world: where it ran.
    """

    scenario: Scenario
    lock: str | None
    world: World

    def sync(self, runs: list[Said]) -> Iterator[str]:
        """Judge a sync, all parts of it."""
        asked = asked_for(self.scenario, self.lock, self.world)
        for said in runs:
            yield from self._exit_code(said)
        if any(said.result is None for said in runs):
            return
        copied = [_ref(item) for said in runs for item in said.result["copied"]]
        failures = [failure for said in runs for failure in said.result["failures"]]
        failed = {_ref(failure) for failure in failures}
        unchanged = sum(said.result["unchanged"] for said in runs)
        first, last = _merged([said.first for said in runs]), _merged([said.last for said in runs])
        yield from self._counts(asked, copied, failures, unchanged)
        for ref in asked.wishes.keys() - failed:
            before, after = (held.get(ref[0]) or {} for held in (first, last))
            yield from self._success(asked, ref, before, after.get(ref[1]), is_copied=ref in copied)
        for ref in copied:
            if ref not in self.world.acknowledged:
                yield f"{ref}: reported as copied, and nobody pushed it"
        for failure in failures:
            yield from self._failure(asked, failure, last)
        # What nobody could foresee is noticed with the pull itself.
        allowed = self.scenario.pulls + bool(self.world.fired)
        too_many = {host: pulls for host, pulls in self.world.pulls.items() if self.scenario.pulls and pulls > allowed}
        yield from (f"{host}: {pulls} pulls, and the list allows {allowed}" for host, pulls in too_many.items())

    def status(self, said: Said) -> Iterator[str]:
        """Judge a status."""
        asked = asked_for(self.scenario, self.lock, self.world)
        if said.result is None:
            yield from self._exit_code(said)
            return
        states = {
            (repository["name"], tag["tag"]): tag
            for repository in said.result["repositories"]
            for tag in repository["tags"]
        }
        for ref in asked.wishes:
            if len(asked.wishes[ref]) == 1:
                yield from self._state(asked, ref, states.get(ref, {"state": "not shown"})["state"], said)
        for ref, tag in states.items():
            if tag["state"] == "extra" and ref in asked.wishes:
                yield f"{ref}: extra, and the list asks for it"
        if said.exit_code == 0 and not said.result["in_sync"]:
            yield "exit code 0, and not in sync"
        if said.result["in_sync"] and (asked.unknown or asked.idle or said.result["failures"]):
            yield "in sync, and not all is known"

    def _success(
        self, asked: Asked, ref: Ref, before: Mapping[str, str], held: str | None, *, is_copied: bool
    ) -> Iterator[str]:
        """Judge a tag that has not failed."""
        wishes = asked.wishes[ref]
        acceptable = self._acceptable(asked, wishes[0], ref, before)
        if len(wishes) > 1:
            yield f"{ref}: chosen from two sources, and no failure"
        elif held is None:
            yield f"{ref}: no failure, and ECR does not hold it"
        elif held not in acceptable:
            yield f"{ref}: no failure, and ECR holds {held[-4:]}, not one of {_short(acceptable)}"
        elif is_copied and not self.world.fired and before.get(ref[1]) in acceptable:
            yield f"{ref}: copied, and it was there already"

    def _state(self, asked: Asked, ref: Ref, state: str, said: Said) -> Iterator[str]:
        """Judge the state that a tag is shown in."""
        name, wanted = self._name(ref), self._wanted_by_status(asked, asked.wishes[ref][0], ref)
        expected = "present" if wanted is None or name == wanted else "differs"
        if name is None:
            expected = "missing"
        elif name in self.world.shelves[ref[0]].archived:
            expected = "archived"
        if state != expected:
            yield f"{ref}: {state}, and it is {expected}"
        if expected != "present" and said.result["in_sync"]:
            yield f"{ref}: {expected}, and all is said to be well"

    def prune(self, said: Said, plan: Any) -> Iterator[str]:
        """Judge a plan to delete tags."""
        asked = asked_for(self.scenario, self.lock, self.world)
        if plan is None:
            yield from self._exit_code(said)
            return
        for removal in plan["delete"]:
            ref = _ref(removal)
            shelf = self.world.shelves[ref[0]]
            wanted = {tag for tag in shelf.tags if may_be_wanted(self.scenario, self.lock, (ref[0], tag))}
            kept = {shelf.tags[tag] for tag in wanted}
            kept |= {part for name in kept for part in children(name).values()}
            if ref[1] in wanted:
                yield f"{ref}: the list asks for it, and it would go"
            if shelf.tags.get(ref[1]) != removal["digest"]:
                yield f"{ref}: would go with a digest that it does not have"
            if removal["digest"] in kept:
                yield f"{ref}: its image would go, and a wanted tag names it, too"
            if removal["digest"] in shelf.archived or shelf.images[removal["digest"]] < 30:
                yield f"{ref}: archived or young, and it would go"
            if ref[0] in asked.unknown | asked.idle:
                yield f"{ref}: would go, and nobody knows what its repository should hold"

    def plan(self, said: Said) -> Iterator[str]:
        """Judge which copies are planned."""
        asked = asked_for(self.scenario, self.lock, self.world)
        if said.result is None:
            yield from self._exit_code(said)
            return
        copies = {_ref(item) for item in said.result["copies"]}
        failed = {_ref(item) for item in said.result["failures"]}
        yield from (f"{ref}: to be copied, and nobody asks for it" for ref in copies - asked.wishes.keys())
        yield from (f"{ref}: to be copied, and a failure" for ref in copies & failed)
        for ref, wishes in asked.wishes.items():
            held = said.first.get(ref[0], {}).get(ref[1])
            if len(wishes) == 1 and ref not in copies | failed and held is None:
                yield f"{ref}: nothing is planned for it, and ECR does not hold it"
            told = self._told(asked, wishes[0], ref[1])
            if ref in copies and not self.world.fired and held in told:
                yield f"{ref}: to be copied, and it is there"

    def _exit_code(self, said: Said) -> Iterator[str]:
        if said.result is None:
            troubles = {"ecr-throttles", "regsync-fails", "regsync-killed"}
            if said.exit_code not in {4, 5} or not self.world.has_fired(troubles):
                yield f"no result, exit code {said.exit_code}: {said.text}"
            return
        kinds = {failure["kind"] for failure in said.result["failures"]}
        expected = 5 if kinds - {"rule"} else 1 if kinds else 0
        if said.exit_code != expected:
            yield f"exit code {said.exit_code} for failures {sorted(kinds)}"

    def _counts(
        self, asked: Asked, copied: list[Ref], failures: list[Mapping[str, Any]], unchanged: int
    ) -> Iterator[str]:
        named = [_ref(failure) for failure in failures if failure["tag"]]
        if len({*copied, *named}) != len(copied) + len(named):
            yield f"named twice: copied {copied}, failed {named}"
        if strange := {*copied, *named} - asked.wishes.keys():
            yield f"nobody asks for {sorted(strange)}"
        if len(copied) + unchanged + len(named) != len(asked.wishes):
            yield f"{len(asked.wishes)} asked for: copied {len(copied)}, unchanged {unchanged}, failed {len(named)}"
        said = {(failure["repository"], failure["kind"]) for failure in failures if not failure["tag"]}
        for name in asked.idle:
            if (name, "rule") not in said:
                yield f"{name}: its rule chooses nothing, and no failure"
        for name in asked.unknown:
            if not any(repository == name for repository, _ in said):
                yield f"{name}: what its rule chooses is not known, and no failure"

    def _acceptable(self, asked: Asked, wish: Wish, ref: Ref, first: Mapping[str, str]) -> set[str]:
        """What ECR may hold of a tag that has not failed, as far as this run must know."""
        settled = asked.settled(wish, ref[1])
        if settled:
            return {settled}
        acceptable = self._told(asked, wish, ref[1])
        looks = wish.referrers or {"--full", "--verify"} & {*self.scenario.options}
        # regsync leaves an index alone that is upstream's own, also where one platform of it would do.
        acceptable |= self._told_whole(asked, wish, ref[1])
        if wish.is_fixed(ref[1]) and ref[1] in first and not looks:
            acceptable |= {first[ref[1]]}
        return acceptable

    def _told(self, asked: Asked, wish: Wish, tag: str) -> set[str]:
        names = self._told_whole(asked, wish, tag)
        return {part for name in names if (part := for_platform(name, wish.platform))}

    def _told_whole(self, asked: Asked, wish: Wish, tag: str) -> set[str]:
        pinned = asked.pinned(wish, tag)
        return {pinned} if pinned else self.world.told.get((wish.source, tag), set())

    def _wanted_by_status(self, asked: Asked, wish: Wish, ref: Ref) -> str | None:
        settled = asked.settled(wish, ref[1])
        if settled or "--upstream" not in self.scenario.options:
            return settled
        return next(iter(self._told(asked, wish, ref[1])), None)

    def _name(self, ref: Ref) -> str | None:
        shelf = self.world.shelves.get(ref[0])
        return shelf.tags.get(ref[1]) if shelf else None

    def _failure(
        self,
        asked: Asked,
        failure: Mapping[str, Any],
        last: Mapping[str, Any],
    ) -> Iterator[str]:
        """Judge whether a failure is one, and of the kind that it says."""
        ref, kind = _ref(failure), failure["kind"]
        held = (last.get(ref[0]) or {}).get(ref[1])
        wish = asked.wishes.get(ref, (None,))[0]
        if not _IS_SO[kind](self, asked, ref, wish, held):
            yield f"{ref}: {kind}, and that is not so: {failure['reason']}"

    def _caused(self, kind: str, ref: Ref) -> bool:
        return has_cause(kind, ref, self.scenario, self.world)

    def _lacks_upstream(self, asked: Asked, ref: Ref) -> bool:
        if self._caused("not-upstream", ref):
            return True
        if all(asked.pinned(wish, ref[1]) for wish in asked.wishes.get(ref, ())):
            return False
        for wish in self.scenario.wishes:
            lists = self.world.listed.get(wish.source, [])
            if wish.repository == ref[0] and any(tags is not None and ref[1] not in tags for tags in lists):
                return True
            if (wish.source, ref[1]) in self.world.denied:
                return True
        return False


def _is_strange(oracle: Oracle, asked: Asked, ref: Ref, wish: Wish | None, *_: object) -> bool:
    assert wish
    names = {*oracle.world.told.get((wish.source, ref[1]), ()), oracle.world.upstream[wish.source].get(ref[1], 0)}
    names |= {asked.locked.get((wish.source, ref[1]), ""), digest(wish.reviewed)}
    told = {name for name in names if isinstance(name, str) and name}
    return digest(STRANGE) in told or any(for_platform(name, wish.platform) is None for name in told)


def _takes_pulls(asked: Asked, ref: Ref, wish: Wish, held: str | None) -> bool:
    """Whether it takes pulls to copy a tag, or to compare it where only its own manifest can tell."""
    pinned = asked.pinned(wish, ref[1])
    return held is None or wish.referrers or bool(wish.platform) or pinned not in {None, held}


_IS_SO: Mapping[str, Any] = {
    "not-upstream": lambda oracle, asked, ref, _wish, _held: oracle._lacks_upstream(asked, ref),
    "no-repository": lambda oracle, _asked, ref, _wish, _held: ref[0] not in oracle.world.shelves,
    "unauthorized": lambda oracle, _asked, ref, *_: oracle._caused("unauthorized", ref),
    "rate-limited": lambda oracle, _asked, ref, *_: oracle._caused("rate-limited", ref),
    "refused": lambda oracle, _asked, ref, *_: (
        oracle.world.shelves[ref[0]].immutable
        or bool(oracle.world.shelves[ref[0]].archived)
        or oracle._caused("refused", ref)
    ),
    "unsupported": _is_strange,
    "over-budget": lambda oracle, asked, ref, wish, held: (
        bool(oracle.scenario.pulls) and (bool(oracle.world.fired) or _takes_pulls(asked, ref, wish, held))
    ),
    "not-as-locked": lambda _oracle, asked, ref, wish, held: held != asked.settled(wish, ref[1]),
    # Held against upstream, or against what was there before somebody else changed it.
    "differs": lambda oracle, asked, ref, wish, held: (
        oracle._caused("differs", ref)
        or ("--verify" in oracle.scenario.options and held not in oracle._told(asked, wish, ref[1]))
    ),
    "rule": lambda _oracle, asked, ref, *_: ref[0] in asked.idle or len(asked.wishes.get(ref, ())) > 1,
    "unavailable": lambda oracle, _asked, ref, *_: oracle._caused("unavailable", ref),
}


def _ref(item: Mapping[str, Any]) -> Ref:
    return item["repository"], item["tag"]


def _merged(parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: held for part in parts for name, held in part.items()}


def _short(names: set[str]) -> list[str]:
    return sorted(name[-4:] for name in names)
