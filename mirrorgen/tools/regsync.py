"""regsync: the command lines, and what its log lines mean (cmd/regsync/root.go of regclient)."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from mirrorgen.outcomes import Kind
from mirrorgen.tools.requests import REQUEST, OnPull, Stopped, read_pull, read_request
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.secrets import Secrets
from mirrorgen.tools.versions import Tool
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


_MESSAGES = {
    "Image matches": EventKind.MATCHES,
    "Image matches for platform": EventKind.MATCHES,
    "Image sync needed": EventKind.NEEDED,
    "Image refreshing": EventKind.REFRESHED,
    "Delaying for rate limit": EventKind.WAITING,
    "Failed to sync": EventKind.FAILED,
    "Failed getting source tags": EventKind.FAILED,
    "Failed parsing source": EventKind.FAILED,
    "Failed parsing target": EventKind.FAILED,
    "Failed processing tag filters": EventKind.FAILED,
    "Skipping unsupported media type": EventKind.SKIPPED,
    "No matching tags found": EventKind.NOTHING,
}


_REQUESTS = {"HEAD": EventKind.SEEN, "PUT": EventKind.STORED}

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints; a digest is no tag.
_MANIFEST = re.compile(r"/v2/(?P<repository>.+)/manifests/(?P<tag>[^/:]+)")


@dataclass(frozen=True, slots=True)
class Event:
    """One log line that matters.

    Attributes:
        kind: what happened.
        source: reference of the upstream image, or repository where all of its tags are concerned.
        target: reference of the image in ECR, where the line names it.
        reason: what regsync gives as the error, to the letter; see `Outcome.quote`.
    """

    kind: EventKind
    source: str
    target: str = ""
    reason: str = ""
    digest: str = ""

    @property
    def failure_kind(self) -> Kind:
        """What kind of failure the reason speaks of."""
        return kind_of(self.reason, [reference for reference in (self.source, self.target) if reference])


@dataclass(slots=True)
class Outcome:
    """What a run of regsync did.

    Attributes:
        events: in the order they happened.
        code: regsync's exit code; 0 does not mean that every tag is there.
        trouble: what it said where it failed without naming an image; otherwise nothing.
        is_stopped: whether it was ended before it made more pulls than it may.
        secrets: what must not be read in a quotation.
    """

    events: list[Event] = field(default_factory=list)
    code: int = 0
    trouble: str = ""
    is_stopped: bool = False
    secrets: Secrets = field(default_factory=Secrets, repr=False)

    @property
    def ended_early(self) -> bool:
        """Whether regsync was killed or crashed; 1 is its way to say that some images failed."""
        return self.code not in {0, 1}

    def of(self, *kinds: EventKind) -> list[Event]:
        """Return the events of some kinds."""
        return [event for event in self.events if event.kind in kinds]

    def quote(self, event: Event) -> Event:
        """Return an event with its reason fit to be shown."""
        return replace(event, reason=self.secrets.redact(event.reason))


_COMMON = ("-c", "-", "--logopt", "json")

# Only at the debug level does regsync name the images that need nothing, which a progress bar counts too; at the trace
# level it also shows its requests, and only there the digests that a copy is proven by.
_VERBOSITY = {"check": "debug", "once": "trace"}

_QUOTED_LINES = 40

_STOPPED = -2
"""SIGINT, by which a program is stopped."""


@dataclass(frozen=True, slots=True)
class Regsync:
    """regsync, which gets its configuration through standard input.

    Attributes:
        tool: the program.
        runner: runs it.
        env: its whole environment.
    """

    tool: Tool
    runner: Runner
    env: Mapping[str, str]

    def check(self, config: str) -> Outcome:
        """Let it look at what it would copy.

        Args:
            config: text of regsync.yaml.
        """
        return self._run("check", config)

    def once(
        self, config: str, *, on_event: Callable[[Event], None] | None = None, on_pull: OnPull | None = None
    ) -> Outcome:
        """Let it copy.

        Args:
            config: text of regsync.yaml.
            on_event: told each event but requests as it happens.
            on_pull: told each pull; where it raises `Stopped`, regsync is ended.
        """
        return self._run("once", config, on_event, on_pull)

    def _run(
        self,
        command: str,
        config: str,
        on_event: Callable[[Event], None] | None = None,
        on_pull: OnPull | None = None,
    ) -> Outcome:
        outcome = Outcome(secrets=self.runner.secrets)
        said: deque[str] = deque(maxlen=_QUOTED_LINES)

        def take(line: str) -> None:
            pull = read_pull(line) if on_pull else None
            if pull and on_pull:
                on_pull(pull)
            event = parse_line(line)
            if event:
                outcome.events.append(event)
                if on_event and event.kind not in _REQUESTS.values():
                    on_event(outcome.quote(event))
            if '"level":"DEBUG' not in line:
                said.append(line)

        argv = [str(self.tool.path), command, *_COMMON, "-v", _VERBOSITY[command]]
        try:
            completed = self.runner.run(argv, env=self.env, stdin=config, success_codes=None, on_stderr_line=take)
        except Stopped:
            outcome.code, outcome.is_stopped = _STOPPED, True
            return outcome
        outcome.code = completed.code
        if completed.code != 0 and not outcome.of(EventKind.FAILED):
            outcome.trouble = replace(completed, stdout="", stderr="\n".join(said)).failure().message
        return outcome


def parse_line(line: str) -> Event | None:
    """Read one JSON log line; None for a line that says nothing about an image."""
    if REQUEST in line:
        request = read_request(line)
        return _request(request) if request else None
    try:
        data: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    kind = _MESSAGES.get(data.get("msg", ""))
    if kind is None:
        return None
    source = data.get("source") or data.get("ref") or ""
    reason = data.get("error", "")
    if kind is EventKind.SKIPPED:
        reason = f"media type {data.get('mediaType', '')} is not supported"
    return Event(kind, str(source), str(data.get("target", "")), str(reason))


def _request(data: Mapping[str, Any]) -> Event | None:
    """Read what a request for the manifest of a tag came to (internal/reghttp/http.go); None for any other."""
    kind = _REQUESTS.get(data.get("req-method", ""))
    url = urlsplit(data.get("req-url", ""))
    named = _MANIFEST.fullmatch(url.path)
    digests = data.get("resp-headers", {}).get("Docker-Content-Digest", [])
    if kind is None or named is None or not digests or not str(data.get("resp-status", "")).startswith("20"):
        return None
    return Event(kind, "", f"{url.netloc}/{named['repository']}:{named['tag']}", digest=str(digests[0]))
