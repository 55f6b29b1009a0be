"""Refilling: the images of a repository copied into another one of the same registry, digest by digest, and proven.

Upstream is not asked. What the old one holds is what is copied: every tag, what indexes name, and what belongs to an
image, such as its signature; all of it stands in the registry's own list.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mirrorgen.destinations.port import StoredImage
from mirrorgen.errors import ToolFailed
from mirrorgen.operations.repositories.renamed import Rename
from mirrorgen.operations.runtime import Runtime
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.rendering.regsync import within
from mirrorgen.tools.regsync import Event, EventKind

Held = Mapping[str, tuple[StoredImage, ...] | None]
"""Images by repository; None for one that does not exist."""

Verified = Mapping[str, Mapping[str, str]]
"""Digest by tag that an old repository and its new one both had, by the old name."""

_CURE = "restore it with `aws ecr update-image-storage-class`"


@dataclass(frozen=True, slots=True, order=True)
class Lack:
    """Something that the old repository holds, and the new one does not.

    Attributes:
        rename: both repositories.
        digest: of the image.
        tag: that the new one does not have; empty where it lacks the image itself.
    """

    rename: Rename
    digest: str
    tag: str = ""

    @property
    def ends(self) -> tuple[str, str]:
        """From where to where it is copied."""
        target = f"{self.rename.new}:{self.tag}" if self.tag else f"{self.rename.new}@{self.digest}"
        return f"{self.rename.old}@{self.digest}", target


def tags_of(images: Iterable[StoredImage] | None) -> dict[str, str]:
    """Return digest by tag."""
    return {tag: image.digest for image in images or () for tag in image.tags}


def _digests_of(images: Iterable[StoredImage] | None) -> frozenset[str]:
    """Return the digest of each image."""
    return frozenset(image.digest for image in images or ())


def lacking(renames: Iterable[Rename], held: Held, verified: Verified) -> list[Lack]:
    """Return what new repositories lack of the old ones: tags first, since most images come with one.

    Args:
        renames: the repositories.
        held: what all of them hold.
        verified: what both had before; such a tag may have moved on in the new one since.
    """
    tags, digests = [], []
    for rename in renames:
        new, known = tags_of(held[rename.new]), verified.get(rename.old, {})
        for tag, digest in tags_of(held[rename.old]).items():
            if tag not in new or (new[tag] != digest and known.get(tag) != digest):
                tags.append(Lack(rename, digest, tag))
        missing = _digests_of(held[rename.old]) - _digests_of(held[rename.new])
        digests += [Lack(rename, digest) for digest in missing]
    return [*sorted(tags), *sorted(digests)]


def obstacles(renames: Sequence[Rename], held: Held, verified: Verified) -> list[Failure]:
    """Return what keeps images from being copied, and is for somebody to decide before anything is.

    Args:
        renames, held, verified: as for `lacking`.
    """
    archived = [
        Failure(
            TagRef(rename.old, next(iter(image.tags), "")), Kind.REFUSED, f"ECR has archived {image.digest}; {_CURE}"
        )
        for rename in renames
        for image in held[rename.old] or ()
        if image.is_archived
    ]
    differing = []
    named: dict[TagRef, tuple[str, str]] = {}
    for lack in (lack for lack in lacking(renames, held, verified) if lack.tag):
        ref = TagRef(lack.rename.new, lack.tag)
        there = tags_of(held[lack.rename.new]).get(lack.tag)
        where, digest = named.setdefault(ref, (lack.rename.new, there) if there else (lack.rename.old, lack.digest))
        if digest != lack.digest:
            reason = f"it names {digest} in {where}, and {lack.digest} in {lack.rename.old}"
            differing.append(Failure(ref, Kind.DIFFERS, reason))
    return [*archived, *differing]


def refill(
    runtime: Runtime,
    renames: Sequence[Rename],
    held: Held,
    verified: Verified,
    *,
    on_event: Callable[[Event], None] | None = None,
) -> tuple[Held, list[Failure]]:
    """Copy what new repositories lack of the old ones, and ask for what they hold then.

    Args:
        runtime: of the list.
        renames, held, verified: as for `lacking`; all of the repositories exist, and there are no obstacles.
        on_event: told each thing that regsync does, as it happens.

    Returns:
        What they hold, and a failure for each tag or image that is not where it belongs.

    Raises:
        ToolUnusable, ToolFailed, UsageError: regsync or ECR cannot do its part.
    """
    names = {name for rename in renames for name in (rename.old, rename.new)}
    said: dict[str, Event] = {}
    for are_tags, what in ((True, "tags"), (False, "images without a tag")):
        lacks = [lack for lack in lacking(renames, held, verified) if bool(lack.tag) is are_tags]
        if lacks:
            runtime.say(f"regsync once, for {len(lacks)} {what}, from {runtime.desired.target.label} to itself")
            said |= _copy(runtime, lacks, on_event)
            held = runtime.destination.images(sorted(names))
    return held, [_failure(lack, _said_of(lack, said)) for lack in lacking(renames, held, verified)]


def _copy(runtime: Runtime, lacks: Sequence[Lack], on_event: Callable[[Event], None] | None) -> dict[str, Event]:
    """Let regsync copy; return what failed, by what it was to become, or where only that is named, by what it is."""
    target = runtime.destination.target
    config = within(target, runtime.desired.parallel, [lack.ends for lack in lacks])
    outcome = runtime.regsync().once(json.dumps(config), on_event=on_event)
    if outcome.trouble and not outcome.ended_early:
        raise ToolFailed(outcome.trouble)
    failed = [outcome.quote(event) for event in outcome.of(EventKind.FAILED, EventKind.SKIPPED)]
    return {event.path or event.source.partition("/")[2]: event for event in failed}


def _said_of(lack: Lack, said: Mapping[str, Event]) -> Event | None:
    source, target = lack.ends
    return said.get(target) or said.get(source)


def _failure(lack: Lack, event: Event | None) -> Failure:
    ref = TagRef(lack.rename.new, lack.tag)
    what = lack.digest if lack.tag else f"the image {lack.digest}"
    if event is None:
        reason = f"{what} of {lack.rename.old} is not there, and regsync reported no failure"
        return Failure(ref, Kind.UNAVAILABLE, reason)
    return Failure(ref, event.failure_kind, f"{what} of {lack.rename.old} was not copied: {event.reason}")
