"""regsync: the command lines, and what its log lines mean (cmd/regsync/root.go of regclient)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from mirrorgen.errors import LimitExceeded
from mirrorgen.tools.bounds import Bounds
from mirrorgen.tools.events import REQUESTS
from mirrorgen.tools.events import Event as Event
from mirrorgen.tools.events import EventKind as EventKind
from mirrorgen.tools.events import parse_line as parse_line
from mirrorgen.tools.limits import GRACE_S, OUT_OF_MEMORY, SYNC_LIMITS, SyncLimits
from mirrorgen.tools.parts import Division, Image, Try
from mirrorgen.tools.progress import Progress
from mirrorgen.tools.requests import OnPull, Stopped, read_pull
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.secrets import Secrets
from mirrorgen.tools.versions import Tool

_UNTOLD = (EventKind.SEEN, EventKind.STORED, EventKind.RUNNING)

# Nothing more is to come of what these are about.
_ENDS = (EventKind.MATCHES, EventKind.STORED, EventKind.FAILED, EventKind.SKIPPED, EventKind.NOTHING)
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
        return self._run("check", config)

    def once(
        self, config: str, *, on_event: Callable[[Event], None] | None = None, on_pull: OnPull | None = None
    ) -> Outcome:
        """Let it copy.

        Args:
            config: text of regsync.yaml, as JSON.
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
        lock = threading.Lock()

        def hear(event: Event) -> None:
            with lock:
                outcome.events.append(event)
                if on_event and event.kind not in _UNTOLD:
                    on_event(outcome.quote(event))

        def count(line: str) -> None:
            pull = read_pull(line) if on_pull else None
            if pull and on_pull:
                with lock:
                    on_pull(pull)

        attempt = partial(self._attempt, command, hear=hear, pulled=count)
        try:
            ended = attempt(config, limits=self.limits)
            if ended.cut:
                self._one_by_one(command, config, outcome, hear, attempt, ended.cut)
            else:
                outcome.code, outcome.trouble = ended.code, ended.trouble
        except Stopped:
            outcome.code, outcome.is_stopped = _STOPPED, True
        return outcome

    def _attempt(
        self,
        command: str,
        config: str,
        *,
        hear: Callable[[Event], None],
        pulled: Callable[[str], None],
        limits: SyncLimits,
    ) -> _Ended:
        """Run it once, as long as it gets on."""
        progress = Progress(limits)
        said: deque[str] = deque(maxlen=_QUOTED_LINES)
        is_out_of_memory = has_failed = False

        def take(line: str) -> None:
            pulled(line)
            nonlocal is_out_of_memory, has_failed
            event = parse_line(line)
            progress.heard(line, is_image=event is not None and event.kind not in REQUESTS.values())
            is_out_of_memory |= OUT_OF_MEMORY.match(line) is not None
            if event:
                has_failed |= event.kind is EventKind.FAILED
                hear(event)
            if '"level":"DEBUG' not in line:
                said.append(line)

        argv = [str(self.tool.path), command, *_COMMON, "-v", _VERBOSITY[command]]
        bounds = Bounds(
            line_length=limits.line_length,
            on_dropped=progress.dropped,
            memory_bytes=limits.memory_bytes,
            watch=progress,
            grace_s=GRACE_S,
            pipe_bytes=_LEAD_BYTES,
        )
        try:
            completed = self.runner.run(
                argv, env=self.env, stdin=config, success_codes=None, on_stderr_line=take, bounds=bounds
            )
        except LimitExceeded as error:
            return _Ended(cut=error.message.partition("\n")[0])
        if is_out_of_memory:
            return _Ended(cut="regsync ran out of memory")
        if completed.code == 0 or has_failed:
            return _Ended(completed.code)
        return _Ended(completed.code, replace(completed, stdout="", stderr="\n".join(said)).failure().message)

    def _one_by_one(
        self,
        command: str,
        config: str,
        outcome: Outcome,
        hear: Callable[[Event], None],
        attempt: Callable[..., _Ended],
        why: str,
    ) -> None:
        """Let it go on with what it has not come to the end of, so that nothing holds up anything else."""

        final = _FINAL[command]

        def run(config: str) -> Try:
            # That a part found nothing says nothing of other parts of its entry.
            own: list[Event] = []

            def hear_own(event: Event) -> None:
                own.append(event)
                hear(event)

            ended = attempt(config, hear=hear_own, limits=replace(self.limits, stalled_s=self.limits.alone_s))
            failed = ended.trouble or ended.code not in {0, 1}
            reason = ended.cut or (f"regsync ended with exit code {ended.code}" if failed else "")
            return Try(reason, _names_of(event for event in own if event.kind in final))

        def give_up(image: Image, reason: str) -> None:
            hear(Event(EventKind.FAILED, image.source, image.target, reason))

        done = _names_of(outcome.of(*final))
        begun = _names_of(outcome.of(EventKind.NEEDED)) & _names_of(outcome.of(EventKind.RUNNING)) - done
        Division(run, give_up, self.limits.stalls).finish(config, Try(why, done), begun)
        outcome.code = 1 if outcome.of(EventKind.FAILED) else 0


@dataclass(frozen=True, slots=True)
class _Ended:
    """How an attempt came to its end: by itself, or cut off for a reason."""

    code: int = 0
    trouble: str = ""
    cut: str = ""


def _names_of(events: Iterable[Event]) -> set[str]:
    """Return what events are about: repository and tag of the target, or else the source."""
    return {event.target.partition("/")[2] or _source_of(event) for event in events}


def _source_of(event: Event) -> str:
    # Where regsync speaks of a repository, regclient adds `:latest` to the reference.
    return event.source if event.kind is EventKind.SKIPPED else event.source.removesuffix(":latest")
