"""Weighing: how many pulls a tag takes, foreseen or found out.

A registry counts GET requests for manifests as pulls, and neither lists of tags nor HEAD requests. How many manifests
an image has is known only to who has pulled its index: that pull is part of the weight.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mirrorgen.destinations.port import Holdings, StoredImage
from mirrorgen.model.images import MANIFESTS_OF_ALL_PLATFORMS, Entry
from mirrorgen.operations.copying.evidence import brought
from mirrorgen.operations.copying.pending import Pending
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.asking import Upstreams
from mirrorgen.operations.upstream.digests import upstream_digests
from mirrorgen.outcomes import TagRef


@dataclass(frozen=True, slots=True)
class Weight:
    """What a tag takes of its registry.

    Attributes:
        copying: pulls that regsync makes.
        asking: pulls that were made to find that out.
    """

    copying: int
    asking: int = 0


class Scales(Protocol):
    """Tells what tags take."""

    def __call__(self, ref: TagRef, entry: Entry, left: int) -> Weight:
        """Weigh a tag.

        Args:
            ref: the tag.
            entry: which brings it.
            left: pulls that may still be made of its registry.
        """


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Weighs by what is known without asking; that a tag has moved is not foreseen.

    Attributes:
        doubtful: tags that the target has, and that are compared.
        manifests: of the largest image that the target holds, by repository.
    """

    doubtful: Collection[TagRef]
    manifests: Mapping[str, int] = field(default_factory=dict)

    def __call__(self, ref: TagRef, entry: Entry, left: int) -> Weight:  # noqa: ARG002 - nobody is asked
        """Return about how many pulls a tag takes."""
        if ref in self.doubtful:
            return Weight(entry.copying.pulls_to_compare(self.size(ref)))
        return Weight(entry.copying.pulls(self.size(ref)))

    def size(self, ref: TagRef) -> int:
        """Return about how many manifests an image has."""
        return self.manifests.get(ref.repository, MANIFESTS_OF_ALL_PLATFORMS)


@dataclass(frozen=True, slots=True)
class FoundOut:
    """Weighs by asking the registry; what it does not tell is foreseen.

    Attributes:
        foreseen: the other scales.
        upstreams: are asked.
        unmoved: tags that the target has as upstream has them now.
        hosts: registries with a limit, which alone are asked.
    """

    foreseen: Foreseen
    upstreams: Upstreams
    unmoved: Collection[TagRef]
    hosts: Collection[str]

    def __call__(self, ref: TagRef, entry: Entry, left: int) -> Weight:
        """Return the pulls that a tag takes; those of a usual copy where no pull is left to ask with."""
        copying = entry.copying
        if entry.source.host not in self.hosts:
            return self.foreseen(ref, entry, left)
        if ref in self.unmoved:
            return Weight(0)
        if copying.platform:
            return Weight(copying.pulls())
        if not left:
            return Weight(copying.pulls(self.foreseen.size(ref)))
        manifests = self.upstreams.manifests(entry.reference(ref.tag))
        return Weight(copying.pulls(manifests or self.foreseen.size(ref)), asking=1)


def scales(runtime: Runtime, todo: Pending, held: Holdings, hosts: Collection[str], *, ask: bool) -> Scales:
    """Return what to weigh tags with.

    Args:
        runtime: of the list.
        todo: what regsync would look at.
        held: what the target holds.
        hosts: registries with a limit; others are never asked, and neither is the target about their images.
        ask: whether registries may be asked, which takes pulls.

    Raises:
        ToolUnusable, UsageError, ToolFailed: target or upstreams cannot be asked.
    """
    limited = {ref: entry for ref, entry in brought(todo.desired).items() if entry.source.host in hosts}
    if not limited:
        return Foreseen(frozenset(todo.doubtful))
    stored = runtime.destination.images(sorted({ref.repository for ref in limited}))
    foreseen = Foreseen(
        frozenset(todo.doubtful), {name: most for name, images in stored.items() if (most := _most(images or ()))}
    )
    if not ask:
        return foreseen
    compared = {
        ref: limited[ref]
        for ref in todo.doubtful
        if ref in limited and limited[ref].pinned(ref.tag) is None and not limited[ref].copying.pulls_to_compare()
    }
    digests, _ = upstream_digests(runtime, compared)
    unmoved = {ref for ref, digest in digests.items() if digest == (held[ref.repository] or {}).get(ref.tag)}
    return FoundOut(foreseen, Upstreams(runtime), unmoved, hosts)


def _most(images: Iterable[StoredImage]) -> int:
    """Return the manifests of the largest index, or 0 where there is none."""
    return max((1 + len(image.contains) for image in images if image.contains), default=0)
