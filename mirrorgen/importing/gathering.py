"""Gathering: each image that files name is put to the entry that it belongs to, or it is said why it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mirrorgen.desired.mapping import repository_name, usual_name
from mirrorgen.importing.drafts import Draft, joined, open_part, tag_for_digest
from mirrorgen.importing.outcomes import How, Key, Taken
from mirrorgen.master_list.rules import build_rule
from mirrorgen.master_list.writing import tags_document
from mirrorgen.model.images import Copying, Image, Registry
from mirrorgen.model.references import Source
from mirrorgen.model.tags import passes
from mirrorgen.model.targets import Target
from mirrorgen.problems import KeyPath, Problem
from mirrorgen.readers.contract import NamedImage, Refusal

_NOTHING_SAID = Copying()
_BEST_FIRST = (How.ADDED, How.HELD, How.TWICE)


@dataclass(frozen=True, slots=True)
class Base:
    """The list that images are added to.

    Attributes:
        target: the registry that receives them.
        registries: by host, those that the list configures.
        images: the entries that it has.
        copying: what is copied where an entry says nothing.
        where: says where in the list a path leads.
    """

    target: Target
    registries: Mapping[str, Registry] = field(default_factory=dict)
    images: Sequence[Image] = ()
    copying: Copying = _NOTHING_SAID
    where: Callable[[KeyPath], str] = str

    def derived(self, source: Source) -> str:
        """Return the name of the target repository of a source that has no other."""
        return usual_name(source, prefix=self.target.prefix, registries=self.registries)


@dataclass(frozen=True, slots=True)
class _Owner:
    """What brings a tag into a repository."""

    draft: Draft
    digest: str | None
    named: NamedImage | None


class Gathering:
    """The entries of a list, and what is to be added to them.

    Attributes:
        drafts: entries that the list has, in its order; behind them new ones, in the order in which they were named.
    """

    def __init__(self, base: Base) -> None:
        self.drafts: list[Draft] = []
        self._base = base
        self._number: dict[tuple[Source, str], int] = {}
        self._of_source: dict[Source, list[int]] = {}
        self._owners: dict[tuple[str, str], _Owner] = {}
        self._tags_of: dict[tuple[str, Source, str], str] = {}
        self._rules: dict[int, NamedImage] = {}
        for image in base.images:
            self._enter(image)

    def take(self, named: NamedImage, own: str | None = None) -> Iterator[Taken | Refusal]:
        """Put an image to its entry.

        Args:
            named: the image.
            own: host of the registry that the file copies to, if it names one.

        Yields:
            What became of it; of one that stands for several tags, also each that cannot be taken.
        """
        target = self._base.target
        host = named.source.host
        may_be_own = "{{" in target.host and target.is_own(host)
        is_own = host == target.host or (may_be_own and host == own)
        if is_own and named.repository in {None, named.source.path}:
            yield Taken(named, How.OWN, note="it comes from the target, and is there")
            return
        if may_be_own and not is_own:
            hint = "give the list its account and region under `target`, and use --into"
            yield _refusal(named, f"it is in {target.label} already, and nothing says whether that is the target", hint)
            return
        number = self._find(named)
        if isinstance(number, str):
            yield _refusal(named, number)
        elif trouble := self._copying_trouble(self.drafts[number], named.copying):
            yield _refusal(named, trouble)
        else:
            yield from self._put(number, named)

    def _put(self, number: int, named: NamedImage) -> Iterator[Taken | Refusal]:
        draft = self.drafts[number]
        done: list[tuple[How, Key, str]] = []
        for tag, digest in _points(named):
            put = self._put_tag(number, named, tag, digest)
            if isinstance(put, str):
                yield _refusal(named, put)
            else:
                done.append(put)
        if named.rule and open_part(named.rule).is_open:
            chosen = self._choose(number, named)
            if isinstance(chosen, How):
                done.append((chosen, (number, "rule", ""), ""))
            else:
                yield _refusal(named, chosen)
        if named.rule and not named.rule.is_open and not named.rule.named:
            yield _refusal(named, "its rule names no tags")
        if done:
            how = next(how for how in _BEST_FIRST if how in {how for how, _, _ in done})
            tags = tuple(tag for _, _, tag in done if tag)
            keys = tuple(key for _, key, _ in done)
            yield Taken(named, how, draft.repository, tags, self._note(draft, named, how, tags), keys)

    def _enter(self, image: Image) -> None:
        """Note an entry that the list has."""
        name = repository_name(image, prefix=self._base.target.prefix, registries=self._base.registries)
        number = self._add(Draft(image.source, name, image.repository, image.copying, "", image))
        draft = self.drafts[number]
        self._of_source.setdefault(image.source, []).append(number)
        for tag in image.tags.named:
            self._own(draft, tag, image.tags.digests.get(tag), None)

    def _add(self, draft: Draft) -> int:
        number = self._number[draft.source, draft.repository] = len(self.drafts)
        self.drafts.append(draft)
        return number

    def _own(self, draft: Draft, tag: str, digest: str | None, named: NamedImage | None) -> None:
        self._owners[draft.repository, tag] = _Owner(draft, digest, named)
        if digest:
            self._tags_of.setdefault((draft.repository, draft.source, digest), tag)

    def _find(self, named: NamedImage) -> int | str:
        """Return the number of the entry that an image belongs to, or why there is none."""
        derived = self._base.derived(named.source)
        name = named.repository or derived
        if named.repository is None and (named.source, derived) not in self._number:
            mine = self._of_source.get(named.source, ())
            if len(mine) > 1:
                names = ", ".join(self.drafts[number].repository for number in mine)
                return f"the list has several repositories for {named.source}, of which any may be meant: {names}"
            if mine:
                return mine[0]
        found = self._number.get((named.source, name))
        own_name = None if name == derived else name
        if found is not None:
            return found
        moving = named.rule.moving if named.rule and not named.rule.is_open else "auto"
        draft = Draft(named.source, name, own_name, named.copying, str(named.place), moving=moving)
        draft.settings = named.settings
        return self._add(draft)

    def _put_tag(
        self, number: int, named: NamedImage, tag: str | None, digest: str | None
    ) -> tuple[How, Key, str] | str:
        """Put a tag, or a digest, to an entry; return what came of it, or why it cannot be."""
        draft = self.drafts[number]
        if tag is None:
            assert digest
            known = self._tags_of.get((draft.repository, draft.source, digest))
            tag = known or tag_for_digest(digest, lambda tag: (draft.repository, tag) not in self._owners)
        kind = "digests" if digest else "exact"
        owner = self._owners.get((draft.repository, tag))
        if owner:
            trouble = self._conflict(owner, draft, tag, digest)
            return trouble or (How.TWICE if owner.named else How.HELD, (number, kind, tag), tag)
        if not digest and draft.settled and draft.settled.newest is None and passes(draft.settled, tag):
            return How.HELD, (number, "rule", ""), tag
        self._own(draft, tag, digest, named)
        if digest:
            draft.digests[tag] = digest
        else:
            draft.exact[tag] = None
        return How.ADDED, (number, kind, tag), tag

    def _conflict(self, owner: _Owner, draft: Draft, tag: str, digest: str | None) -> str:
        if owner.draft is draft and owner.digest == digest:
            return ""
        image = owner.draft.image
        place = owner.named.place if owner.named else self._base.where(image.tag_path(tag) if image else ())
        if owner.draft is not draft:
            return f"the tag {tag} of {draft.repository} comes from {owner.draft.source}, as {place} says"
        stands_for = owner.digest or "what upstream has under it"
        return f"the tag {tag} of {draft.repository} stands for {stands_for}, as {place} says"

    def _choose(self, number: int, named: NamedImage) -> How | str:
        """Let an entry choose tags by a rule; return what came of it, or why it cannot."""
        draft = self.drafts[number]
        assert named.rule
        rule = open_part(named.rule)
        problems: list[Problem] = []
        build_rule(tags_document(rule), (), problems)
        if problems:
            return problems[0].message
        if draft.image and (draft.settled or draft.image.tags.moving not in ("auto", rule.moving)):
            place = self._base.where((*draft.image.path, "tags"))
            return How.HELD if draft.settled == rule else f"{place} has a rule of its own for {draft.repository}"
        first = self._rules.setdefault(number, named)
        if first is named:
            draft.rule = rule
            return How.ADDED
        assert draft.rule
        both = joined(draft.rule, rule)
        if both is None:
            return f"its rule and that at {first.place} cannot be one, and {draft.repository} has one"
        how = How.TWICE if both == draft.rule else How.ADDED
        draft.rule = both
        return how

    def _copying_trouble(self, draft: Draft, asked: Copying) -> str:
        """Why an entry cannot copy what is asked; where nothing is said, the entry of a list decides."""
        has = draft.copying
        differing: dict[str, tuple[str | bool, str | bool, bool]] = {
            "platforms": (asked.platform or "all", has.platform or "all", asked.platform is not None),
            "referrers": (asked.referrers, has.referrers, asked.referrers),
            "digest_tags": (asked.digest_tags, has.digest_tags, asked.digest_tags),
            "pin": (asked.pin, has.pin, asked.pin != _NOTHING_SAID.pin),
        }
        for key, (wanted, there, is_said) in differing.items():
            if wanted != there and (is_said or draft.image is None):
                place = self._base.where(draft.image.path) if draft.image else draft.place
                said = f"{key}: {_yaml(there)}"
                return f"{draft.repository} is copied with {said}, as {place} says, not with {_yaml(wanted)}"
        return ""

    def _note(self, draft: Draft, named: NamedImage, how: How, tags: Sequence[str]) -> str:
        if how is How.TWICE:
            owner = self._owners.get((draft.repository, tags[0])) if tags else None
            first = owner.named if owner else self._rules.get(self._number[draft.source, draft.repository])
            return f"it stands at {first.place}, too" if first else ""
        notes = []
        if named.rule is None and not named.tag:
            notes.append(f"the digest gets the tag {tags[0]}" if named.digest else "it names no tag, which is latest")
        copying = draft.copying if draft.image else self._base.copying
        if copying.platform and not named.copying.platform:
            notes.append(f"the list copies {copying.platform} alone")
        return "; ".join(notes)


def _points(named: NamedImage) -> list[tuple[str | None, str | None]]:
    """The tags and digests that an image is named by: both, or one of the two."""
    if named.rule is None:
        return [(named.tag or (None if named.digest else "latest"), named.digest)]
    return [*((tag, None) for tag in named.rule.exact), *named.rule.digests.items()]


def _yaml(value: str | bool) -> str:
    return value if isinstance(value, str) else str(value).lower()


def _refusal(named: NamedImage, reason: str, hint: str = "") -> Refusal:
    return Refusal(named.written, named.place, named.path, reason, hint)
