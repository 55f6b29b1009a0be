"""Sync: let regsync copy, then look whether ECR holds what the list asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mirrorgen.desired.state import Repository
from mirrorgen.destinations.ecr.api import Holdings
from mirrorgen.operations.copying.budget import Requests, requests_of, within_limits
from mirrorgen.operations.copying.pending import Pending, everything, pending, reduced
from mirrorgen.operations.copying.reasons import RETRYABLE
from mirrorgen.operations.copying.work import Failure, TagRef, Work, failures_of, idle_failures, prepare, target_of
from mirrorgen.operations.runtime import Runtime
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
        requests: what that asks of each upstream registry.
        left: tags that are left for a later run, because a registry would not allow them now.
    """

    work: Work
    held: Holdings
    todo: Pending
    requests: tuple[Requests, ...] = ()
    left: tuple[Failure, ...] = ()


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
    todo, left = within_limits((everything if full else pending)(work.desired, held), work.desired.registries)
    return SyncPlan(work, held, todo, requests_of(todo, work.desired.registries), left)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try again what may succeed later, and how long to wait before it.

    Attributes:
        retries: how often.
        wait_s: seconds before the first time; twice as long before each further one.
    """

    retries: int = 0
    wait_s: float = 0.0


def sync_images(
    runtime: Runtime,
    plan: SyncPlan,
    *,
    patience: Patience = Patience(),
    on_event: Callable[[Event], None] | None = None,
) -> SyncResult:
    """Copy what is missing or has moved, then ask ECR for what was copied.

    Args:
        runtime: of the list.
        plan: from `plan_sync`.
        patience: what to do about failures that may pass.
        on_event: told each thing regsync does, as it happens.

    Raises:
        ToolUnusable, ToolFailed, UsageError: nothing is known of any image.
    """
    for one in plan.requests:
        if one.is_close:
            runtime.say(f"warning: about {one.pulls} of the {one.limit} pulls that {one.host} allows in six hours")
    run = _Run(runtime, plan, on_event)
    # regsync would fail for each tag of a repository that does not exist.
    run.copy([one for one in plan.todo.desired.repositories if plan.held[one.name] is not None])
    for attempt in range(patience.retries):
        again = run.worth_trying_again()
        if not again:
            break
        wait_s = patience.wait_s * 2**attempt
        count = sum(len(one.tags) for one in again)
        runtime.say(f"trying {count} tags again in {wait_s:g} s")
        time.sleep(wait_s)
        run.copy(again)
    return run.result()


class _Run:
    """What is known of each tag, after each time that regsync has run."""

    def __init__(self, runtime: Runtime, plan: SyncPlan, on_event: Callable[[Event], None] | None) -> None:
        self._runtime = runtime
        self._work = plan.work
        self._held = dict(plan.held)
        self._on_event = on_event
        self._attempted: set[TagRef] = set()
        self._reported = {TagRef(one.repository, one.tag): one.reason for one in plan.left}

    def copy(self, repositories: Sequence[Repository]) -> None:
        """Let regsync copy, and ask ECR for what it holds then."""
        if not repositories:
            return
        runtime, given = self._runtime, replace(self._work.desired, repositories=tuple(repositories))
        runtime.say(f"regsync once, for {given.tag_count} of {self._work.desired.tag_count} tags")
        argv = regsync.once_argv(runtime.regsync())
        config = render_regsync(given)
        outcome = regsync.run(argv, config, runner=runtime.runner, env=runtime.env, on_event=self._on_event)
        self._held |= runtime.held_tags(given)
        refs = {TagRef(one.name, tag) for one in repositories for tag in one.tags}
        self._attempted |= {target_of(event) for event in outcome.of(EventKind.NEEDED)}
        # A failure without a tag is that of the whole repository.
        said = {TagRef(one.repository, one.tag): one.reason for one in failures_of(outcome, given)}
        for ref in refs:
            reason = said.get(ref) or said.get(TagRef(ref.repository, "")) or self._why_missing(ref, outcome)
            self._reported.pop(ref, None)
            if reason:
                self._reported[ref] = reason

    def _why_missing(self, ref: TagRef, outcome: Outcome) -> str | None:
        if ref.tag in (self._held[ref.repository] or {}):
            return None
        if outcome.ended_early:
            return f"regsync ended before it came to this tag (exit code {outcome.code})"
        return NOT_IN_ECR if ref in self._attempted else NOT_UPSTREAM

    def _reason(self, repository: Repository, tag: str) -> str | None:
        tags = self._held[repository.name]
        if tags is None:
            return NO_REPOSITORY
        reason = self._reported.get(TagRef(repository.name, tag))
        if reason is None and _is_other_than_locked(repository, tag, tags):
            return NOT_AS_LOCKED
        return reason

    def _failures(self) -> Iterator[Failure]:
        for repository in self._work.desired.repositories:
            for tag in repository.tags:
                reason = self._reason(repository, tag)
                if reason:
                    yield Failure(repository.name, tag, reason, repository.owner or "")

    def worth_trying_again(self) -> list[Repository]:
        """Return the repositories with tags that failed for a reason that may pass, and with these tags alone."""
        tags: dict[str, set[str]] = {}
        for failure in self._failures():
            if failure.kind in RETRYABLE:
                tags.setdefault(failure.repository, set()).add(failure.tag)
        return [reduced(one, tags[one.name]) for one in self._work.desired.repositories if one.name in tags]

    def result(self) -> SyncResult:
        """Return what came of it all."""
        failures = list(self._failures())
        failed = {(failure.repository, failure.tag) for failure in failures}
        done = [
            TagRef(one.name, tag)
            for one in self._work.desired.repositories
            for tag in one.tags
            if (one.name, tag) not in failed
        ]
        copied = tuple(ref for ref in done if ref in self._attempted)
        others = (*self._work.failures, *idle_failures(self._work))
        return SyncResult(copied, len(done) - len(copied), (*others, *failures))


def _is_other_than_locked(repository: Repository, tag: str, held: Mapping[str, str]) -> bool:
    """With one platform, ECR gets a part of what the locked digest names, which has a digest of its own."""
    if repository.copying.platform or tag not in repository.pinned:
        return False
    return held.get(tag) != repository.pinned[tag]
