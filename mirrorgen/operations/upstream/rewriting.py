"""Rewriting: updates put into the text of a list, which is read again before anybody believes it."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mirrorgen.desired.updates import Update
from mirrorgen.errors import InputError
from mirrorgen.files import read_file, write_file
from mirrorgen.master_list.splicing import Place, TagList, find_tags, with_tags
from mirrorgen.model.allowances import Allowances
from mirrorgen.problems import KeyPath
from mirrorgen.project import CURED_BY_LOCK, Loaded, load

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class ByHand:
    """What people have to change themselves, since it cannot be done without a guess.

    Attributes:
        update: what is to be changed.
        what: one change of it, in words.
        why: the reason.
        line: where it is in the file, from 1.
    """

    update: Update
    what: str
    why: str
    line: int


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A list with updates in its text.

    Attributes:
        text: of the whole file.
        by_hand: what is not in it.
        trouble: why it must not be written; None where it is as it should be.
    """

    text: str
    by_hand: tuple[ByHand, ...]
    trouble: str | None


def rewrite(loaded: Loaded, updates: Iterable[Update], allowances: Allowances) -> Rewritten:
    """Put updates into the text of a list, and read the result again: it must be valid, and say what it is to say.

    Args:
        loaded: the list.
        updates: of it.
        allowances: what it may do with credentials.
    """
    by_list: dict[KeyPath, list[Update]] = {}
    for update in updates:
        if update.is_due:
            by_list.setdefault(update.entry.image.tag_path(update.tag)[:-1], []).append(update)
    places: list[Place] = []
    by_hand: list[ByHand] = []
    wanted = copy.deepcopy(loaded.document.data)
    for path, changes in by_list.items():
        place = find_tags(loaded.document, path, len(changes[0].entry.rule.exact))
        if place is None:
            by_hand += [_unspliced(loaded, update) for update in changes]
            continue
        spliced = _Spliced(loaded, place.tags, by_hand)
        for update in changes:
            spliced.apply(update)
        places.append(Place(place.start, place.end, spliced.tags))
        _put(wanted, path, spliced.wanted)
    text = with_tags(loaded.document, places)
    return Rewritten(text, tuple(by_hand), _trouble(loaded, text, wanted, allowances))


def write_list(loaded: Loaded, text: str) -> None:
    """Write a list anew, if it is still what was read.

    Raises:
        InputError: it has changed in the meantime, or cannot be written.
    """
    content = read_file(loaded.path, project=loaded.root)
    before = "" if content is None else content.decode("utf-8", "replace")
    if before.removeprefix(_BOM) != loaded.document.text:
        raise InputError(f"{loaded.path} has changed since it was read", hint="run the same again")
    write_file(loaded.path, (_BOM if before.startswith(_BOM) else "") + text, project=loaded.root)


class _Spliced:
    """A list of tags, with the updates that have been put into it so far, and the tags that it should have."""

    def __init__(self, loaded: Loaded, tags: TagList, by_hand: list[ByHand]) -> None:
        self.tags = tags
        self.wanted = tags.tags
        self._loaded, self._by_hand = loaded, by_hand

    def apply(self, update: Update) -> None:
        if update.newer and update.tag in update.dropped:
            self.tags = self.tags.replaced(update.tag, update.newer)
            self.wanted[self.wanted.index(update.tag)] = update.newer
        elif update.newer and not self._add(update.newer, beside=update.tag, before=not update.is_ascending):
            self._leave(update, f"{update.newer} beside {update.tag}", update.tag)
            return
        for old in update.dropped:
            if old not in self.wanted:
                continue
            shorter = self.tags.without(old)
            if shorter is None:
                self._leave(update, f"{old} out", old)
            else:
                self.tags = shorter
                self.wanted.remove(old)

    def _add(self, tag: str, *, beside: str, before: bool) -> bool:
        added = self.tags.added(tag, beside=beside, before=before)
        if added is None:
            return False
        self.tags = added
        # On which side is for the text to say, where there are comments.
        place = self.wanted.index(beside)
        self.wanted.insert(place if added.tags[place : place + 1] == [tag] else place + 1, tag)
        return True

    def _leave(self, update: Update, what: str, tag: str) -> None:
        why = "a comment, or an anchor, may be about this tag"
        self._by_hand.append(ByHand(update, what, why, _line(self._loaded, update, tag)))


def _unspliced(loaded: Loaded, update: Update) -> ByHand:
    what = f"{update.newer} beside {update.tag}" if update.newer else f"{', '.join(update.dropped)} out"
    why = "an alias shares these tags with another place, or they are written in an unusual way"
    return ByHand(update, what, why, _line(loaded, update, update.tag))


def _line(loaded: Loaded, update: Update, tag: str) -> int:
    span = loaded.document.span(update.entry.image.tag_path(tag))
    return span.line if span else 0


def _put(data: Any, path: KeyPath, value: list[str]) -> None:
    for step in path[:-1]:
        data = data[step]
    data[path[-1]] = value


def _trouble(loaded: Loaded, text: str, wanted: Any, allowances: Allowances) -> str | None:
    again = load(loaded.path, text=text, use_lock=False, allowances=allowances)
    errors = again.errors(tolerated=CURED_BY_LOCK)
    if errors:
        return errors[0].message
    return None if again.document.data == wanted else "it would say something else, too"
