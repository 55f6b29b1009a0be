"""The desired state joined with what upstream has: which tags each entry stands for now."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mirrorgen.desired.selection import Selected, select
from mirrorgen.desired.state import DesiredState, Repository
from mirrorgen.master_list.rules import passes
from mirrorgen.problems import Problem


@dataclass(frozen=True, slots=True)
class Choice:
    """What an entry stands for now.

    Attributes:
        repository: of the entry.
        available: how many tags upstream has.
        selected: those that are kept, sorted.
        absent: exact tags that upstream does not have, each with the nearest one it has, or nothing.
    """

    repository: Repository
    available: int
    selected: tuple[Selected, ...]
    absent: tuple[tuple[str, str], ...]

    @property
    def is_rule_idle(self) -> bool:
        """Whether the rule chooses nothing; a tag that stands under `exact` too is chosen all the same."""
        rule = self.repository.rule
        return rule.is_open and not any(passes(rule, one.tag) for one in self.selected)


def choose(repositories: Sequence[Repository], listings: Mapping[str, Sequence[str]]) -> tuple[Choice, ...]:
    """Let each entry choose; entries without a listing are left out.

    Args:
        repositories: of the desired state.
        listings: what upstream has, by source.
    """
    return tuple(
        _choose(repository, listings[str(repository.source)])
        for repository in repositories
        if str(repository.source) in listings
    )


def choice_problems(choices: Sequence[Choice]) -> Iterator[Problem]:
    """Yield rules that choose nothing and exact tags that upstream does not have, with paths in the list."""
    yield from idle_rule_problems(choices)
    for choice in choices:
        rule, path = choice.repository.rule, ("images", choice.repository.index, "tags")
        for tag, near in choice.absent:
            where = (*path, "exact") if rule.is_mapping else path
            hint = f"did you mean {near!r}?" if near else "upstream may have removed it: take it off the list"
            message = f"{choice.repository.source} has no tag {tag!r}"
            yield Problem("tag-not-upstream", message, (*where, rule.exact.index(tag)), hint)


def idle_rule_problems(choices: Sequence[Choice]) -> Iterator[Problem]:
    """Yield rules that choose nothing, with paths in the list."""
    for choice in choices:
        if not choice.is_rule_idle:
            continue
        rule, path = choice.repository.rule, ("images", choice.repository.index, "tags")
        message = f"no tag of {choice.repository.source} fits this rule now; {choice.available} were looked at"
        hint = "look at what upstream has: `mirrorgen tags --save FILE`"
        if rule.newest is not None and rule.order == "version":
            hint = "`newest` takes only tags that are versions; order: alphabetical takes the last of all"
        yield Problem("rule-selects-nothing", message, path, hint)


def resolve(state: DesiredState, choices: Sequence[Choice]) -> DesiredState:
    """Put what was chosen in the place of rules; an entry without a choice is left out if it is open."""
    chosen = {choice.repository.name: choice for choice in choices}
    resolved = (_resolved(repository, chosen.get(repository.name)) for repository in state.repositories)
    return replace(state, repositories=tuple(one for one in resolved if one is not None))


def _choose(repository: Repository, listing: Sequence[str]) -> Choice:
    available = set(listing)
    absent = [tag for tag in repository.rule.exact if tag not in available]
    near = [(tag, next(iter(difflib.get_close_matches(tag, listing, n=1)), "")) for tag in absent]
    return Choice(repository, len(available), select(repository.rule, available), tuple(near))


def _resolved(repository: Repository, choice: Choice | None) -> Repository | None:
    if not repository.is_open:
        return repository
    if choice is None:
        return None
    tags = {*repository.tags, *(one.tag for one in choice.selected)}
    return replace(repository, tags=tuple(sorted(tags)), is_open=False)
