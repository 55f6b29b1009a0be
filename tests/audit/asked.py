"""What a list asks for, read from the scenario, the lock and upstream's own words; nothing here is the program's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from tests.audit.scenarios import REVIEWED, RULES, Scenario, Wish
from tests.audit.world import World, digest

Ref = tuple[str, str]
"""Repository and tag; no tag where the whole repository is concerned."""


@dataclass(frozen=True)
class Asked:
    """What the list asks for, as far as it was known when the command ran.

    Attributes:
        wishes: the entries that bring each tag: one, unless rules have chosen one tag from two sources.
        locked: digest that the lock has, by source and tag.
        unknown: repositories with a rule whose upstream did not say what there is.
        idle: repositories with a rule that chose nothing.
    """

    wishes: Mapping[Ref, tuple[Wish, ...]]
    locked: Mapping[Ref, str]
    unknown: frozenset[str]
    idle: frozenset[str]

    def settled(self, wish: Wish, tag: str) -> str | None:
        """The digest that list or lock say a tag must have in ECR; of one platform none says it."""
        if wish.platform:
            return None
        return self.pinned(wish, tag) or (self.locked.get((wish.source, tag)) if wish.is_fixed(tag) else None)

    def pinned(self, wish: Wish, tag: str) -> str | None:
        """The digest that is to be copied, whatever the tag names upstream."""
        if tag == REVIEWED:
            return digest(wish.reviewed)
        return self.locked.get((wish.source, tag)) if wish.pin == "digest" else None


def asked_for(scenario: Scenario, lock: str | None, world: World) -> Asked:
    """Read what is asked for from list and lock, and from what upstream listed first in this run."""
    entries = yaml.safe_load(lock)["images"] if lock else []
    locked = {(entry["source"], tag): said["digest"] for entry in entries for tag, said in entry["tags"].items()}
    wishes: dict[Ref, tuple[Wish, ...]] = {}
    unknown, idle = set(), set()
    for wish in scenario.wishes:
        if scenario.only not in ("", wish.repository):
            continue
        tags = set(wish.named)
        if lock:
            tags = {tag for source, tag in locked if source == wish.source}
        elif wish.rule:
            listed = world.listed.get(wish.source, [None])[0]
            chosen = RULES[wish.rule] & (listed or frozenset())
            if listed is None:
                unknown.add(wish.repository)
                continue
            if not chosen:
                idle.add(wish.repository)
            tags |= chosen
        for tag in tags:
            wishes[wish.repository, tag] = (*wishes.get((wish.repository, tag), ()), wish)
    return Asked(wishes, locked, frozenset(unknown), frozenset(idle))


def may_be_wanted(scenario: Scenario, lock: str | None, ref: Ref) -> bool:
    """Whether a list names a tag, or has a rule that could choose it."""
    repository, tag = ref
    locked = [(entry["source"], entry["tags"]) for entry in yaml.safe_load(lock)["images"]] if lock else []
    for wish in scenario.wishes:
        if wish.repository != repository:
            continue
        if any(source == wish.source and tag in tags for source, tags in locked):
            return True
        if not lock and (tag in wish.named or (wish.rule and tag in RULES[wish.rule])):
            return True
    return False
