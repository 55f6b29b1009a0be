"""Adding: the text of a list with images added to it, read again before anybody believes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from mirrorgen.destinations.kinds import read_target
from mirrorgen.errors import InputError
from mirrorgen.importing.checking import keys_at, keys_of, unlike
from mirrorgen.importing.drafts import Draft
from mirrorgen.importing.gathering import Base, Gathering
from mirrorgen.importing.outcomes import Added, Key, Taken
from mirrorgen.importing.reaching import said_of, usable_settings
from mirrorgen.importing.splices import Splice, add_entries, add_registries, add_to_entry, spliced
from mirrorgen.importing.text import entry_document, list_text
from mirrorgen.master_list.document import Document
from mirrorgen.model.allowances import Allowances
from mirrorgen.problems import KeyPath, Problem
from mirrorgen.project import CURED_BY_LOCK, Loaded, load, load_texts
from mirrorgen.readers.contract import NamedImage, Reading, Refusal

_MOST_ROUNDS = 50
"""How often what makes a list invalid is taken out again; each time it is all that is found."""

_NEW = Path("images.yaml")

Item = TypeVar("Item")


def new_list(readings: Sequence[Reading], allowances: Allowances) -> Added:
    """Make a list of what files name.

    Args:
        readings: of the files, in order.
        allowances: what the list may do with credentials.
    """
    target, _ = read_target({})

    def check(text: str) -> Loaded:
        return load_texts(_NEW, text, None, use_lock=False, allowances=allowances)

    return _Addition(Base(target), readings, allowances, check, None).run()


def add_images(loaded: Loaded, readings: Sequence[Reading], allowances: Allowances) -> Added:
    """Add what files name to a list; nothing is written.

    Args:
        loaded: the list, without errors other than those that a lock cures.
        readings: of the files, in order.
        allowances: what the list may do with credentials.

    Raises:
        InputError: the list would not be valid for something that it has.
    """
    assert loaded.master_list
    master_list, document = loaded.master_list, loaded.document

    def where(path: KeyPath) -> str:
        span = document.span(path)
        return f"{document.file}:{span.line}:{span.column}" if span else document.file

    def check(text: str) -> Loaded:
        return load(loaded.path, text=text, use_lock=False, allowances=allowances)

    base = Base(master_list.target, master_list.registries, master_list.images, master_list.copying, where)
    return _Addition(base, readings, allowances, check, document).run()


@dataclass
class _Round:
    """One attempt: the entries, and what came of each image."""

    gathering: Gathering
    results: list[list[Taken | Refusal]]

    @cached_property
    def changed(self) -> list[Draft]:
        """Entries of the list that get more."""
        return [draft for draft in self.gathering.drafts if draft.image and draft.is_changed]

    @cached_property
    def new(self) -> list[Draft]:
        """New entries, in the order in which they stand in the list."""
        return [draft for draft in self.gathering.drafts if not draft.image and draft.is_changed]

    @cached_property
    def entries(self) -> list[dict[str, Any]]:
        """The data of the new entries."""
        return [entry_document(draft) for draft in self.new]

    @cached_property
    def numbers(self) -> dict[int, int]:
        """The number of an entry, by its position in the list."""
        number_of = {id(draft): number for number, draft in enumerate(self.gathering.drafts)}
        count = sum(draft.image is not None for draft in self.gathering.drafts)
        placed = enumerate([*self.gathering.drafts[:count], *self.new])
        return {position: number_of[id(draft)] for position, draft in placed}


def _once(items: Iterable[Item], what: Callable[[Item], object]) -> list[Item]:
    """Leave out what says the same at the same place: aliases of YAML repeat a text that stands there once."""
    first: dict[object, Item] = {}
    for item in items:
        first.setdefault(what(item), item)
    return [*first.values()]


def _said_at(named: NamedImage) -> object:
    return named.place, named.source, named.tag, named.digest, named.repository, named.copying, repr(named.rule)


class _Addition:
    """What is tried, and taken back where it makes the list invalid, until it is valid."""

    def __init__(
        self,
        base: Base,
        readings: Sequence[Reading],
        allowances: Allowances,
        check: Callable[[str], Loaded],
        document: Document | None,
    ) -> None:
        self._base, self._check, self._document = base, check, document
        images = ((named, reading.target) for reading in readings for named in reading.images)
        self._images = _once(images, lambda item: _said_at(item[0]))
        self._unread = _once(
            (refused for reading in readings for refused in reading.refused),
            lambda refused: replace(refused, path=""),
        )
        self._refused: dict[int, Refusal] = {}
        self._reached, self._unreached = usable_settings(readings, base.registries, base.target.host, allowances)

    def run(self) -> Added:
        for _ in range(_MOST_ROUNDS):
            done = self._gather()
            text = self._write(done)
            if text is not None and (not text or self._is_good(text, done)):
                results = [result for results in done.results for result in results]
                taken = tuple(result for result in results if isinstance(result, Taken))
                refused = [result for result in results if isinstance(result, Refusal)]
                return Added(text, taken, tuple(_in_order([*self._unread, *refused, *self._unreached])))
        raise InputError("too much of what is named cannot stand in one list", hint="import it in parts")

    def _gather(self) -> _Round:
        gathering = Gathering(self._base)
        results: list[list[Taken | Refusal]] = []
        for index, (named, own) in enumerate(self._images):
            refused = self._refused.get(index)
            results.append([refused] if refused else [*gathering.take(named, own)])
        return _Round(gathering, results)

    def _registries(self, done: _Round) -> dict[str, Any]:
        """The settings of registries that images come from, as they stand in a list."""
        hosts = {draft.source.host for draft in done.gathering.drafts if draft.image or draft.is_changed}
        return {reached.host: said_of(reached.registry) for reached in self._reached if reached.host in hosts}

    def _write(self, done: _Round) -> str | None:
        """Return the text; None where something cannot be written, and has been refused."""
        registries = self._registries(done)
        if self._document is None:
            return list_text(registries, done.entries) if done.new else ""
        splices: list[Splice] = []
        unwritten: list[Draft] = []
        for draft in done.changed:
            found = add_to_entry(self._document, draft)
            splices += found or ()
            unwritten += [] if found else [draft]
        if done.new:
            entries = add_entries(self._document, done.entries)
            splices += [entries] if entries else []
            unwritten += [] if entries else done.new
        if registries:
            settings = add_registries(self._document, registries)
            if settings is None:
                self._leave_settings()
                return None
            splices.append(settings)
        if unwritten:
            self._leave(done, unwritten)
            return None
        return spliced(self._document, splices)

    def _is_good(self, text: str, done: _Round) -> bool:
        """Whether a text may be the list; otherwise what stands against that has been refused."""
        if self._document and text == self._document.text:
            return True
        again = self._check(text)
        if again.document.data is None:
            raise InputError(f"the list could not be read again: {again.problems[0].message}")
        errors = again.errors(tolerated=CURED_BY_LOCK)
        for problem in errors:
            self._blame(problem, done, again.document.data)
        if errors:
            return False
        before = self._document.data if self._document else {}
        wrong = unlike(before, again.document.data, done.changed, done.entries, self._registries(done))
        drafts = [done.gathering.drafts[done.numbers[position]] for position in wrong or ()]
        if wrong is None or not all(draft.is_changed for draft in drafts):
            raise InputError("the list would say something else, too", hint="add these images by hand")
        self._leave(done, drafts)
        return not drafts

    def _blame(self, problem: Problem, done: _Round, data: Any) -> None:
        keys = keys_at(problem, done.gathering.drafts, done.numbers, data)
        if not keys:
            raise InputError(f"the list would not be valid: {problem.message}", hint=problem.hint)
        self._refuse(done, keys, problem.message, problem.hint)

    def _leave(self, done: _Round, drafts: Sequence[Draft]) -> None:
        """Leave to people what cannot be written without a guess."""
        for draft in drafts:
            number = next(number for number, each in enumerate(done.gathering.drafts) if each is draft)
            if draft.image:
                place = self._base.where((*draft.image.path, "tags"))
                reason = f"an alias shares the tags at {place}, or they, or comments there, leave no place for more"
            else:
                reason = "an alias, a comment or brackets leave no place for entries behind those of the list"
            self._refuse(done, set(keys_of(number, draft)), reason, "put it there by hand")

    def _refuse(self, done: _Round, keys: set[Key], reason: str, hint: str) -> None:
        for index, results in enumerate(done.results):
            if index not in self._refused and any(
                isinstance(result, Taken) and not keys.isdisjoint(result.keys) for result in results
            ):
                named, _ = self._images[index]
                self._refused[index] = Refusal(named.written, named.place, named.path, reason, hint)

    def _leave_settings(self) -> None:
        reason, hint = "a comment, an alias or brackets leave no place under `registries`", "put them there by hand"
        self._unreached += tuple(reached.refusal(reason, hint) for reached in self._reached)
        self._reached = []


def _in_order(refused: Sequence[Refusal]) -> list[Refusal]:
    """Refusals in the order of their files, and of the lines of these."""
    files = {file: number for number, file in enumerate(dict.fromkeys(each.place.file for each in refused))}
    return sorted(refused, key=lambda each: (files[each.place.file], each.place.line, each.place.column))
