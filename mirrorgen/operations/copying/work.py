"""Work: the desired state with every tag known, so that each can be looked for afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mirrorgen.desired.selection import idle_rule_problems, resolve, unmet
from mirrorgen.desired.sharing import tags_in_two
from mirrorgen.desired.state import DesiredState, Repository
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.selecting import select_upstream
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.problems import Problem


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be looked at or copied.

    Attributes:
        desired: the desired state in which every tag is known.
        failures: rules that select nothing or share a tag, and entries whose upstream could not be asked; the latter
            are not in `desired`.
        problems: rules that select nothing, with paths in the list.
    """

    desired: DesiredState
    failures: tuple[Failure, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def uncertain(self) -> frozenset[str]:
        """Repositories of which not everything is known, so that nothing in them may be taken for unwanted."""
        return frozenset(failure.ref.repository for failure in self.failures)


def prepare(runtime: Runtime) -> Work:
    """Find out what rules stand for that no lock has settled.

    Raises:
        ToolUnusable, UsageError: upstreams have to be asked and cannot be.
    """
    waiting = [(repository, entry) for repository, entry in runtime.desired.entries if entry.is_open]
    if not waiting:
        return Work(runtime.desired)
    asked = select_upstream(runtime, waiting)
    # An exact tag that is missing is noticed where it is to be copied, which the target may make needless.
    idle = [failure for failure in unmet(asked.selections) if failure.kind is Kind.RULE]
    failures = [*asked.failures, *idle]
    repositories: list[Repository] = []
    for repository in resolve(runtime.desired, asked.selections).repositories:
        kept, found = _without_shared_tags(repository)
        failures += found
        repositories += [kept] if kept.tags else []
    desired = replace(runtime.desired, repositories=tuple(repositories))
    return Work(desired, tuple(failures), tuple(idle_rule_problems(asked.selections)))


def _without_shared_tags(repository: Repository) -> tuple[Repository, list[Failure]]:
    """Leave out a tag that rules select from two sources: nobody has said which of them is meant."""
    twice = tags_in_two(repository.entries)
    if not twice:
        return repository, []
    failures = [
        second.failure(
            TagRef(repository.name, tag),
            Kind.RULE,
            f"{first.source} and {second.source} both have this tag; exclude it from one of them",
        )
        for tag, (first, second) in sorted(twice.items())
    ]
    return repository.reduced(set(repository.tags) - twice.keys()), failures
