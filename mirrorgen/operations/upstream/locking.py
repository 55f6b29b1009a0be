"""Lock: what the rules of a list choose now and what each tag names, compared with what the lock says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from mirrorgen.desired.selection import Selection, odd_newest, selection_problems, unmet
from mirrorgen.errors import RegistryFailed
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


class EntryChange(StrEnum):
    """What became of an entry as a whole when a lock was made anew."""

    ADDED = "added"
    REMOVED = "removed"
    RULE = "rule-changed"
    KEPT = "kept"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True)
class ChangedEntry:
    """An entry of the lock that is there now, or is not; or that is as it was because nothing better is known.

    Attributes:
        change: `rule-changed` means that the list asks for something else than before. `kept` has its old lines, and
            `left-out` has none, because its upstream did not answer or does not have what the list asks for.
        source: the upstream repository.
        repository: the target repository where the list's entry names one.
        tags: how many tags the lock has of it, or had of one that was removed.
    """

    change: EntryChange
    source: str
    repository: str | None
    tags: int


@dataclass(frozen=True, slots=True)
class Relocked:
    """A lock as upstream is now, and what came of making it.

    Attributes:
        lock: new lines for the entries whose upstream has answered; the others have their old ones, if they had any.
        differences: how upstream differs from the old lock, in entries that are in both; sorted by source and tag.
        entries: what became of whole entries, sorted by change and source.
        answered: of how many entries upstream has said all there is to say.
        failures: what could not be asked, and what upstream does not have.
        problems: the latter, with paths in the list.
    """

    lock: Lock
    differences: tuple[Difference, ...]
    entries: tuple[ChangedEntry, ...]
    answered: int
    failures: tuple[Failure, ...]
    problems: tuple[Problem, ...]

    @property
    def has_differences(self) -> bool:
        """Whether the lock says something else than the one before it, as far as upstream has answered."""
        same = {EntryChange.KEPT, EntryChange.LEFT_OUT}
        return bool(self.differences) or any(entry.change not in same for entry in self.entries)


def relock(
    runtime: Runtime,
    master_list: MasterList,
    old: Lock | None,
    *,
    only: AbstractSet[int],
    now: datetime,
    keep_digests: bool = False,
) -> Relocked:
    """Ask the upstream registries for tags and digests: tag lists and HEAD requests, nothing else.

    Args:
        runtime: of the list, without its lock.
        master_list: the list.
        old: the lock there is.
        only: indexes of the entries to ask for; the others keep their lines.
        now: the time to write beside digests that are new.
        keep_digests: whether a tag that an entry had, and has, keeps its digest; nobody is asked for that then.

    Raises:
        ToolUnusable, UsageError: nothing can be asked.
    """
    entries = [(repository, entry) for repository, entry in runtime.desired.entries if entry.image.index in only]
    asked = select_upstream(runtime, entries)
    kept = _kept(asked.selections, old) if keep_digests and old else {}
    references = [
        _reference(selection.entry, tag.tag)
        for selection in asked.selections
        for tag in selection.tags
        if (selection.entry.image.index, tag.tag) not in kept
    ]
    said = Upstreams(runtime).digests(references)
    unanswered = [failure for selection in asked.selections for failure in _failures(selection, said.failures)]
    silent = {(failure.ref.repository, failure.source) for failure in unanswered}
    answered = {
        selection.entry.image.index: selection
        for selection in asked.selections
        if (selection.repository, str(selection.entry.source)) not in silent
    }
    failures = (*asked.failures, *unanswered, *unmet(answered.values()))
    return _Maker(old, said.answers, kept, now).relocked(master_list, only, answered, failures)


def forget_removed(master_list: MasterList, old: Lock) -> Relocked:
    """Return a lock without what the list no longer has; every other entry keeps its lines, and nobody is asked."""
    return _Maker(old, {}, {}, now=datetime.now(UTC)).relocked(master_list, frozenset(), {}, ())


def _kept(selections: Iterable[Selection], old: Lock) -> dict[tuple[int, str], str]:
    """The digests that a lock has of tags that are still asked for, by the index of the entry and the tag."""
    known = old.by_key()
    return {
        (selection.entry.image.index, tag): digest
        for selection in selections
        if (before := known.get(key_of(selection.entry.image)))
        for tag, digest in before.digests.items()
        if selection.entry.rule.digests.get(tag, digest) == digest
    }


def _failures(selection: Selection, failed: Mapping[str, RegistryFailed]) -> Iterator[Failure]:
    for selected in selection.tags:
        error = failed.get(_reference(selection.entry, selected.tag))
        if error:
            ref, entry = TagRef(selection.repository, selected.tag), selection.entry
            yield Failure(ref, error.kind, error.message, entry.owner, str(entry.source))


def _reference(entry: Entry, tag: str) -> str:
    digest = entry.rule.digests.get(tag)
    return f"{entry.location}@{digest}" if digest else f"{entry.location}:{tag}"


@dataclass(frozen=True, slots=True)
class _Maker:
    old: Lock | None
    digests: Mapping[str, str]
    kept: Mapping[tuple[int, str], str]
    now: datetime

    def relocked(
        self,
        master_list: MasterList,
        asked: AbstractSet[int],
        selections: Mapping[int, Selection],
        failures: tuple[Failure, ...],
    ) -> Relocked:
        known = self.old.by_key() if self.old else {}
        listed = {key_of(image) for image in master_list.images}
        images: list[LockedImage] = []
        differences: list[Difference] = []
        problems: list[Problem] = []
        entries = [_changed(EntryChange.REMOVED, entry) for key, entry in known.items() if key not in listed]
        for image in master_list.images:
            before, selection = known.get(key_of(image)), selections.get(image.index)
            after = self._locked(image, selection, before) if selection else None
            found = list(selection_problems([selection])) if selection else []
            problems += [*found, *odd_newest([selection] if selection else [])]
            if before and after:
                differences += _differences(image, before, after)
            kept = before if found or after is None else after
            images += [kept] if kept else []
            if image.index in asked:
                entries += _entry_changes(image, before, kept, is_known=kept is after)
        return Relocked(
            lock=Lock(tuple(sorted(images, key=lambda image: image.key))),
            differences=tuple(sorted(differences, key=lambda difference: (difference.source, difference.tag))),
            entries=tuple(sorted(entries, key=lambda entry: (entry.change, entry.source, entry.repository or ""))),
            answered=len(selections),
            failures=failures,
            problems=tuple(problems),
        )

    def _locked(self, image: Image, selection: Selection, before: LockedImage | None) -> LockedImage:
        locked = self.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        tags = {}
        for selected in selection.tags:
            kept = self.kept.get((image.index, selected.tag))
            digest = kept or self.digests[_reference(selection.entry, selected.tag)]
            same = before.tags.get(selected.tag) if before else None
            tags[selected.tag] = same if same and same.digest == digest else LockedTag(digest, locked)
        platforms = image.copying.platform or "all"
        return LockedImage(str(image.source), image.repository, rule_mark(image), platforms, tags).sealed()


def _entry_changes(
    image: Image, before: LockedImage | None, kept: LockedImage | None, *, is_known: bool
) -> Iterator[ChangedEntry]:
    if kept is None:
        yield ChangedEntry(EntryChange.LEFT_OUT, str(image.source), image.repository, 0)
    elif not is_known:
        yield _changed(EntryChange.KEPT, kept)
    elif before is None:
        yield _changed(EntryChange.ADDED, kept)
    elif (before.rule, before.platforms) != (kept.rule, kept.platforms):
        yield _changed(EntryChange.RULE, kept)


def _changed(change: EntryChange, entry: LockedImage) -> ChangedEntry:
    return ChangedEntry(change, entry.source, entry.repository, len(entry.tags))


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
