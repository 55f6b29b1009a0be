"""Sync: let regsync copy, then look whether the target holds what the list asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mirrorgen.desired.selection import NOT_UPSTREAM
from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.port import Holdings
from mirrorgen.errors import ToolFailed
from mirrorgen.model.images import Entry
from mirrorgen.operations.copying.budget import BudgetGate, Requests, requests_of
from mirrorgen.operations.copying.evidence import brought, failures_of, target_of
from mirrorgen.operations.copying.gates import Gate, pass_gates
from mirrorgen.operations.copying.pending import Pending, pending, reduced
from mirrorgen.operations.copying.work import Work, prepare
from mirrorgen.operations.runtime import Runtime
from mirrorgen.outcomes import RETRYABLE, Failure, Kind, TagRef
from mirrorgen.tools.regsync import Event, EventKind, Outcome


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync did and what it left undone.

    Attributes:
        target: what the target is called.
        copied: tags that were copied and are in the target now.
        unchanged: how many tags were in the target as upstream has them.
        failures: tags that are not in the target, or not as upstream has them, each with its reason.
    """

    target: str
    copied: tuple[TagRef, ...]
    unchanged: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What a sync will do.

    Attributes:
        work: the list, with every tag known.
        held: what the target holds before.
        todo: what regsync is given.
        requests: what that asks of each upstream registry.
        held_back: tags that a gate does not let through now.
    """

    work: Work
    held: Holdings
    todo: Pending
    requests: tuple[Requests, ...] = ()
    held_back: tuple[Failure, ...] = ()


def plan_sync(runtime: Runtime, *, full: bool = False) -> SyncPlan:
    """Ask the target what it holds, and find what regsync has to look at.

    Upstream is asked only for rules that no lock has settled.

    Args:
        runtime: of the list.
        full: look at every tag, whatever the target holds.

    Raises:
        ToolUnusable, ToolFailed, UsageError: nothing is known of any image.
    """
    runtime.require_copying()
    work = prepare(runtime)
    held = runtime.held(work.desired)
    gates: list[Gate] = [BudgetGate(runtime.allowance)]
    todo, held_back = pass_gates(pending(work.desired, held, full=full), gates)
    return SyncPlan(work, held, todo, requests_of(todo, runtime.allowance), held_back)


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
    """Copy what is missing or has moved, then ask the target for what was copied.

    Args:
        runtime: of the list.
        plan: from `plan_sync`.
        patience: what to do about failures that may pass.
        on_event: told each thing regsync does, as it happens.

    Raises:
        ToolUnusable, ToolFailed, UsageError: nothing is known of any image.
    """
    for request in plan.requests:
        if request.is_close:
            needed = f"about {request.pulls} pulls of {request.host} are needed"
            runtime.say(f"warning: {needed}, and this run may make {request.limit}")
    run = _Run(runtime, plan, on_event)
    run.copy(plan.todo.desired)
    for attempt in range(patience.retries):
        again = run.worth_trying_again()
        if not again.repositories:
            break
        wait_s = patience.wait_s * 2**attempt
        runtime.say(f"trying {again.tag_count} tags again in {wait_s:g} s")
        time.sleep(wait_s)
        run.copy(again)
    return run.result()


class _Run:
    """What is known of each tag, after each time that regsync has run."""

    def __init__(self, runtime: Runtime, plan: SyncPlan, on_event: Callable[[Event], None] | None) -> None:
        self._runtime = runtime
        self._work = plan.work
        self._entries = brought(plan.work.desired)
        self._held: Holdings = plan.held
        self._label = plan.work.desired.target.label
        self._on_event = on_event
        self._attempts = 0
        self._copied: set[TagRef] = set()
        self._failed = {failure.ref: failure for failure in plan.held_back}

    def copy(self, wanted: DesiredState) -> None:
        """Let regsync copy, and ask the target for what it holds then."""
        # regsync would fail for each tag of a repository that must exist and does not.
        given = reduced(wanted, lambda repository, _tag: not self._lacks_repository(repository))
        if not given.repositories:
            return
        runtime = self._runtime
        runtime.say(f"regsync once, for {given.tag_count} of {self._work.desired.tag_count} tags")
        outcome = runtime.regsync().once(runtime.regsync_config(given), on_event=self._on_event)
        if outcome.trouble and not outcome.ended_early and not self._attempts:
            raise ToolFailed(outcome.trouble)
        self._attempts += 1
        before, self._held = self._held, {**self._held, **runtime.held(given)}
        self._copied |= {target_of(event) for event in outcome.of(EventKind.NEEDED)}
        said = failures_of(outcome, given)
        unsettled = self._unsettled(outcome, before)
        for ref, entry in brought(given).items():
            self._failed.pop(ref, None)
            failure = said.get(ref) or self._why(ref, entry, outcome, is_unsettled=unsettled(ref))
            if failure:
                self._failed[ref] = failure

    def worth_trying_again(self) -> DesiredState:
        """Return the tags that failed for a reason that may pass."""
        again = {failure.ref for failure in self._failures() if failure.kind in RETRYABLE}
        return reduced(self._work.desired, lambda repository, tag: TagRef(repository, tag) in again)

    def result(self) -> SyncResult:
        """Return what came of it all."""
        failures = tuple(self._failures())
        failed = {failure.ref for failure in failures}
        done = [ref for ref in self._entries if ref not in failed]
        copied = tuple(sorted(ref for ref in done if ref in self._copied))
        return SyncResult(self._label, copied, len(done) - len(copied), (*self._work.failures, *failures))

    def _failures(self) -> Iterator[Failure]:
        for ref, entry in self._entries.items():
            failure = self._failure(ref, entry)
            if failure:
                yield failure

    def _failure(self, ref: TagRef, entry: Entry) -> Failure | None:
        if self._lacks_repository(ref.repository):
            reason = f"the repository does not exist in {self._label}; run `mirrorgen plan` and `mirrorgen apply`"
            return _failed(ref, entry, Kind.NO_REPOSITORY, reason)
        if ref in self._failed:
            return self._failed[ref]
        if _is_other_than_pinned(ref, entry, self._held[ref.repository] or {}):
            said = "list" if ref.tag in entry.rule.digests else "lock"
            return _failed(ref, entry, Kind.NOT_AS_LOCKED, f"{self._label} holds another digest than the {said}")
        return None

    def _lacks_repository(self, repository: str) -> bool:
        return self._held[repository] is None and self._work.desired.target.is_provisioned

    def _unsettled(self, outcome: Outcome, before: Holdings) -> Callable[[TagRef], bool]:
        """Return what tells of a tag whether regsync ended before it had compared or copied it."""
        if not (outcome.trouble or outcome.ended_early):
            return lambda _ref: False
        compared = {target_of(event) for event in outcome.of(EventKind.MATCHES)}
        return lambda ref: ref not in compared and _digest(self._held, ref) in {None, _digest(before, ref)}

    def _why(self, ref: TagRef, entry: Entry, outcome: Outcome, *, is_unsettled: bool) -> Failure | None:
        """Say why a tag of which regsync reported no failure is not known to be as upstream has it."""
        if is_unsettled:
            reason = f"regsync ended before it came to this tag (exit code {outcome.code})"
            return _failed(ref, entry, Kind.UNAVAILABLE, reason)
        if _digest(self._held, ref):
            return None
        if ref in self._copied:
            reason = f"regsync reported no failure, but {self._label} does not hold the tag"
            return _failed(ref, entry, Kind.UNAVAILABLE, reason)
        return _failed(ref, entry, Kind.NOT_UPSTREAM, NOT_UPSTREAM)


def _digest(held: Holdings, ref: TagRef) -> str | None:
    return (held[ref.repository] or {}).get(ref.tag)


def _failed(ref: TagRef, entry: Entry, kind: Kind, reason: str) -> Failure:
    return Failure(ref, kind, reason, entry.owner, str(entry.source))


def _is_other_than_pinned(ref: TagRef, entry: Entry, held: Mapping[str, str]) -> bool:
    """With one platform, the target gets a part of what the digest names, which has a digest of its own."""
    pinned = entry.pinned(ref.tag)
    return entry.copying.platform is None and pinned is not None and held.get(ref.tag) != pinned
