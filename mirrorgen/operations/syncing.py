"""Sync: let regsync copy, then look whether ECR holds what the list asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mirrorgen.desired.state import Repository
from mirrorgen.live.ecr import Holdings
from mirrorgen.operations.copying import Failure, TagRef, Work, failures_of, prepare, target_of
from mirrorgen.operations.pending import Pending, everything, pending
from mirrorgen.operations.runtime import Runtime
from mirrorgen.problems import Problem
from mirrorgen.rendering.files import render_regsync
from mirrorgen.tools import regsync
from mirrorgen.tools.regsync import Event, EventKind, Outcome

NOT_IN_ECR = "regsync reported no failure, but ECR does not hold the tag"
NOT_UPSTREAM = "upstream has no such tag"
NOT_AS_LOCKED = "ECR holds another digest than the lock"
NO_REPOSITORY = "the repository does not exist in ECR; run `mirrorgen plan` and `mirrorgen apply`"


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync did and what it left undone.

    Attributes:
        copied: tags that were copied and are in ECR now.
        unchanged: how many tags were in ECR as upstream has them.
        failures: tags that are not in ECR, or not as upstream has them, each with its reason.
    """

    copied: tuple[TagRef, ...]
    unchanged: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What a sync will do.

    Attributes:
        work: the list, with every tag known.
        held: what ECR holds before.
        todo: what regsync is given.
    """

    work: Work
    held: Holdings
    todo: Pending


def plan_sync(runtime: Runtime, *, full: bool = False) -> SyncPlan:
    """Ask ECR what it holds, and find what regsync has to look at.

    Upstream is asked only for rules that no lock has settled.

    Args:
        runtime: of the list.
        full: look at every tag, whatever ECR holds.

    Raises:
        ToolUnusable, ToolFailed, UsageError: nothing is known of any image.
    """
    runtime.regsync()
    runtime.ecr()
    work = prepare(runtime)
    held = runtime.held_tags(work.desired)
    return SyncPlan(work, held, (everything if full else pending)(work.desired, held))


def sync_images(runtime: Runtime, plan: SyncPlan, *, on_event: Callable[[Event], None] | None = None) -> SyncResult:
    """Copy what is missing or has moved, then ask ECR for what was copied.

    Args:
        runtime: of the list.
        plan: from `plan_sync`.
        on_event: told each thing regsync does, as it happens.

    Raises:
        ToolUnusable, ToolFailed, UsageError: nothing is known of any image.
    """
    work, outcome, held = plan.work, Outcome(), plan.held
    # regsync would fail for each tag of a repository that does not exist.
    there = tuple(one for one in plan.todo.desired.repositories if held[one.name] is not None)
    if there:
        given = replace(plan.todo.desired, repositories=there)
        runtime.say(f"regsync once, for {given.tag_count} of {work.desired.tag_count} tags")
        argv = regsync.once_argv(runtime.regsync())
        config = render_regsync(given)
        outcome = regsync.run(argv, config, runner=runtime.runner, env=runtime.env, on_event=on_event)
        held = {**held, **runtime.held_tags(given)}
    reported = {(failure.repository, failure.tag): failure.reason for failure in failures_of(outcome, work.desired)}
    attempted = {target_of(event) for event in outcome.of(EventKind.NEEDED)}
    copied, failures, unchanged = [], [*work.failures, *_idle(runtime, work.problems)], 0
    for repository in work.desired.repositories:
        tags = held[repository.name]
        for tag in repository.tags:
            ref = TagRef(repository.name, tag)
            reason = NO_REPOSITORY if tags is None else reported.get((ref.repository, tag))
            reason = reason or reported.get((ref.repository, ""))
            if reason is None and tag not in (tags or {}):
                reason = _why_missing(outcome, attempted=ref in attempted)
            if reason is None and _is_other_than_locked(repository, tag, tags or {}):
                reason = NOT_AS_LOCKED
            if reason is not None:
                failures.append(Failure(ref.repository, tag, reason, repository.owner or ""))
            elif ref in attempted:
                copied.append(ref)
            else:
                unchanged += 1
    return SyncResult(tuple(copied), unchanged, tuple(failures))


def _idle(runtime: Runtime, problems: Sequence[Problem]) -> Iterator[Failure]:
    by_index = {repository.index: repository for repository in runtime.desired.repositories}
    for problem in problems:
        repository = by_index[int(problem.path[1])]
        yield Failure(repository.name, "", problem.message, repository.owner or "")


def _is_other_than_locked(repository: Repository, tag: str, held: Mapping[str, str]) -> bool:
    """With one platform, ECR gets a part of what the locked digest names, which has a digest of its own."""
    if repository.copying.platform or tag not in repository.pinned:
        return False
    return held[tag] != repository.pinned[tag]


def _why_missing(outcome: Outcome, *, attempted: bool) -> str:
    if outcome.ended_early:
        return f"regsync ended before it came to this tag (exit code {outcome.code})"
    return NOT_IN_ECR if attempted else NOT_UPSTREAM
