"""Verifying: the digests of fixed tags that nobody looks at otherwise, held against those of their sources."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.port import Holdings, held_digest
from mirrorgen.errors import RegistryFailed
from mirrorgen.model.images import Entry
from mirrorgen.model.tags import settled_digest
from mirrorgen.operations.copying.account import Account
from mirrorgen.operations.copying.evidence import brought
from mirrorgen.operations.copying.pending import Pending
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.asking import Answer, Answers, Upstreams
from mirrorgen.operations.upstream.digests import upstream_digests
from mirrorgen.outcomes import Failure, Kind, TagRef

_PULLS_TO_COMPARE = 2
"""That must be left for one: regctl is stopped with the last, whether or not it would make another."""


def unlike_upstream(
    runtime: Runtime, desired: DesiredState, held: Holdings, todo: Pending, account: Account
) -> tuple[Failure, ...]:
    """Ask upstream about every tag that the target holds, that regsync is not given, and that no lock has settled.

    Returns:
        Tags that are another image upstream, and those that could not be compared.

    Raises:
        ToolUnusable, UsageError: upstream cannot be asked.
    """
    looked_at = brought(todo.desired)
    compared = {
        ref: entry
        for ref, entry in brought(desired).items()
        if ref not in looked_at and held_digest(held, ref) and settled_digest(entry, ref.tag) is None
    }
    limited = {ref: entry for ref, entry in compared.items() if entry.host in account.allowance}
    digests, failures = upstream_digests(runtime, {ref: entry for ref, entry in compared.items() if ref not in limited})
    if limited:
        found, failed = _within(account, Upstreams(runtime, account.asked), limited)
        digests, failures = digests | found, (*failures, *failed)
    label = desired.target.label
    differing = [
        compared[ref].failure(
            ref,
            Kind.DIFFERS,
            f"{label} holds another digest than {compared[ref].host} has now, and the tag should never move",
        )
        for ref, digest in digests.items()
        if digest != held_digest(held, ref)
    ]
    return (*failures, *differing)


def _within(
    account: Account, upstreams: Upstreams, wanted: Mapping[TagRef, Entry]
) -> tuple[dict[TagRef, str], list[Failure]]:
    """Ask for digests: those that may take pulls one after the other, and while more than one is left."""
    references = {ref: entry.reference(ref.tag) for ref, entry in wanted.items()}
    free = upstreams.heads(reference for ref, reference in references.items() if not wanted[ref].picks)
    digests: dict[TagRef, str] = {}
    failures: list[Failure] = []
    for ref, entry in wanted.items():
        try:
            head = _answer(free, references[ref])
            digests[ref] = head.digest if head and head.digest else _pulled(account, upstreams, entry, references[ref])
        except RegistryFailed as error:
            failures.append(entry.failure(ref, error.kind, error.message))
    return digests, failures


def _pulled(account: Account, upstreams: Upstreams, entry: Entry, reference: str) -> str:
    """Ask for a digest with pulls: of one platform it stands in the index, and some registries name none otherwise."""
    if account.left(entry.host) < _PULLS_TO_COMPARE:
        message = f"not compared: no pulls of {entry.host} are left to this run"
        raise RegistryFailed(message, Kind.OVER_BUDGET)
    asked = upstreams.digests([reference], platform=entry.picks)
    return _answer(asked, reference) or ""


def _answer(asked: Answers[Answer], reference: str) -> Answer | None:
    """Return an answer; None where the question was not asked.

    Raises:
        RegistryFailed: there is none.
    """
    if reference in asked.failures:
        raise asked.failures[reference]
    return asked.answers.get(reference)
