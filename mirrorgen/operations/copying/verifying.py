"""Verifying: the digests of fixed tags that nobody looks at otherwise, held against those of their sources."""

from __future__ import annotations

from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.port import Holdings
from mirrorgen.model.tags import settled_digest
from mirrorgen.operations.copying.budget import Budget
from mirrorgen.operations.copying.evidence import brought
from mirrorgen.operations.copying.pending import Pending
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.digests import upstream_digests
from mirrorgen.outcomes import Failure, Kind, TagRef


def unlike_upstream(
    runtime: Runtime, desired: DesiredState, held: Holdings, todo: Pending, budget: Budget
) -> tuple[Failure, ...]:
    """Ask upstream about every tag that the target holds, that regsync is not given, and that no lock has settled.

    Returns:
        Tags that are another image upstream, and those that could not be compared.

    Raises:
        ToolUnusable, UsageError: upstream cannot be asked.
    """
    looked_at = brought(todo.desired)

    def holds(ref: TagRef) -> str | None:
        return (held[ref.repository] or {}).get(ref.tag)

    compared = {
        ref: entry
        for ref, entry in brought(desired).items()
        if ref not in looked_at and holds(ref) and settled_digest(entry, ref.tag) is None
    }
    # Of one platform, the digest stands in the index, which is a pull.
    too_much = {
        ref: entry.failure(ref, Kind.OVER_BUDGET, f"not compared: no pulls of {entry.source.host} are left to this run")
        for ref, entry in compared.items()
        if entry.copying.platform and not budget.take(entry.source.host, 1)
    }
    digests, failures = upstream_digests(
        runtime, {ref: entry for ref, entry in compared.items() if ref not in too_much}
    )
    label = desired.target.label
    differing = [
        compared[ref].failure(
            ref,
            Kind.DIFFERS,
            f"{label} holds another digest than {compared[ref].source.host} has now, and the tag should never move",
        )
        for ref, digest in digests.items()
        if digest != holds(ref)
    ]
    return (*too_much.values(), *failures, *differing)
