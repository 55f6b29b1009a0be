"""Replicating: what the target lacks that ECR itself copies to it, and letting ECR begin."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from mirrorgen.destinations.kinds import start_backfill
from mirrorgen.destinations.port import Holdings, held_digest
from mirrorgen.errors import MirrorgenError
from mirrorgen.model.tags import settled_digest
from mirrorgen.operations.copying.evidence import Brought, brought
from mirrorgen.operations.copying.shortfalls import unlike_settled, without_repository
from mirrorgen.operations.copying.syncing import Patience, SyncResult
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.digests import upstream_digests
from mirrorgen.operations.upstream.selecting import Work, prepare
from mirrorgen.outcomes import Failure, Kind, TagRef


@dataclass(frozen=True, slots=True)
class ReplicationPlan:
    """What replication has yet to bring.

    Attributes:
        work: the list, with every tag known.
        held: what the target holds of it.
        behind: digest that the first target holds, by the tag under which this one holds none, or another.
        failures: tags that the first does not hold as the list asks, or that it could not be asked about.
    """

    work: Work
    held: Holdings
    behind: Mapping[TagRef, str]
    failures: tuple[Failure, ...]

    @property
    def missing(self) -> tuple[TagRef, ...]:
        """Tags that the target does not have."""
        return tuple(sorted(ref for ref in self.behind if held_digest(self.held, ref) is None))

    @property
    def differing(self) -> tuple[TagRef, ...]:
        """Tags that name another image in the target than in the first."""
        return tuple(sorted(ref for ref in self.behind if held_digest(self.held, ref) is not None))

    @property
    def later(self) -> tuple[Failure, ...]:
        """Those of `failures` that are over once the first target has been filled."""
        return tuple(failure for failure in self.failures if failure.kind is Kind.NOT_UPSTREAM and failure.ref.tag)


def plan_replication(runtime: Runtime, *, full: bool = False) -> ReplicationPlan:
    """Ask the target what it holds, and the first for what that does not prove.

    Args:
        runtime: of the list.
        full: ask the first for every tag, also where list or lock settle the digest and the target holds it.

    Raises:
        ToolUnusable, ToolFailed, UsageError: nothing is known of any image.
    """
    runtime.require_copying()
    work = prepare(runtime)
    return compare(runtime, work, runtime.held(work.desired), full=full)


def compare(runtime: Runtime, work: Work, held: Holdings, *, full: bool = False) -> ReplicationPlan:
    """Hold what the target has against what the first has; see `plan_replication`.

    Args:
        runtime: of the list.
        work: the list, with every tag known.
        held: what the target holds of it.
        full: as of `plan_replication`.
    """
    entries = brought(work.desired)
    asked = {
        ref: entry
        for ref, entry in entries.items()
        if full or held_digest(held, ref) is None or settled_digest(entry, ref.tag) != held_digest(held, ref)
    }
    digests, failures = upstream_digests(runtime, asked)
    wrong = _not_as_settled(runtime, asked, digests)
    behind = {ref: digest for ref, digest in digests.items() if ref not in wrong and held_digest(held, ref) != digest}
    return ReplicationPlan(work, held, behind, (*work.failures, *failures, *wrong.values()))


def replicate(runtime: Runtime, plan: ReplicationPlan, *, patience: Patience) -> SyncResult:
    """Let ECR replicate what was there before, if anything of it is missing, and look whether it has come.

    Args:
        runtime: of the list.
        plan: from `plan_replication`.
        patience: how often to look again, and how long to wait before it: ECR takes its time.

    Raises:
        ToolUnusable, ToolFailed, UsageError: the target cannot be asked.
    """
    held, known = plan.held, ""
    if plan.behind:
        known = _begin(runtime, plan)
        for attempt in range(patience.retries):
            if not _left(plan, held):
                break
            wait_s = patience.wait_s * 2**attempt
            runtime.say(f"looking again in {wait_s:g} s what ECR has replicated")
            time.sleep(wait_s)
            held = runtime.held(plan.work.desired)
    return _result(plan, held, known)


def _begin(runtime: Runtime, plan: ReplicationPlan) -> str:
    """Start the backfill; return what is known of it, the end of a sentence."""
    names = [repository.name for repository in plan.work.desired.repositories]
    lacking = [name for name in names if plan.held[name] is None]
    if runtime.left_alone:
        others = runtime.destination.held(dict.fromkeys(sorted(runtime.left_alone), ()))
        lacking += [name for name, tags in others.items() if tags is None]
    if lacking:
        # ECR would make them by itself, without the settings of the list, and Terraform could not any more.
        return f"it is asked for no backfill before {lacking[0]} exists"
    try:
        return start_backfill(runtime.destination.target, runtime.environ, say=runtime.say)
    except MirrorgenError as error:
        return f"its backfill could not be started: {error.message}"


def _left(plan: ReplicationPlan, held: Holdings) -> list[TagRef]:
    return [ref for ref, digest in plan.behind.items() if held_digest(held, ref) != digest]


def _result(plan: ReplicationPlan, held: Holdings, known: str) -> SyncResult:
    target, entries = plan.work.desired.target, brought(plan.work.desired)
    failures = list(plan.failures)
    for ref in sorted(_left(plan, held)):
        if held[ref.repository] is None:
            failures.append(without_repository(entries[ref], ref, target.label))
        else:
            reason = f"ECR has not replicated {plan.behind[ref]} to {target.label} yet; {known}"
            failures.append(entries[ref].failure(ref, Kind.UNAVAILABLE, reason))
    failed = {failure.ref for failure in failures}
    done = entries.keys() - failed
    copied = tuple(sorted(ref for ref in done if ref in plan.behind))
    return SyncResult(target.label, copied, len(done) - len(copied), tuple(failures))


def _not_as_settled(runtime: Runtime, asked: Brought, digests: Mapping[TagRef, str]) -> dict[TagRef, Failure]:
    """Tags that the first holds with another digest than list or lock: replication would only bring that."""
    first = runtime.desired.target.replicated_from
    assert first
    found = ((ref, unlike_settled(asked[ref], ref, digest, first.label)) for ref, digest in digests.items())
    return {ref: failure for ref, failure in found if failure}
