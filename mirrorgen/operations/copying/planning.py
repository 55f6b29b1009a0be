"""Plan the copies: what regsync would do, as it says itself."""

from __future__ import annotations

from mirrorgen.desired.selection import NOT_UPSTREAM
from mirrorgen.destinations.port import Holdings
from mirrorgen.errors import ToolFailed
from mirrorgen.operations.copying.evidence import brought, failures_of, words_of
from mirrorgen.operations.copying.pending import pending
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.selecting import Work
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.tools.regsync import EventKind


def plan_copies(runtime: Runtime, work: Work, held: Holdings) -> tuple[tuple[TagRef, ...], tuple[Failure, ...]]:
    """Let regsync check what the target may lack; return tags to copy, and what is nowhere or cannot be looked at.

    Args:
        runtime: of the list.
        work: the list, with every tag known.
        held: what the target holds of it.

    Raises:
        ToolFailed: regsync failed, and nothing is known of any image.
    """
    todo = pending(work.desired, held)
    if todo.is_empty:
        return (), work.failures
    runtime.say("regsync check")
    outcome = runtime.regsync().check(runtime.regsync_config(todo.desired))
    if outcome.trouble:
        raise ToolFailed(outcome.trouble)
    words, failed = words_of(outcome, runtime.destination.target.address), failures_of(outcome, todo.desired)
    copies = {ref for ref, word in words.items() if word.kind is EventKind.NEEDED}
    nowhere = [
        entry.failure(ref, Kind.NOT_UPSTREAM, NOT_UPSTREAM)
        for ref, entry in brought(todo.desired).items()
        if ref not in words and ref not in failed
    ]
    missing = set(todo.missing)
    label = work.desired.target.label
    denied = [
        entry.failure(ref, Kind.UNAVAILABLE, f"{label} answered regsync that it has the tag, and does not list it")
        for ref, entry in brought(todo.desired).items()
        if ref in missing and ref in words and words[ref].kind is not EventKind.NEEDED and ref not in failed
    ]
    found = sorted([*failed.values(), *nowhere, *denied], key=lambda failure: failure.ref)
    return tuple(sorted(copies)), (*work.failures, *found)
