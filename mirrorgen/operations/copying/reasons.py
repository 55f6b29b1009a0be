"""Why a tag is not mirrored, as one of few words: what to do about it, and whether trying again can help.

What regsync says is read by the words that regclient, registries and Go's net package use.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Reason(StrEnum):
    """The kinds of failure; docs/reliability.md has a row for each."""

    NOT_UPSTREAM = "not-upstream"
    NO_REPOSITORY = "no-repository"
    UNAUTHORIZED = "unauthorized"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    OVER_BUDGET = "over-budget"
    RATE_LIMITED = "rate-limited"
    UNAVAILABLE = "unavailable"
    CORRUPTED = "corrupted"
    NOT_AS_LOCKED = "not-as-locked"
    RULE = "rule"
    OTHER = "other"


RETRYABLE = frozenset({Reason.RATE_LIMITED, Reason.UNAVAILABLE, Reason.CORRUPTED})
"""What may be gone after a while; a refusal is not."""

# The first that fits counts.
_WORDS: tuple[tuple[Reason, str], ...] = (
    (Reason.RULE, r"fits this rule now"),
    (Reason.OVER_BUDGET, r"left for a later run"),
    (Reason.NOT_AS_LOCKED, r"another digest than the lock"),
    (Reason.NO_REPOSITORY, r"does not exist in ECR|does not exist in the registry|RepositoryNotFound"),
    (Reason.RATE_LIMITED, r"http 429|too ?many ?requests|rate ?limit|throttl"),
    (Reason.UNAUTHORIZED, r"unauthorized|http 40[13]\b|access denied|no basic auth|challenge header"),
    (Reason.REFUSED, r"immutable|http 4(00|05|13|15)\b|not allowed"),
    (Reason.UNSUPPORTED, r"media type .* is not supported|platform not found"),
    (Reason.CORRUPTED, r"digest.*mismatch|mismatch.*digest|unexpected digest|size mismatch|short read|digest mismatch"),
    (Reason.NOT_UPSTREAM, r"no such tag|http 404|not found"),
    (
        Reason.UNAVAILABLE,
        r"http 5\d\d|retry limit exceeded|connection (refused|reset)|EOF|time(d )?out|deadline|no such host|"
        r"unreachable|TLS handshake|broken pipe|server error|ended before it came|regsync reported no failure|dial tcp",
    ),
)


def reason_of(text: str) -> Reason:
    """Return the kind of a failure from what is said about it."""
    return next((reason for reason, words in _WORDS if re.search(words, text, re.IGNORECASE)), Reason.OTHER)
