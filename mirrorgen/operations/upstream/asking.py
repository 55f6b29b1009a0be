"""Ask the upstream registries through regctl: in parallel, at the pace that the list allows each of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mirrorgen.errors import RegistryFailed, RegistryGivenUp
from mirrorgen.model.images import Registry
from mirrorgen.model.references import is_digest, is_tag
from mirrorgen.operations.runtime import Runtime
from mirrorgen.outcomes import Kind
from mirrorgen.tools.crews import Crew
from mirrorgen.tools.words import quoted

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
        return self._ask(locations, lambda location: checked_tags(self._regctl.tags(location)))

    def digests(self, references: Iterable[str], *, platform: str | None = None) -> Answers[str]:
        """Ask what references name, with a HEAD request for each; for one platform of it with a pull for each."""
        return self._ask(references, lambda name: checked_digest(self._regctl.digest(name, platform=platform)))

    def manifests(self, reference: str) -> int | None:
        """Ask how many manifests an image has, with one pull; None where the registry does not tell."""
        asked = self._ask([reference], lambda name: self._regctl.manifest(name).manifests)
        return asked.answers.get(reference)

    def _ask(self, references: Iterable[str], ask: Callable[[str], Answer]) -> Answers[Answer]:
        by_host: dict[str, list[str]] = {}
        for reference in dict.fromkeys(references):
            by_host.setdefault(_host_of(reference), []).append(reference)
        answers: dict[str, Answer] = {}
        failures: dict[str, RegistryFailed] = {}
        given_up: dict[str, RegistryGivenUp] = {}

        def ask_about(reference: str) -> None:
            repository = _repository_of(reference)
            if repository in given_up:
                failures[reference] = given_up[repository]
                return
            self._paces[_host_of(reference)].wait()
            try:
                answers[reference] = ask(reference)
            except RegistryGivenUp as error:
                failures[reference] = given_up[repository] = error
            except RegistryFailed as error:
                failures[reference] = error

        with Crew() as crew:
            pools = [(crew.pool(_width(self._registries[host])), asked) for host, asked in by_host.items()]
            running = [pool.submit(ask_about, reference) for pool, asked in pools for reference in asked]
            for question in running:
                question.result()
        return Answers(answers, failures)


def _width(registry: Registry) -> int:
    return registry.concurrent_requests or CONCURRENT_REQUESTS


def _host_of(reference: str) -> str:
    return reference.partition("/")[0]


def _repository_of(reference: str) -> str:
    host, _, rest = reference.partition("/")
    return f"{host}/{rest.partition('@')[0].partition(':')[0]}"


def checked_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Return what a registry lists, every bit of it a tag: a rule and a pattern made of one mean what they say.

    Raises:
        RegistryFailed: something is no tag.
    """
    strange = next((tag for tag in tags if not is_tag(tag)), None)
    if strange is not None:
        shown = quoted(repr(strange[:60]))
        raise RegistryFailed(f"the registry lists a tag that cannot be one: {shown}", Kind.UNSUPPORTED)
    return tuple(tags)


def checked_digest(digest: str) -> str:
    """Return the digest that a registry gives.

    Raises:
        RegistryFailed: it is none.
    """
    if not is_digest(digest):
        message = f"the registry gives a digest that cannot be one: {quoted(repr(digest[:100]))}"
        raise RegistryFailed(message, Kind.UNSUPPORTED)
    return digest
