"""Updates: which newer tags upstream has of the versions that entries write out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cmp_to_key

from mirrorgen.desired.selection import Listings
from mirrorgen.desired.state import Repository
from mirrorgen.model.families import Family, Member, read_member
from mirrorgen.model.images import Entry
from mirrorgen.model.policies import NONE, Level, allows, level_between, line_of


@dataclass(frozen=True, slots=True)
class Update:
    """What has become of one line of an entry: tags of one family between which its policy lets the list move on.

    Attributes:
        repository: name of the target repository.
        entry: the entry.
        tag: the newest of the line that the list has.
        newer: the newest that upstream has and the policy allows; None where there is none.
        level: which number of `newer` is the first that `tag` does not have; None without it.
        beyond: the newest of the family that upstream has, where the policy does not allow it.
        dropped: tags of the line that are older than those that are kept, in the order of the list.
        is_ascending: whether the list has the older of two versions first.
    """

    repository: str
    entry: Entry
    tag: str
    newer: str | None
    level: Level | None
    beyond: str | None
    dropped: tuple[str, ...]
    is_ascending: bool

    @property
    def is_due(self) -> bool:
        """Whether the list would change."""
        return self.newer is not None or bool(self.dropped)


class Reason(StrEnum):
    """Why nothing newer is looked for."""

    NO_VERSION = "no-version"
    PRERELEASE = "prerelease"
    DIGEST = "digest"
    RULES = "rules"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Tags of an entry for which nothing newer is looked for; no tag stands for the whole entry."""

    repository: str
    entry: Entry
    reason: Reason
    tags: tuple[str, ...] = ()


def left_alone(entries: Iterable[tuple[Repository, Entry]]) -> Iterator[LeftAlone]:
    """Yield what the list itself says has no successor: of whole entries, and of tags.

    Args:
        entries: each behind its repository.
    """
    for repository, entry in entries:
        rule = entry.rule
        if rule.is_open:
            yield LeftAlone(repository.name, entry, Reason.RULES)
        elif entry.image.update == NONE:
            yield LeftAlone(repository.name, entry, Reason.POLICY)
        else:
            read = {tag: read_member(tag) for tag in rule.exact}
            unread = tuple(tag for tag, member in read.items() if member is None)
            early = tuple(tag for tag, member in read.items() if member and member.is_prerelease)
            found = ((Reason.DIGEST, tuple(rule.digests)), (Reason.NO_VERSION, unread), (Reason.PRERELEASE, early))
            yield from (LeftAlone(repository.name, entry, reason, tags) for reason, tags in found if tags)


def has_lines(entry: Entry) -> bool:
    """Whether upstream may have something newer for an entry, so that it is worth asking."""
    return not entry.rule.is_open and entry.image.update != NONE and bool(_families(entry))


def find_updates(
    entries: Iterable[tuple[Repository, Entry]], listings: Listings, *, keep: int | None = None
) -> Iterator[Update]:
    """Yield every line of the entries, also those for which upstream has nothing newer.

    A tag that another entry brings into the repository is not offered for this one.

    Args:
        entries: each behind its repository; those without a listing are left out.
        listings: what upstream has.
        keep: how many tags of a line stay, the newest ones; None for all.
    """
    names: dict[str, set[str]] = {}
    for repository, entry in entries:
        if str(entry.source) not in listings or not has_lines(entry):
            continue
        taken = names.setdefault(repository.name, set(repository.tags))
        available = [member for tag in set(listings[str(entry.source)]) if (member := read_member(tag))]
        for family, listed in _families(entry).items():
            offered = [member for member in available if member.family == family]
            for line in _lines(entry, listed):
                is_ascending = len(listed) > 1 and listed[0].version.compare(listed[-1].version) < 0
                found = _update(repository.name, entry, line, offered, taken, keep, is_ascending=is_ascending)
                taken.add(found.newer or found.tag)
                yield found


def _families(entry: Entry) -> dict[Family, list[Member]]:
    """The released versions that an entry writes out, in the order of the list."""
    families: dict[Family, list[Member]] = {}
    for tag in entry.rule.exact:
        member = read_member(tag)
        if member and not member.is_prerelease:
            families.setdefault(member.family, []).append(member)
    return families


def _lines(entry: Entry, listed: Iterable[Member]) -> Iterable[list[Member]]:
    lines: dict[tuple[int, ...], list[Member]] = {}
    for member in listed:
        lines.setdefault(line_of(entry.image.update, member.version), []).append(member)
    return lines.values()


def _update(
    repository: str,
    entry: Entry,
    line: list[Member],
    offered: list[Member],
    taken: set[str],
    keep: int | None,
    *,
    is_ascending: bool,
) -> Update:
    current = _newest(line)
    ahead = [member for member in offered if member.version.compare(current.version) > 0]
    policy = entry.image.update
    allowed = [member for member in ahead if allows(policy, current.version, member.tag, member.version)]
    newest = _newest(allowed) if allowed else None
    newer = newest if newest and newest.tag not in taken else None
    furthest = _newest(ahead) if ahead else None
    kept = {member.tag for member in _sorted([*line, *([newer] if newer else [])])[-keep:]} if keep else None
    return Update(
        repository=repository,
        entry=entry,
        tag=current.tag,
        newer=newer.tag if newer else None,
        level=level_between(current.version, newer.version) if newer else None,
        beyond=furthest.tag if furthest and furthest != newest else None,
        dropped=tuple(member.tag for member in line if member.tag not in kept) if kept is not None else (),
        is_ascending=is_ascending,
    )


def _newest(members: list[Member]) -> Member:
    return _sorted(members)[-1]


def _sorted(members: list[Member]) -> list[Member]:
    """By version; of two that are equal (`1.010` and `1.10`), the shorter tag is the later, and so the newest."""
    return sorted(members, key=cmp_to_key(_compare))


def _compare(first: Member, second: Member) -> int:
    def rank(member: Member) -> tuple[int, str]:
        return (-len(member.tag), member.tag)

    return first.version.compare(second.version) or (rank(first) > rank(second)) - (rank(first) < rank(second))
