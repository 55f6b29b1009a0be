"""Lock: what the rules of a list choose now and what each tag names, compared with what the lock says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from mirrorgen.desired.choices import Choice, choice_problems, choose
from mirrorgen.master_list.lock import Lock, LockedImage, LockedTag, key_of, rule_mark
from mirrorgen.model.images import Image, MasterList
from mirrorgen.model.tags import is_moving
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.asking import Upstreams
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
        failures: why an entry could not be asked, by source.
        problems: rules that choose nothing and tags that are not there, with paths in the list.
    """

    lock: Lock
    differences: tuple[Difference, ...]
    failures: Mapping[str, str]
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
    upstreams = Upstreams(runtime)
    repositories = [one for one in runtime.desired.repositories if one.index in only]
    listed = upstreams.tags(one.source for one in repositories)
    failures = {str(source): reason for source, reason in listed.failures.items()}
    choices = choose(repositories, {str(source): tags for source, tags in listed.answers.items()})
    wanted = [(choice.repository.source, one.tag) for choice in choices for one in choice.selected]
    asked = upstreams.digests(wanted)
    failures |= {str(source): f"{tag}: {reason}" for (source, tag), reason in asked.failures.items()}
    digests = {(str(source), tag): digest for (source, tag), digest in asked.answers.items()}
    maker = _Maker(old, digests, now)
    by_index = {choice.repository.index: choice for choice in choices if str(choice.repository.source) not in failures}
    return maker.relocked(master_list, by_index, failures)


@dataclass(frozen=True, slots=True)
class _Maker:
    old: Lock | None
    digests: Mapping[tuple[str, str], str]
    now: datetime

    def relocked(self, master_list: MasterList, choices: Mapping[int, Choice], failures: Mapping[str, str]) -> Relocked:
        known = self.old.by_key() if self.old else {}
        images: list[LockedImage] = []
        differences: list[Difference] = []
        problems: list[Problem] = []
        for image in master_list.images:
            before, choice = known.get(key_of(image)), choices.get(image.index)
            if choice is None:
                images += [before] if before else []
                continue
            after = self._locked(image, choice, before)
            found = list(choice_problems([choice]))
            problems += found
            differences += _differences(image, before, after) if before else ()
            kept = before if found else after
            images += [kept] if kept else []
        lock = Lock(tuple(sorted(images, key=lambda one: one.key)))
        ordered = sorted(differences, key=lambda one: (one.source, one.tag))
        return Relocked(lock, tuple(ordered), failures, tuple(problems))

    def _locked(self, image: Image, choice: Choice, before: LockedImage | None) -> LockedImage:
        locked = self.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        tags = {}
        for one in choice.selected:
            digest = self.digests[str(image.source), one.tag]
            same = before.tags.get(one.tag) if before else None
            tags[one.tag] = same if same and same.digest == digest else LockedTag(digest, locked)
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
