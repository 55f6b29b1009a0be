"""Ask the upstream registries through regctl: in parallel, at the pace that the list allows each of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mirrorgen.errors import ToolFailed
from mirrorgen.model.images import Registry
from mirrorgen.model.references import Source
from mirrorgen.operations.runtime import Runtime

CONCURRENT_REQUESTS = 3
"""Of one registry at once where the list does not say; regsync's own default."""

Question = TypeVar("Question")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Answers(Generic[Question, Answer]):
    """What registries said: an answer, or the reason why there is none, for each question."""

    answers: Mapping[Question, Answer]
    failures: Mapping[Question, str]


@dataclass(slots=True)
class Pace:
    """Lets so many calls a second begin.

    Attributes:
        per_second: None for no limit.
    """

    per_second: float | None
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Sleep until the next call may begin."""
        if self.per_second is None:
            return
        with self._lock:
            start = max(self._next, time.monotonic())
            self._next = start + 1 / self.per_second
        time.sleep(max(0.0, start - time.monotonic()))


class Upstreams:
    """The upstream registries of a list.

    Args:
        runtime: of the list.

    Raises:
        ToolUnusable: regctl is missing, too old or broken.
        UsageError: a variable with credentials is not set.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._regctl = runtime.regctl()
        self._registries = {registry.host: registry for registry in runtime.desired.registries}
        self._paces = {host: Pace(registry.requests_per_second) for host, registry in self._registries.items()}

    def tags(self, sources: Iterable[Source]) -> Answers[Source, tuple[str, ...]]:
        """List the tags of repositories."""
        return self._ask(sources, lambda source: source.host, lambda source: self._regctl.tags(str(source)))

    def digests(self, images: Iterable[tuple[Source, str]]) -> Answers[tuple[Source, str], str]:
        """Ask what tags name, with a HEAD request for each."""
        return self._ask(
            images, lambda image: image[0].host, lambda image: self._regctl.digest(":".join(map(str, image)))
        )

    def _ask(
        self, questions: Iterable[Question], host_of: Callable[[Question], str], ask: Callable[[Question], Answer]
    ) -> Answers[Question, Answer]:
        by_host: dict[str, list[Question]] = {}
        for question in dict.fromkeys(questions):
            by_host.setdefault(host_of(question), []).append(question)
        answers: dict[Question, Answer] = {}
        failures: dict[Question, str] = {}

        def ask_one(question: Question) -> None:
            self._paces[host_of(question)].wait()
            try:
                answers[question] = ask(question)
            except ToolFailed as error:
                failures[question] = error.message

        pools = [(ThreadPoolExecutor(_width(self._registries[host])), asked) for host, asked in by_host.items()]
        try:
            running = [pool.submit(ask_one, question) for pool, asked in pools for question in asked]
            for one in running:
                one.result()
        finally:
            # After an interrupt, what has not begun must not begin.
            for pool, _ in pools:
                pool.shutdown(cancel_futures=True)
        return Answers(answers, failures)


def _width(registry: Registry) -> int:
    return registry.concurrent_requests or CONCURRENT_REQUESTS
