"""Selection: which of the tags that upstream has the entries of a list keep."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mirrorgen.desired.newest import newest, oddity
from mirrorgen.desired.state import DesiredState, Repository
from mirrorgen.model.images import Entry, TagRule
from mirrorgen.model.spelling import nearest
from mirrorgen.model.tags import is_moving, passes
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.problems import Problem, Severity

Listings = Mapping[str, Iterable[str]]
"""The tags that upstream has, by source."""

_COMPARED = 2000
"""Tags that a missing one is compared with, which takes a tenth of a second."""

NOT_UPSTREAM = "upstream has no such tag"


@dataclass(frozen=True, slots=True, order=True)
class SelectedTag:
    """A tag that an entry keeps.

    Attributes:
        tag: the tag.
        selected_by: the part of the rule that selects it: `exact`, `digests`, `match` or `semver`.
        moving: whether upstream moves it.
    """

    tag: str
    selected_by: str
    moving: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """What an entry keeps of what upstream has now.

    Attributes:
        repository: name of the target repository.
        entry: the entry.
        available: how many tags upstream has.
        tags: those that are kept, sorted.
        absent: exact tags that upstream does not have, each with the nearest one it has, or nothing.
    """

    repository: str
    entry: Entry
    available: int
    tags: tuple[SelectedTag, ...]
    absent: tuple[tuple[str, str], ...]

    @property
    def is_rule_idle(self) -> bool:
        """Whether the rule selects nothing of what upstream has; it may select a tag that stands under `exact`, too."""
        rule = self.entry.rule
        return rule.is_open and not any(
            passes(rule, selected.tag) for selected in self.tags if selected.tag not in rule.digests
        )


def select(rule: TagRule, available: Iterable[str]) -> tuple[SelectedTag, ...]:
    """Select from the tags that upstream has; sorted by tag.

    An exact tag that upstream does not have is not among the result; one with a digest is in any case.
    """
    tags = sorted(set(available))
    exact = set(rule.exact)
    selected_by = {tag: "exact" for tag in tags if tag in exact} | dict.fromkeys(rule.digests, "digests")
    if rule.is_open:
        name = "match" if rule.match else "semver"
        kept = newest(rule, [tag for tag in tags if passes(rule, tag)])
        selected_by = dict.fromkeys(kept, name) | selected_by
    return tuple(SelectedTag(tag, selected_by[tag], is_moving(rule, tag)) for tag in sorted(selected_by))


def select_all(entries: Iterable[tuple[Repository, Entry]], listings: Listings) -> tuple[Selection, ...]:
    """Let each entry select; entries without a listing are left out.

    Args:
        entries: of the desired state, each behind its repository.
        listings: what upstream has.
    """
    return tuple(
        _selection(repository.name, entry, set(listings[str(entry.source)]))
        for repository, entry in entries
        if str(entry.source) in listings
    )


def selection_problems(selections: Iterable[Selection]) -> Iterator[Problem]:
    """Yield rules that select nothing and exact tags that upstream does not have, with paths in the list."""
    for selection in selections:
        yield from idle_rule_problems([selection])
        for tag, near in selection.absent:
            hint = f"did you mean {near!r}?" if near else "upstream may have removed it: take it off the list"
            message = f"{selection.entry.source} has no tag {tag!r}"
            yield Problem("tag-not-upstream", message, selection.entry.image.tag_path(tag), hint)


def idle_rule_problems(selections: Iterable[Selection]) -> Iterator[Problem]:
    """Yield rules that select nothing, with paths in the list."""
    for selection in selections:
        if selection.is_rule_idle:
            yield _idle(selection)


def odd_newest(selections: Iterable[Selection]) -> Iterator[Problem]:
    """Yield rules whose newest tags are hardly what was meant, with paths in the list; the list can be used."""
    for selection in selections:
        kept = [selected.tag for selected in selection.tags if selected.selected_by in {"match", "semver"}]
        odd = oddity(selection.entry.rule, kept)
        if odd:
            message = f"the newest of {selection.entry.source} are {odd}: {', '.join(kept[:5])}"
            hint = "`suffix: none` beside `newest` keeps releases alone, each once; `suffix: alpine` those of alpine"
            path = (*selection.entry.image.path, "tags")
            yield Problem("newest-is-odd", message, path, hint, Severity.WARNING)


def unmet(selections: Iterable[Selection]) -> Iterator[Failure]:
    """Yield what upstream does not have of what the list asks for: exact tags, and rules that select nothing."""
    for selection in selections:
        source, owner = str(selection.entry.source), selection.entry.owner
        if selection.is_rule_idle:
            reason = _idle(selection).message
            yield Failure(TagRef(selection.repository), Kind.RULE, reason, owner, source)
        for tag, _ in selection.absent:
            yield Failure(TagRef(selection.repository, tag), Kind.NOT_UPSTREAM, NOT_UPSTREAM, owner, source)


def _idle(selection: Selection) -> Problem:
    rule = selection.entry.rule
    message = f"no tag of {selection.entry.source} fits this rule now; {selection.available} were looked at"
    hint = "look at what upstream has: `mirrorgen tags --save FILE`"
    if rule.newest is not None and rule.order == "version":
        hint = "`newest` takes only tags that are versions; order: alphabetical takes the last of all"
    return Problem("rule-selects-nothing", message, (*selection.entry.image.path, "tags"), hint)


def resolve(state: DesiredState, selections: Iterable[Selection]) -> DesiredState:
    """Put what was selected in the place of rules.

    An open entry without a selection is left out, and so is a repository without any entry.
    """
    known = {selection.entry.image.index: selection for selection in selections}

    def settled(entry: Entry) -> Entry | None:
        selection = known.get(entry.image.index)
        if not entry.is_open:
            return entry
        if selection is None:
            return None
        tags = {*entry.tags, *(selected.tag for selected in selection.tags)}
        return replace(entry, tags=tuple(sorted(tags)), is_open=False)

    repositories = []
    for repository in state.repositories:
        entries = tuple(found for entry in repository.entries if (found := settled(entry)))
        if entries:
            repositories.append(replace(repository, entries=entries))
    return replace(state, repositories=tuple(repositories))


def _selection(repository: str, entry: Entry, available: set[str]) -> Selection:
    absent = [tag for tag in entry.rule.exact if tag not in available]
    ordered = sorted(available) if absent else []
    near = [(tag, _near(tag, ordered)) for tag in absent]
    return Selection(repository, entry, len(available), select(entry.rule, available), tuple(near))


def _near(tag: str, available: Sequence[str]) -> str:
    """Return a tag that another is a slip of; of very many, only those around it in the alphabet are looked at."""
    place = bisect(available, tag)
    around = available[max(0, place - _COMPARED // 2) : place + _COMPARED // 2 + 1]
    candidates = available if len(available) <= _COMPARED else around
    return next(iter(nearest(tag, candidates)), "")
