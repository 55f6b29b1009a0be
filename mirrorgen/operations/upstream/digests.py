"""Digests that tags have at their sources now, as the target should have them."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorgen.model.images import Entry
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.asking import Upstreams
from mirrorgen.outcomes import Failure, TagRef


def upstream_digests(runtime: Runtime, wanted: Mapping[TagRef, Entry]) -> tuple[dict[TagRef, str], tuple[Failure, ...]]:
    """Ask upstream for digests: a HEAD request for each tag, a pull for one of which the list wants one platform.

    Args:
        runtime: of the list.
        wanted: tags, and the entry that brings each.

    Returns:
        Digest by tag, and why the others could not be asked for.

    Raises:
        ToolUnusable, UsageError: upstream cannot be asked.
    """
    if not wanted:
        return {}, ()
    runtime.say(f"asking where images are read for {len(wanted)} digests")
    upstreams = Upstreams(runtime)
    digests: dict[TagRef, str] = {}
    failures: list[Failure] = []
    for platform in sorted({entry.picks or "" for entry in wanted.values()}):
        references = {ref: entry.reference(ref.tag) for ref, entry in wanted.items() if (entry.picks or "") == platform}
        asked = upstreams.digests(references.values(), platform=platform or None)
        for ref, reference in references.items():
            if reference in asked.answers:
                digests[ref] = asked.answers[reference]
            else:
                error = asked.failures[reference]
                failures.append(wanted[ref].failure(ref, error.kind, error.message))
    return digests, tuple(failures)
