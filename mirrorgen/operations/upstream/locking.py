"""Lock: what the rules of a list choose now and what each tag names, compared with what the lock says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from mirrorgen.desired.selection import Selection, selection_problems, unmet
from mirrorgen.master_list.lock import Lock, LockedImage, LockedTag, key_of, rule_mark
from mirrorgen.model.images import Entry, Image, MasterList
from mirrorgen.model.tags import is_moving
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.asking import Upstreams
from mirrorgen.operations.upstream.selecting import select_upstream
from mirrorgen.outcomes import Failure, TagRef
from mirrorgen.problems import Problem


class DifferenceKind(StrEnum):
    """How upstream differs from a lock."""

    NEW = "new"
    VANISHED = "vanished"
    RETAGGED = "retagged"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Difference:
    """One tag that is not as the lock says.

    Attributes:
        kind: `retagged` is an alarm: a tag that must never move names something else; `moved` is normal.
        source: the upstream repository.
        tag: the tag.
        locked: the digest in the lock, empty for a new tag.
        now: the digest upstream, empty for a vanished tag.
    """

    kind: DifferenceKind
    source: str
    tag: str
    locked: str
    now: str


@dataclass(frozen=True, slots=True)
class Relocked:
    """A lock as upstream is now, and what came of making it.

    Attributes:
        lock: new lines for the entries that could be asked; the others have their old ones, if they had any.
        differences: to the old lock, sorted by source and tag.
        failures: entries that could not be asked.
        unmet: rules that select nothing and tags that are not there.
        problems: the same, with paths in the list.
    """

    lock: Lock
    differences: tuple[Difference, ...]
    failures: tuple[Failure, ...]
    unmet: tuple[Failure, ...]
    problems: tuple[Problem, ...]


def relock(
    runtime: Runtime, master_list: MasterList, old: Lock | None, *, only: AbstractSet[int], now: datetime
) -> Relocked:
    """Ask the upstream registries for tags and digests: tag lists and HEAD requests, nothing else.

    Args:
        runtime: of the list, without its lock.
        master_list: the list.
        old: the lock there is.
        only: indexes of the entries to ask for; the others keep their lines.
        now: the time to write beside digests that are new.

    Raises:
        ToolUnusable, UsageError: nothing can be asked.
    """
    entries = [(repository, entry) for repository, entry in runtime.desired.entries if entry.image.index in only]
    asked = select_upstream(runtime, entries)
    failed = {failure.source: failure for failure in asked.failures}
    references = {
        _reference(selection.entry, selected.tag): (selection, selected.tag)
        for selection in asked.selections
        for selected in selection.tags
    }
    answered = Upstreams(runtime).digests(references)
    for reference, error in answered.failures.items():
        selection, tag = references[reference]
        source = str(selection.entry.source)
        ref = TagRef(selection.repository, tag)
        failed[source] = Failure(ref, error.kind, f"{tag}: {error.message}", selection.entry.owner, source)
    by_index = {
        selection.entry.image.index: selection
        for selection in asked.selections
        if str(selection.entry.source) not in failed
    }
    failures = tuple(failed[source] for source in sorted(failed))
    return _Maker(old, answered.answers, now).relocked(master_list, by_index, failures)


def _reference(entry: Entry, tag: str) -> str:
    digest = entry.rule.digests.get(tag)
    return f"{entry.location}@{digest}" if digest else f"{entry.location}:{tag}"


@dataclass(frozen=True, slots=True)
class _Maker:
    old: Lock | None
    digests: Mapping[str, str]
    now: datetime

    def relocked(
        self, master_list: MasterList, selections: Mapping[int, Selection], failures: tuple[Failure, ...]
    ) -> Relocked:
        known = self.old.by_key() if self.old else {}
        images: list[LockedImage] = []
        differences: list[Difference] = []
        problems: list[Problem] = []
        for image in master_list.images:
            before, selection = known.get(key_of(image)), selections.get(image.index)
            if selection is None:
                images += [before] if before else []
                continue
            after = self._locked(image, selection, before)
            found = list(selection_problems([selection]))
            problems += found
            differences += _differences(image, before, after) if before else ()
            kept = before if found else after
            images += [kept] if kept else []
        lock = Lock(tuple(sorted(images, key=lambda image: image.key)))
        ordered = sorted(differences, key=lambda difference: (difference.source, difference.tag))
        return Relocked(lock, tuple(ordered), failures, tuple(unmet(selections.values())), tuple(problems))

    def _locked(self, image: Image, selection: Selection, before: LockedImage | None) -> LockedImage:
        locked = self.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        tags = {}
        for selected in selection.tags:
            digest = self.digests[_reference(selection.entry, selected.tag)]
            same = before.tags.get(selected.tag) if before else None
            tags[selected.tag] = same if same and same.digest == digest else LockedTag(digest, locked)
        platforms = image.copying.platform or "all"
        return LockedImage(str(image.source), image.repository, rule_mark(image), platforms, tags).sealed()


def _differences(image: Image, before: LockedImage, after: LockedImage) -> Iterator[Difference]:
    old, new = before.digests, after.digests
    for tag in sorted(old.keys() | new.keys()):
        if old.get(tag) == new.get(tag):
            continue
        kind = DifferenceKind.MOVED if is_moving(image.tags, tag) else DifferenceKind.RETAGGED
        if tag not in old or tag not in new:
            kind = DifferenceKind.NEW if tag in new else DifferenceKind.VANISHED
        yield Difference(kind, before.source, tag, old.get(tag, ""), new.get(tag, ""))


def selected_indexes(master_list: MasterList, sources: Sequence[str]) -> frozenset[int]:
    """Return the entries whose source is among `sources`; all of them where that is empty."""
    return frozenset(image.index for image in master_list.images if not sources or str(image.source) in sources)
