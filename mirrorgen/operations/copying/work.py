"""What regsync is given to copy, and what it says of each tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mirrorgen.desired.choices import idle_rule_problems, resolve
from mirrorgen.desired.state import DesiredState
from mirrorgen.operations.copying.reasons import Reason, reason_of
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.selecting import ask_upstreams
from mirrorgen.problems import Problem
from mirrorgen.tools.regsync import Event, EventKind, Outcome


@dataclass(frozen=True, slots=True, order=True)
class TagRef:
    """A tag in a target repository."""

    repository: str
    tag: str

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, slots=True)
class Failure:
    """A tag that could not be looked at or copied, why, and whose it is; without `tag`, a whole repository."""

    repository: str
    tag: str
    reason: str
    owner: str = ""

    @property
    def kind(self) -> Reason:
        """One of few words for the reason."""
        return reason_of(self.reason)

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}" if self.tag else self.repository


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be looked at or copied.

    Attributes:
        desired: the desired state in which every tag is known.
        failures: repositories whose upstream could not be asked; they are not in `desired`.
        problems: rules that choose nothing, with paths in the list.
    """

    desired: DesiredState
    failures: tuple[Failure, ...] = ()
    problems: tuple[Problem, ...] = ()


def prepare(runtime: Runtime) -> Work:
    """Find out what rules stand for that no lock has settled, so that afterwards each tag can be looked for.

    Raises:
        ToolUnusable, UsageError: upstreams have to be asked and cannot be.
    """
    desired = runtime.desired
    waiting = [repository for repository in desired.repositories if repository.is_open]
    if not waiting:
        return Work(desired)
    chosen = ask_upstreams(runtime, waiting)
    known = resolve(desired, chosen.choices)
    failures = tuple(
        Failure(one.name, "", chosen.failures[str(one.source)], one.owner or "")
        for one in waiting
        if str(one.source) in chosen.failures
    )
    return Work(known, failures, tuple(idle_rule_problems(chosen.choices)))


def idle_failures(work: Work) -> Iterator[Failure]:
    """Yield a failure for each repository whose rule chooses nothing."""
    by_index = {repository.index: repository for repository in work.desired.repositories}
    for problem in work.problems:
        repository = by_index[int(problem.path[1])]
        yield Failure(repository.name, "", problem.message, repository.owner or "")


def target_of(event: Event) -> TagRef:
    """Return the repository and tag that an event's target names."""
    repository, _, tag = event.target.partition("/")[2].rpartition(":")
    return TagRef(repository, tag)


def failures_of(outcome: Outcome, desired: DesiredState) -> tuple[Failure, ...]:
    """Return what failed, with regsync's reason.

    Where a whole upstream repository could not be listed, the failure is that of the target repository.
    """
    owners = {repository.name: repository.owner or "" for repository in desired.repositories}
    known = _targets(desired)
    found: set[Failure] = set()
    for event in outcome.of(EventKind.FAILED, EventKind.SKIPPED):
        for ref in [target_of(event)] if event.target else _refs_of(event, known):
            found.add(Failure(ref.repository, ref.tag, event.reason, owners.get(ref.repository, "")))
    return tuple(sorted(found, key=lambda failure: (failure.repository, failure.tag)))


def _targets(desired: DesiredState) -> dict[str, list[TagRef]]:
    """Where a source goes, and where a pinned digest of it goes."""
    known: dict[str, list[TagRef]] = {}
    for repository in desired.repositories:
        known.setdefault(str(repository.source), []).append(TagRef(repository.name, ""))
        for tag, digest in repository.pinned.items():
            known.setdefault(f"{repository.source}@{digest}", []).append(TagRef(repository.name, tag))
    return known


def _refs_of(event: Event, known: Mapping[str, list[TagRef]]) -> list[TagRef]:
    """What an event is about that names only a source."""
    if event.source in known:
        return known[event.source]
    if event.kind is EventKind.SKIPPED:
        source, tag = event.source.rsplit(":", 1)
    else:
        # regclient adds `:latest` to a reference without a tag.
        source, tag = event.source.removesuffix(":latest"), ""
    return [TagRef(ref.repository, tag) for ref in known.get(source, [TagRef(source, "")])]
