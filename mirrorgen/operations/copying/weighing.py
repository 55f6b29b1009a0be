"""Weighing: how many pulls a tag takes, found out or foreseen.

A registry counts GET requests for manifests as pulls, and neither lists of tags nor HEAD requests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mirrorgen.destinations.port import Holdings, StoredImage
from mirrorgen.errors import RegistryFailed
from mirrorgen.model.images import MANIFESTS_OF_ALL_PLATFORMS, Entry
from mirrorgen.operations.copying.account import Account
from mirrorgen.operations.copying.evidence import brought
from mirrorgen.operations.copying.pending import Pending
from mirrorgen.operations.copying.questions import Questions, Unwalkable
from mirrorgen.operations.copying.walking import Stock, TooMany, Walk
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.asking import Upstreams
from mirrorgen.outcomes import Kind, TagRef


@dataclass(frozen=True, slots=True)
class Weight:
    """What a tag takes of its registry.

    Attributes:
        pulls: that regsync makes; where more are needed than are left, a number that is already too many.
        trouble: why they cannot be told; nothing where they can.
    """

    pulls: int
    trouble: str = ""


class Scales(Protocol):
    """Tells what tags take."""

    def __call__(self, ref: TagRef, entry: Entry, *, is_full: bool = False) -> Weight:
        """Weigh a tag.

        Args:
            ref: the tag.
            entry: which brings it.
            is_full: whether no pull may be made any more; then it is of no interest how many are too many.
        """


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Weighs by what is known without asking upstream; that a tag has moved is not foreseen.

    Attributes:
        doubtful: tags that the target has, and that are compared.
        manifests: of the largest image that the target holds, by repository.
    """

    doubtful: Collection[TagRef]
    manifests: Mapping[str, int] = field(default_factory=dict)

    def __call__(self, ref: TagRef, entry: Entry, *, is_full: bool = False) -> Weight:  # noqa: ARG002 - nobody is asked
        """Return about how many pulls a tag takes."""
        manifests = self.manifests.get(ref.repository, MANIFESTS_OF_ALL_PLATFORMS)
        if ref in self.doubtful:
            return Weight(entry.copying.pulls_to_compare(manifests))
        return Weight(entry.copying.pulls(manifests))


@dataclass(frozen=True, slots=True)
class Walked:
    """Weighs by walking through each image upstream, as regsync will.

    Attributes:
        foreseen: the other scales, for what cannot be walked through now and may be copied all the same.
        account: of the pulls that this takes.
        upstreams: are asked.
        stocks: what the target holds, by repository.
        questions: what was asked, by upstream repository.
    """

    foreseen: Foreseen
    account: Account
    upstreams: Upstreams
    stocks: Mapping[str, Stock]
    questions: dict[str, Questions] = field(default_factory=dict)

    def look_at(self, wanted: Mapping[TagRef, Entry]) -> None:
        """Ask what tags name, all at once and without a pull."""
        asked = self.upstreams.heads(entry.reference(ref.tag) for ref, entry in wanted.items())
        for ref, entry in wanted.items():
            reference = entry.reference(ref.tag)
            if reference in asked.answers:
                self._questions(entry).heads[reference] = asked.answers[reference]

    def __call__(self, ref: TagRef, entry: Entry, *, is_full: bool = False) -> Weight:
        """Return the pulls that a tag takes."""
        if entry.host not in self.account.allowance:
            return self.foreseen(ref, entry)
        questions, host = self._questions(entry), entry.host
        stock = self.stocks.get(ref.repository, Stock())
        walk = Walk(entry.copying, questions, stock, lambda: 0 if is_full else self.account.left(host))
        try:
            return Weight(walk.from_tag(entry.reference(ref.tag), ref.tag))
        except TooMany as error:
            return Weight(error.pulls)
        except Unwalkable as error:
            return Weight(0, error.reason)
        except RegistryFailed as error:
            # It may tell regsync. If it does not have the tag, that takes nothing.
            return Weight(0) if error.kind is Kind.NOT_UPSTREAM else self.foreseen(ref, entry)

    def _questions(self, entry: Entry) -> Questions:
        location, host = entry.location, entry.host
        if location not in self.questions:
            self.questions[location] = Questions(self.upstreams, location, lambda: self.account.spent[host])
        return self.questions[location]


def scales(runtime: Runtime, todo: Pending, held: Holdings, account: Account, *, ask: bool) -> Scales:
    """Return what to weigh tags with.

    Args:
        runtime: of the list.
        todo: what regsync would look at.
        held: what the target holds.
        account: of pulls; registries without a limit are never asked, and neither is the target about their images.
        ask: whether registries may be asked, which takes pulls.

    Raises:
        ToolUnusable, UsageError, ToolFailed: target or upstreams cannot be asked.
    """
    limited = {ref: entry for ref, entry in brought(todo.desired).items() if entry.host in account.allowance}
    if not limited:
        return Foreseen(frozenset(todo.doubtful))
    stored = runtime.destination.images(sorted({ref.repository for ref in limited}))
    foreseen = Foreseen(
        frozenset(todo.doubtful), {name: most for name, images in stored.items() if (most := _most(images or ()))}
    )
    if not ask:
        return foreseen
    stocks = {name: _stock(held[name] or {}, images or ()) for name, images in stored.items()}
    walked = Walked(foreseen, account, Upstreams(runtime, account.asked), stocks)
    runtime.say(f"asking the upstream registries with a limit what {len(limited)} tags take of it")
    walked.look_at(limited)
    return walked


def _stock(tags: Mapping[str, str], images: Iterable[StoredImage]) -> Stock:
    there = [image for image in images if not image.is_archived]
    more = {tag: image.digest for image in there for tag in image.tags}
    return Stock({**more, **tags}, frozenset(image.digest for image in there))


def _most(images: Iterable[StoredImage]) -> int:
    """Return the manifests of the largest index, or 0 where there is none."""
    return max((1 + len(image.contains) for image in images if image.contains), default=0)
