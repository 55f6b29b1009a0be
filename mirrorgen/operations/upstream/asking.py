"""Ask the upstream registries through regctl: in parallel, at the pace that the list allows each of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from mirrorgen.errors import RegistryFailed
from mirrorgen.model.images import Registry
from mirrorgen.operations.runtime import Runtime

CONCURRENT_REQUESTS = 3
"""Of one registry at once where the list does not say; regsync's own default."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Answers(Generic[Answer]):
    """What registries said: an answer, or the failure in its place, for each reference that was asked about."""

    answers: Mapping[str, Answer]
    failures: Mapping[str, RegistryFailed]


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

    def tags(self, locations: Iterable[str]) -> Answers[tuple[str, ...]]:
        """List the tags of repositories, named as `Entry.location` does."""
        return self._ask(locations, self._regctl.tags)

    def digests(self, references: Iterable[str], *, platform: str | None = None) -> Answers[str]:
        """Ask what references name, with a HEAD request for each; for one platform of it with a pull for each."""
        return self._ask(references, partial(self._regctl.digest, platform=platform))

    def _ask(self, references: Iterable[str], ask: Callable[[str], Answer]) -> Answers[Answer]:
        by_host: dict[str, list[str]] = {}
        for reference in dict.fromkeys(references):
            by_host.setdefault(_host_of(reference), []).append(reference)
        answers: dict[str, Answer] = {}
        failures: dict[str, RegistryFailed] = {}

        def ask_about(reference: str) -> None:
            self._paces[_host_of(reference)].wait()
            try:
                answers[reference] = ask(reference)
            except RegistryFailed as error:
                failures[reference] = error

        pools = [(ThreadPoolExecutor(_width(self._registries[host])), asked) for host, asked in by_host.items()]
        try:
            running = [pool.submit(ask_about, reference) for pool, asked in pools for reference in asked]
            for question in running:
                question.result()
        finally:
            # After an interrupt, what has not begun must not begin.
            for pool, _ in pools:
                pool.shutdown(cancel_futures=True)
        return Answers(answers, failures)


def _width(registry: Registry) -> int:
    return registry.concurrent_requests or CONCURRENT_REQUESTS


def _host_of(reference: str) -> str:
    return reference.partition("/")[0]
