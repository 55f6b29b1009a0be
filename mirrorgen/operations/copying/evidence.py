"""What regsync's words prove of each tag: that it failed, and why; that it was copied; or that nothing was to be done.

Silence proves nothing: regsync does not mention a tag that is not in upstream's list (cmd/regsync/root.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mirrorgen.desired.state import DesiredState
from mirrorgen.model.images import Entry
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.tools.regsync import Event, EventKind, Outcome

Brought = Mapping[TagRef, Entry]
"""The entry that brings each tag."""


def brought(desired: DesiredState) -> dict[TagRef, Entry]:
    """Return the entry that brings each tag of a desired state."""
    return {
        TagRef(repository.name, tag): entry for repository in desired.repositories for entry, tag in repository.tagged()
    }


def target_of(event: Event) -> TagRef:
    """Return the repository and tag that an event's target names."""
    repository, _, tag = event.path.rpartition(":")
    return TagRef(repository, tag)


@dataclass(frozen=True, slots=True)
class Word:
    """What regsync said of a tag that it compared.

    Attributes:
        kind: that it matches, is refreshed, or needs a copy.
        digest: what the target told it that it holds, or has stored; None where no answer named one.
        is_copied: whether it needed a copy and made it: where the target answers meanwhile that it has the image by
            now, regclient stores nothing (ImageCopy in image.go).
    """

    kind: EventKind
    digest: str | None
    is_copied: bool = False


def words_of(outcome: Outcome, address: str) -> Mapping[TagRef, Word]:
    """Return what regsync said of each tag that it compared.

    Args:
        outcome: of a run.
        address: of the target; what other registries answered is no proof.
    """
    seen: dict[TagRef, str] = {}
    stored: dict[TagRef, str] = {}
    kinds: dict[TagRef, EventKind] = {}
    for event in outcome.events:
        ref = target_of(event)
        if event.kind in {EventKind.SEEN, EventKind.STORED} and event.target.partition("/")[0] == address:
            (seen if event.kind is EventKind.SEEN else stored)[ref] = event.digest
        elif event.kind in {EventKind.MATCHES, EventKind.REFRESHED, EventKind.NEEDED}:
            kinds[ref] = event.kind
            if event.kind is EventKind.NEEDED:
                # What it found before says nothing of the copy.
                seen.pop(ref, None)
    return {ref: _word(kind, seen.get(ref), stored.get(ref)) for ref, kind in kinds.items()}


def _word(kind: EventKind, seen: str | None, stored: str | None) -> Word:
    if kind is not EventKind.NEEDED:
        return Word(kind, seen)
    if stored is None and seen is not None:
        return Word(kind, seen)
    return Word(kind, stored or None, is_copied=True)


def failures_of(outcome: Outcome, desired: DesiredState) -> dict[TagRef, Failure]:
    """Return why tags failed, in regsync's words; where an upstream could not be listed, all that it brings.

    Args:
        outcome: of a run.
        desired: what it was given.
    """
    entries = brought(desired)
    by_location: dict[str, list[TagRef]] = {}
    for ref, entry in entries.items():
        pinned = entry.pinned(ref.tag)
        location = entry.location if pinned is None else f"{entry.location}@{pinned}"
        by_location.setdefault(location, []).append(ref)
        by_location.setdefault(f"{entry.location}:{ref.tag}", []).append(ref)
    found: dict[TagRef, Failure] = {}
    for event in outcome.of(EventKind.FAILED, EventKind.SKIPPED):
        for ref in _refs_of(event, by_location):
            known = entries.get(ref)
            kind, reason = _meaning(outcome.quote(event), known)
            failure = known.failure(ref, kind, reason) if known else None
            found[ref] = failure or Failure(ref, kind, reason, source=event.source)
    return found


def _meaning(event: Event, entry: Entry | None) -> tuple[Kind, str]:
    """Return the kind of a failure, and its reason."""
    if event.kind is EventKind.SKIPPED:
        return Kind.UNSUPPORTED, event.reason
    # That is all regsync says where an index lacks the platform (getPlatformDigest in cmd/regsync/root.go).
    if entry and entry.copying.platform and event.reason == "not found":
        return Kind.UNSUPPORTED, f"upstream has no image for {entry.copying.platform}"
    return event.failure_kind, event.reason


def _refs_of(event: Event, by_location: Mapping[str, list[TagRef]]) -> list[TagRef]:
    """Which tags an event is about: the one that its target names, or all that come from its source."""
    if event.target:
        return [target_of(event)]
    return by_location.get(event.source, [TagRef(event.source)])
