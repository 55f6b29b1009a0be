"""regsync: the command lines, and what its log lines mean (cmd/regsync/root.go of regclient)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from mirrorgen.errors import LimitExceeded
from mirrorgen.tools.bounds import Bounds
from mirrorgen.tools.events import REQUESTS
from mirrorgen.tools.events import Event as Event
from mirrorgen.tools.events import EventKind as EventKind
from mirrorgen.tools.events import parse_line as parse_line
from mirrorgen.tools.limits import GRACE_S, OUT_OF_MEMORY, SYNC_LIMITS, SyncLimits
from mirrorgen.tools.parts import Division, Image, Try, shared_sources
from mirrorgen.tools.progress import Progress
from mirrorgen.tools.requests import OnPull, Stopped, read_pull
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.secrets import Secrets
from mirrorgen.tools.versions import Tool

_UNTOLD = (EventKind.SEEN, EventKind.STORED, EventKind.RUNNING)

# Nothing more is to come of what these are about.
_ENDS = (EventKind.MATCHES, EventKind.STORED, EventKind.FAILED, EventKind.SKIPPED, EventKind.NOTHING)
_BEGUN = (EventKind.NEEDED, EventKind.REFRESHED, EventKind.RUNNING)
_FINAL = {"once": _ENDS, "check": (*_ENDS, EventKind.NEEDED, EventKind.REFRESHED)}


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

_LEAD_BYTES = 4096
"""As little as Linux has: it waits for us with its log, or its pulls would be counted long after they are made."""

_STOPPED = -2
"""SIGINT, by which a program is stopped."""


@dataclass(frozen=True, slots=True)
class Regsync:
    """regsync, which gets its configuration through standard input.

    Attributes:
        tool: the program.
        runner: runs it.
        env: its whole environment.
        limits: how long it may get no further.
    """

    tool: Tool
    runner: Runner
    env: Mapping[str, str]
    limits: SyncLimits = SYNC_LIMITS

    def check(self, config: str) -> Outcome:
        """Let it look at what it would copy.

        Args:
            config: text of regsync.yaml, as JSON.
        """
        return _Run(self, "check").go(config)

    def once(
        self, config: str, *, on_event: Callable[[Event], None] | None = None, on_pull: OnPull | None = None
    ) -> Outcome:
        """Let it copy.

        Args:
            config: text of regsync.yaml, as JSON.
            on_event: told each event but requests as it happens.
            on_pull: told each pull; where it raises `Stopped`, regsync is ended.
        """
        return _Run(self, "once", on_event, on_pull).go(config)


class _Run:
    """One command: regsync as often as it takes until something is known of every image."""

    def __init__(
        self,
        regsync: Regsync,
        command: str,
        on_event: Callable[[Event], None] | None = None,
        on_pull: OnPull | None = None,
    ) -> None:
        self._regsync = regsync
        self._command = command
        self._on_event = on_event
        self._on_pull = on_pull
        self._outcome = Outcome(secrets=regsync.runner.secrets)
        # Registries are gone on with beside one another.
        self._lock = threading.Lock()

    def go(self, config: str) -> Outcome:
        outcome = self._outcome
        try:
            ended = self._attempt(config, self._hear, self._regsync.limits)
            if ended.cut:
                self._one_by_one(config, ended.cut)
            else:
                outcome.code, outcome.trouble = ended.code, ended.trouble
        except Stopped:
            outcome.code, outcome.is_stopped = _STOPPED, True
        return outcome

    def _hear(self, event: Event) -> None:
        with self._lock:
            self._outcome.events.append(event)
            if self._on_event and event.kind not in _UNTOLD:
                self._on_event(self._outcome.quote(event))

    def _count(self, line: str) -> None:
        pull = read_pull(line) if self._on_pull else None
        if pull and self._on_pull:
            with self._lock:
                self._on_pull(pull)

    def _attempt(self, config: str, hear: Callable[[Event], None], limits: SyncLimits) -> _Ended:
        """Run it once, as long as it gets on."""
        progress = Progress(limits)
        said: deque[str] = deque(maxlen=_QUOTED_LINES)
        is_out_of_memory = has_failed = False

        def take(line: str) -> None:
            self._count(line)
            nonlocal is_out_of_memory, has_failed
            event = parse_line(line)
            progress.heard(line, is_image=event is not None and event.kind not in REQUESTS.values())
            is_out_of_memory |= OUT_OF_MEMORY.match(line) is not None
            if event:
                has_failed |= event.kind is EventKind.FAILED
                hear(event)
            if '"level":"DEBUG' not in line:
                said.append(line)

        argv = [str(self._regsync.tool.path), self._command, *_COMMON, "-v", _VERBOSITY[self._command]]
        bounds = Bounds(
            line_length=limits.line_length,
            on_dropped=progress.dropped,
            memory_bytes=limits.memory_bytes,
            watch=progress,
            grace_s=GRACE_S,
            pipe_bytes=_LEAD_BYTES,
        )
        try:
            completed = self._regsync.runner.run(
                argv, env=self._regsync.env, stdin=config, success_codes=None, on_stderr_line=take, bounds=bounds
            )
        except LimitExceeded as error:
            return _Ended(cut=error.message.partition("\n")[0])
        if is_out_of_memory:
            return _Ended(cut="regsync ran out of memory")
        if completed.code == 0 or has_failed:
            return _Ended(completed.code)
        return _Ended(completed.code, replace(completed, stdout="", stderr="\n".join(said)).failure().message)

    def _one_by_one(self, config: str, why: str) -> None:
        """Let it go on with what it has not come to the end of, so that nothing holds up anything else."""
        outcome = self._outcome
        # That nothing matched is said of a source, and holds for one of its entries.
        unclear = shared_sources(config)
        final = outcome.of(*_FINAL[self._command])
        done = _names_of(each for each in final if each.kind is not EventKind.NOTHING or each.source not in unclear)
        begun = _names_of(outcome.of(EventKind.NEEDED)) & _names_of(outcome.of(EventKind.RUNNING)) - done
        # What is done again is proven by what is said of it then, which may be nothing.
        outcome.events[:] = [event for event in outcome.events if event.kind not in _BEGUN or event.path in done]
        division = Division(self._try_alone, self._give_up, self._regsync.limits.stalls)
        division.finish(config, Try(why, done), begun)
        outcome.code = 1 if outcome.of(EventKind.FAILED) else 0

    def _try_alone(self, config: str) -> Try:
        # That a part found nothing says nothing of other parts of its entry.
        own: list[Event] = []

        def hear_own(event: Event) -> None:
            own.append(event)
            self._hear(event)

        limits = self._regsync.limits
        ended = self._attempt(config, hear_own, replace(limits, stalled_s=limits.alone_s))
        failed = ended.trouble or ended.code not in {0, 1}
        reason = ended.cut or (f"regsync ended with exit code {ended.code}" if failed else "")
        return Try(reason, _names_of(event for event in own if event.kind in _FINAL[self._command]))

    def _give_up(self, image: Image, reason: str) -> None:
        self._hear(Event(EventKind.FAILED, image.source, image.target, reason))


@dataclass(frozen=True, slots=True)
class _Ended:
    """How an attempt came to its end: by itself, or cut off for a reason."""

    code: int = 0
    trouble: str = ""
    cut: str = ""


def _names_of(events: Iterable[Event]) -> set[str]:
    """Return what events are about: repository and tag of the target, or else the source."""
    return {event.path or event.source for event in events}
