"""Sync: let regsync copy, then look whether the target holds what the list asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from mirrorgen.desired.selection import NOT_UPSTREAM
from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.port import Holdings, held_digest
from mirrorgen.errors import ToolFailed
from mirrorgen.model.images import Entry
from mirrorgen.operations.copying.account import Account
from mirrorgen.operations.copying.budget import Budget, Requests, left_for_later
from mirrorgen.operations.copying.evidence import Word, brought, failures_of, words_of
from mirrorgen.operations.copying.following import Following
from mirrorgen.operations.copying.pending import Pending, pass_gates, pending, reduced
from mirrorgen.operations.copying.shortfalls import unlike_settled, without_repository
from mirrorgen.operations.copying.verifying import unlike_upstream
from mirrorgen.operations.copying.weighing import scales
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.selecting import Work, prepare
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
        budget: what is left of the pulls of each upstream registry.
        requests: what that asks of each upstream registry.
        held_back: tags that a gate does not let through now.
        unlike: fixed tags that upstream was asked about, and that are not the same there, or could not be compared.
        has_asked: whether upstream was asked something since then, which took its time.
    """

    work: Work
    held: Holdings
    todo: Pending
    budget: Budget
    requests: tuple[Requests, ...] = ()
    held_back: tuple[Failure, ...] = ()
    unlike: tuple[Failure, ...] = ()
    has_asked: bool = False

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Everything of which it is known beforehand that it will not be as the list asks."""
        return (*self.work.failures, *self.held_back, *self.unlike)


def plan_sync(runtime: Runtime, *, full: bool = False, verify: bool = False, may_pull: bool = True) -> SyncPlan:
    """Ask the target what it holds, and find what regsync has to look at.

    Upstream is asked only for rules that no lock has settled, unless `verify`, and for what images take of a registry
    with a limit, unless nothing may be pulled.

    Args:
        runtime: of the list.
        full: let regsync look at every tag, whatever the target holds.
        verify: also ask upstream for the digests of fixed tags that the target holds and no lock has settled.
        may_pull: whether a registry with a limit may be asked for indexes, which it counts.

    Raises:
        ToolUnusable, ToolFailed, UsageError: nothing is known of any image.
    """
    runtime.require_copying()
    work = prepare(runtime)
    held = runtime.held(work.desired)
    wanted = pending(work.desired, held, full=full)
    account = Account(runtime.allowance, runtime.desired.registries)
    # What waits for others is not weighed: its upstream would be asked for nothing.
    ready, waiting = pass_gates(wanted, [Following(runtime)])
    budget = Budget(account, scales(runtime, ready, held, account, ask=may_pull))
    todo, over_budget = pass_gates(ready, [budget])
    unlike = unlike_upstream(runtime, work.desired, held, wanted, account) if verify else ()
    has_asked = verify or not wanted.is_empty
    held_back = (*waiting, *over_budget)
    return SyncPlan(work, held, todo, budget, budget.requests(todo), held_back, unlike, has_asked)


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
            runtime.warn(f"{needed}, and this run may make {request.limit}")
    run = _Run(runtime, plan, on_event)
    run.copy(plan.todo.desired)
    for attempt in range(patience.retries):
        again = run.worth_trying_again(plan)
        if not again.repositories:
            break
        wait_s = patience.wait_s * 2**attempt
        runtime.say(f"trying {again.tag_count} tags again in {wait_s:g} s")
        time.sleep(wait_s)
        run.copy(again)
    return run.result()


class _Run:
    """What is known of each tag, after each time that regsync has run.

    A tag is done only if something proves it and the last list of the target shows it with the digest that was proven.
    """

    def __init__(self, runtime: Runtime, plan: SyncPlan, on_event: Callable[[Event], None] | None) -> None:
        self._runtime = runtime
        self._work = plan.work
        self._entries = brought(plan.work.desired)
        self._held = plan.held
        self._label = plan.work.desired.target.label
        self._account = plan.budget.account
        self._on_event = on_event
        self._has_asked = plan.has_asked
        self._attempts = 0
        self._copied: set[TagRef] = set()
        self._failed = {failure.ref: failure for failure in (*plan.held_back, *plan.unlike)}
        self._unlike = {failure.ref for failure in plan.unlike}
        looked_at = brought(plan.todo.desired)
        # A fixed tag that the target holds is what it has to be, or the lock says otherwise.
        self._proven = {ref: self._digest(ref) for ref in self._entries if ref not in looked_at}

    def copy(self, wanted: DesiredState) -> None:
        """Let regsync copy, and ask the target for everything that it holds then."""
        # regsync would fail for each tag of a repository that must exist and does not.
        given = reduced(wanted, lambda repository, _tag: not self._lacks_repository(repository))
        if not given.repositories:
            return
        runtime = self._runtime
        runtime.say(f"regsync once, for {given.tag_count} of {self._work.desired.tag_count} tags")
        config = runtime.regsync_config(given)
        on_pull = self._account.copied if self._account.allowance else None
        outcome = runtime.regsync().once(config, on_event=self._on_event, on_pull=on_pull)
        self._account.settle()
        if outcome.trouble and not outcome.ended_early and not self._attempts:
            raise ToolFailed(outcome.trouble)
        self._attempts += 1
        before, self._held = self._held, runtime.held(self._work.desired)
        words = words_of(outcome, runtime.destination.target.address)
        failed = failures_of(outcome, given)
        for ref, entry in brought(given).items():
            was = held_digest(before, ref)
            word = words.get(ref)
            doubt = failed.get(ref) or self._doubt(ref, entry, word, outcome, was)
            self._failed.pop(ref, None)
            self._proven.pop(ref, None)
            # A copy that failed at its end may have been stored; otherwise it is somebody else's that is there later.
            if word and word.is_copied and (word.digest or not doubt):
                self._copied.add(ref)
            if doubt:
                self._failed[ref] = doubt
            else:
                self._proven[ref] = self._digest(ref)

    def worth_trying_again(self, plan: SyncPlan) -> DesiredState:
        """Return the tags that failed for a reason that may pass, as far as the budget has pulls for them.

        What was only to be compared is not among them: regsync would copy what differs.
        """
        again = {failure.ref for failure in self._failures() if failure.kind in RETRYABLE} - self._unlike
        wanted = reduced(self._work.desired, lambda repository, tag: TagRef(repository, tag) in again)
        todo, _ = plan.budget(Pending(wanted, tuple(sorted(again)), ()))
        return todo.desired

    def result(self) -> SyncResult:
        """Return what came of it all."""
        if self._has_asked and not self._attempts:
            self._held = self._runtime.held(self._work.desired)
        failures = self._explained(tuple(self._failures()))
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
            return without_repository(entry, ref, self._label)
        if ref in self._failed:
            return self._failed[ref]
        held = self._digest(ref)
        if held is None:
            return entry.failure(ref, Kind.UNAVAILABLE, f"{self._label} does not hold the tag at the end of the run")
        if held != self._proven.get(ref):
            # Somebody else has put it there in the meantime, and it is not for us to replace.
            reason = f"{self._label} holds {held} at the end of the run, and {self._proven.get(ref)} was found before"
            return entry.failure(ref, Kind.DIFFERS, reason)
        return unlike_settled(entry, ref, held, self._label)

    def _doubt(self, ref: TagRef, entry: Entry, word: Word | None, outcome: Outcome, was: str | None) -> Failure | None:
        """Say why regsync's word is no proof for a tag that it did not fail at, if it is none."""
        held = self._digest(ref)
        is_copy = word is not None and word.kind is EventKind.NEEDED
        ended = outcome.ended_early or bool(outcome.trouble)
        host = entry.host
        if host in self._account.overdrawn and (word is None or is_copy):
            return entry.failure(ref, Kind.OVER_BUDGET, left_for_later(host, self._account.allowance[host]))
        if ended and (word is None or is_copy):
            how_far = "was done with" if is_copy else "came to"
            reason = f"regsync ended before it {how_far} this tag (exit code {outcome.code})"
        elif word is None:
            return entry.failure(ref, Kind.NOT_UPSTREAM, NOT_UPSTREAM)
        elif held is None:
            reason = f"regsync reported no failure, but {self._label} does not hold the tag"
        elif word.digest not in {None, held}:
            reason = f"{self._label} answered regsync that the tag names {word.digest}, and lists it as {held}"
        elif is_copy and held == was:
            reason = f"regsync reported no failure, but {self._label} holds the tag as before"
        elif not is_copy and was is not None and held != was:
            reason = f"{self._label} has changed while regsync compared the tag"
        else:
            return None
        return entry.failure(ref, Kind.UNAVAILABLE, reason)

    def _explained(self, failures: tuple[Failure, ...]) -> tuple[Failure, ...]:
        """Ask the target about tags that it does not hold: it may know more than regsync was told."""
        absent: dict[str, list[str]] = {}
        for failure in failures:
            if self._held[failure.ref.repository] is not None and self._digest(failure.ref) is None:
                absent.setdefault(failure.ref.repository, []).append(failure.ref.tag)
        known: dict[TagRef, str] = {}
        for repository, tags in absent.items():
            # What is known already is said, whether or not the target explains it.
            with suppress(ToolFailed):
                reasons = self._runtime.destination.why_absent(repository, tags)
                known |= {TagRef(repository, tag): reason for tag, reason in reasons.items()}
        return tuple(
            replace(failure, kind=Kind.REFUSED, reason=known[failure.ref]) if failure.ref in known else failure
            for failure in failures
        )

    def _digest(self, ref: TagRef) -> str | None:
        return held_digest(self._held, ref)

    def _lacks_repository(self, repository: str) -> bool:
        return self._held[repository] is None and self._work.desired.target.is_provisioned
