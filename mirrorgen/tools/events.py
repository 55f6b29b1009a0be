"""What regsync's log lines say of images, and of its requests for them (cmd/regsync/root.go)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from mirrorgen.outcomes import Kind
from mirrorgen.tools.log_lines import read_log_line
from mirrorgen.tools.requests import REQUEST, read_request
from mirrorgen.tools.words import kind_of


class EventKind(StrEnum):
    """What regsync says about an image or a repository."""

    MATCHES = "matches"
    NEEDED = "needed"
    REFRESHED = "refreshed"
    WAITING = "waiting"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOTHING = "nothing"
    SEEN = "seen"
    STORED = "stored"
    RUNNING = "running"


_MESSAGES = {
    "Image matches": EventKind.MATCHES,
    "Image matches for platform": EventKind.MATCHES,
    "Image sync needed": EventKind.NEEDED,
    "Image refreshing": EventKind.REFRESHED,
    "Image sync running": EventKind.RUNNING,
    "Delaying for rate limit": EventKind.WAITING,
    "Failed to sync": EventKind.FAILED,
    "Failed getting source tags": EventKind.FAILED,
    "Failed parsing source": EventKind.FAILED,
    "Failed parsing target": EventKind.FAILED,
    "Failed processing tag filters": EventKind.FAILED,
    "Skipping unsupported media type": EventKind.SKIPPED,
    "No matching tags found": EventKind.NOTHING,
}


REQUESTS = {"HEAD": EventKind.SEEN, "PUT": EventKind.STORED}
"""What is told by requests, by their method."""

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints; a digest is no tag.
_MANIFEST = re.compile(r"/v2/(?P<repository>.+)/manifests/(?P<tag>[^/:]+)")


@dataclass(frozen=True, slots=True)
class Event:
    """One log line that matters.

    Attributes:
        kind: what happened.
        source: reference of the upstream image, or repository where all of its tags are concerned.
        target: reference of the image in the target, where the line names it.
        reason: what regsync gives as the error, to the letter; see `Outcome.quote`.
        digest: that a request was answered with, where the answer names one.
    """

    kind: EventKind
    source: str
    target: str = ""
    reason: str = ""
    digest: str = ""

    @property
    def path(self) -> str:
        """The target's repository and tag: its host may be another than its address."""
        return self.target.partition("/")[2]

    @property
    def failure_kind(self) -> Kind:
        """What kind of failure the reason speaks of."""
        return kind_of(self.reason, [reference for reference in (self.source, self.target) if reference])


def parse_line(line: str) -> Event | None:
    """Read one JSON log line; None for a line that says nothing about an image."""
    if REQUEST in line:
        request = read_request(line)
        return _request(request) if request else None
    data = read_log_line(line)
    kind = _MESSAGES.get(data.get("msg", ""))
    if kind is None:
        return None
    if kind is EventKind.SKIPPED:
        return Event(
            kind, str(data.get("ref") or ""), reason=f"media type {data.get('mediaType', '')} is not supported"
        )
    source, target = str(data.get("source") or ""), str(data.get("target") or "")
    if not target:
        # Where regsync speaks of a repository, regclient adds `:latest` to the reference.
        source = source.removesuffix(":latest")
    return Event(kind, source, target, str(data.get("error", "")))


def _request(data: Mapping[str, Any]) -> Event | None:
    """Read what a request for the manifest of a tag came to (internal/reghttp/http.go); None for any other."""
    kind = REQUESTS.get(data.get("req-method", ""))
    try:
        url = urlsplit(data.get("req-url", ""))
    except ValueError:  # a registry may redirect to what only Go takes for an address
        return None
    named = _MANIFEST.fullmatch(url.path)
    digest = next(iter(data.get("resp-headers", {}).get("Docker-Content-Digest", [])), "")
    if kind is None or named is None or not str(data.get("resp-status", "")).startswith("20"):
        return None
    # A registry need not name what it has stored.
    if kind is EventKind.SEEN and not digest:
        return None
    return Event(kind, "", f"{url.netloc}/{named['repository']}:{named['tag']}", digest=str(digest))
