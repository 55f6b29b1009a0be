"""What was asked of one upstream repository to weigh its images, within the limits for each of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from mirrorgen.errors import RegistryGivenUp
from mirrorgen.operations.upstream.asking import Upstreams
from mirrorgen.outcomes import Kind
from mirrorgen.tools.limits import LIMITS, Limits
from mirrorgen.tools.manifests import Manifest, Named

Answer = TypeVar("Answer")


class Unwalkable(Exception):
    """It cannot be told what an image takes.

    Args:
        reason: why, behind "cannot be weighed: ".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Questions:
    """What was asked of a repository; the same is not asked twice.

    Attributes:
        upstreams: are asked.
        location: of the repository.
        spent: tells how many pulls were made so far of its registry.
        limits: for all of one image.
        given_up: why nothing more is asked.
        heads: what references name.
    """

    upstreams: Upstreams
    location: str
    spent: Callable[[], int]
    limits: Limits = LIMITS
    given_up: str = ""
    heads: dict[str, Named] = field(default_factory=dict)
    _manifests: dict[str, Manifest] = field(default_factory=dict)
    _referrers: dict[str, tuple[int, tuple[Named, ...]]] = field(default_factory=dict)
    _tags: tuple[str, ...] | None = None
    _until: float = 0.0

    def begin(self) -> None:
        """Begin with another image, which has as many seconds as one question may take."""
        self._until = time.monotonic() + self.limits.seconds

    def head(self, reference: str) -> Named:
        """Ask what a tag or digest names, without a pull."""
        if reference not in self.heads:
            asked = self._ask(lambda: self.upstreams.heads([reference]))
            if reference in asked.failures:
                raise asked.failures[reference]
            self.heads[reference] = asked.answers[reference]
        return self.heads[reference]

    def manifest(self, reference: str) -> Manifest:
        """Ask for a manifest, with a pull."""
        if reference not in self._manifests:
            self._manifests[reference] = self._ask(lambda: self.upstreams.manifest(reference))
        return self._manifests[reference]

    def referrers(self, digest: str) -> tuple[int, tuple[Named, ...]]:
        """Ask what refers to an image, and how many pulls it takes to ask that."""
        if digest not in self._referrers:
            before = self.spent()
            found = self._ask(lambda: self.upstreams.referrers(f"{self.location}@{digest}"))
            self._referrers[digest] = (self.spent() - before, found)
        return self._referrers[digest]

    def tags(self) -> tuple[str, ...]:
        """List the tags of the repository."""
        if self._tags is None:
            asked = self._ask(lambda: self.upstreams.tags([self.location]))
            if self.location in asked.failures:
                raise asked.failures[self.location]
            self._tags = asked.answers[self.location]
        return self._tags

    def _ask(self, ask: Callable[[], Answer]) -> Answer:
        if self.given_up:
            raise Unwalkable(self.given_up)
        if time.monotonic() > self._until:
            self.given_up = f"the registry has not answered all questions within {self.limits.seconds:g} s"
            raise Unwalkable(self.given_up)
        try:
            return ask()
        except RegistryGivenUp as error:
            if error.kind is not Kind.OVER_BUDGET:
                self.given_up = error.message
            raise
