"""What kind of failure a tool speaks of, by the words that regclient, registries and Go's net package use."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mirrorgen.outcomes import Kind
from mirrorgen.problems import printable

_LONGEST = 4000
"""Characters that are looked at; a registry may answer with a whole page."""

_SHOWN = 500
"""Characters of them that are shown."""

# The first that fits counts.
_WORDS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(words, re.IGNORECASE))
    for kind, words in (
        (Kind.NO_REPOSITORY, r"does not exist in the registry|RepositoryNotFound"),
        (Kind.RATE_LIMITED, r"http 429|too ?many ?requests|rate ?limit|throttl"),
        (Kind.UNAUTHORIZED, r"unauthorized|http 40[13]\b|access denied|no basic auth|challenge header"),
        (Kind.REFUSED, r"immutable|http 4(00|05|13|15)\b|not allowed"),
        (Kind.UNSUPPORTED, r"media type|platform not found"),
        (
            Kind.CORRUPTED,
            r"digest[^\n]{0,200}mismatch|mismatch[^\n]{0,200}digest|unexpected digest|size mismatch|short read",
        ),
        (Kind.NOT_UPSTREAM, r"http 404|not found"),
        (
            Kind.UNAVAILABLE,
            r"http 5\d\d|retry limit exceeded|connection (refused|reset)|EOF|time(d )?out|deadline|no such host|"
            r"no progress|out of memory|did not end|unreachable|TLS handshake|broken pipe|server error|dial tcp",
        ),
    )
)


def quoted(text: str) -> str:
    """Return somebody else's words as they may be shown: on one line, printable, not endless."""
    line = printable(text[: _SHOWN + 1])
    return line if len(line) <= _SHOWN else line[: _SHOWN - 3] + "..."


def kind_of(text: str, references: Iterable[str]) -> Kind:
    """Return what kind of failure a tool speaks of.

    Args:
        text: what it says.
        references: the images that it speaks of; their names are no words of its own, whatever they are made of.
    """
    said = _without(text[:_LONGEST], references)
    return next((kind for kind, words in _WORDS if words.search(said)), Kind.OTHER)


def _without(text: str, references: Iterable[str]) -> str:
    """Cut out references, their parts, and addresses."""
    text = re.sub(r"https?://[^\s\"']+", " ", text)
    names = {part for reference in references for part in _parts(reference)}
    for name in sorted(names, key=len, reverse=True):
        # A tag such as `denied` is one only in quotes or behind a separator; elsewhere it may be a word of the tool.
        before = "" if "/" in name or ":" in name else r"(?<=[\"'`:/@])"
        text = re.sub(before + re.escape(name), " ", text)
    return text


def _parts(reference: str) -> set[str]:
    """A reference, its repository with and without the host, the last segment, and its tag."""
    name, _, digest = reference.partition("@")
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        path, tag = name, ""
    repository = path.partition("/")[2] or path
    parts = {reference, name, path, repository, repository.rpartition("/")[2], tag, digest}
    return {part for part in parts if part}
