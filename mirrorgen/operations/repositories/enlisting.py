"""Enlist: entries of the list for repositories that the target has already, each as it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mirrorgen.desired.mapping import repository_name, sources_called, usual_name
from mirrorgen.destinations.port import Described
from mirrorgen.errors import InputError, UsageError
from mirrorgen.importing.adding import add_images
from mirrorgen.importing.outcomes import Added
from mirrorgen.model.images import Image, MasterList, TagRule
from mirrorgen.model.named_targets import Claim, claim
from mirrorgen.model.references import Source, is_path, is_tag
from mirrorgen.model.tags import SIGNATURES
from mirrorgen.model.targets import Target
from mirrorgen.operations.repositories.elsewhere import Said, untrue
from mirrorgen.operations.runtime import Runtime
from mirrorgen.project import Loaded
from mirrorgen.readers.contract import NamedImage, Place, Reading, Refusal

_BY_HAND = "write its entry by hand, with `repository: {}` and the source that its images come from"

_FOR_ONE = "give {} a label of its own under `images`, and the others `images` that leave it out; or write it by hand"


@dataclass(frozen=True, slots=True)
class Enlisted:
    """Repositories that were found below a prefix, and what became of each.

    Attributes:
        prefix: below which it was looked.
        text: of the list with the new entries; what it was where there are none.
        entries: what each new entry says, in the order of the list.
        refused: repositories, or tags of them, that the list cannot have, each with the reason; sorted by name.
        signatures: how many tags of signatures stay without an entry, by repository, where there are any.
    """

    prefix: str
    text: str
    entries: tuple[NamedImage, ...]
    refused: tuple[Refusal, ...]
    signatures: Mapping[str, int]


def enlist(runtime: Runtime, loaded: Loaded, prefix: str) -> Enlisted:
    """Find the repositories below a prefix that no entry fills, and put them into the text of the list.

    An entry names the source that the list's rule for names would put there, the tags that are held, and the settings
    that the repository has where the defaults of the list are others. What cannot be said with certainty is refused. So
    is what another target of the list would be asked for, too, and does not hold in the same way. Nothing is written.

    Args:
        runtime: of the list, for one of its targets.
        loaded: the list with all of its targets, without errors other than those that a lock cures.
        prefix: first path segments of the repositories.

    Raises:
        InputError: a push makes the target's repositories, or the list would not be valid for something that it has.
        UsageError: the prefix is none, or the target does not let us list its repositories.
        ToolUnusable, ToolFailed: the target cannot be asked.
    """
    target = runtime.desired.target
    below = prefix.rstrip("/")
    if not target.is_provisioned:
        raise InputError(f"{target.label} has no settings to take over: a push makes its repositories")
    if not is_path(below):
        raise UsageError(f"{prefix!r} is no prefix of repositories", hint="give first path segments, such as team/base")
    names = runtime.destination.strays({each.name for each in runtime.listed.repositories}, below=below)
    if names is None:
        hint = "ecr:DescribeRepositories is needed for all repositories of the account"
        raise UsageError(f"{target.label} does not let us list its repositories", hint=hint)
    assert loaded.master_list
    loaded = replace(loaded, master_list=replace(loaded.master_list, target=runtime.listed.target))
    finding = _Finding(runtime, loaded, below, names)
    images = tuple(finding.images())
    reading = Reading(target.kind, images, tuple(finding.refused))
    added = add_images(loaded, [reading], runtime.allowances)
    refused = tuple(sorted(added.refused, key=lambda refused: refused.written))
    return Enlisted(below, added.text, _entries(added), refused, finding.signatures)


class _Finding:
    """What is known of each repository.

    Attributes:
        refused: so far.
        signatures: see `Enlisted`.
    """

    def __init__(self, runtime: Runtime, loaded: Loaded, below: str, names: Sequence[str]) -> None:
        assert loaded.master_list
        self.refused: list[Refusal] = []
        self.signatures: dict[str, int] = {}
        self._list: MasterList = loaded.master_list
        self._target, self._below = runtime.destination.target, below
        self._runtime, self._destination = runtime, runtime.destination
        self._names = names
        self._claims: dict[str, Claim] = {}

    def images(self) -> Iterator[NamedImage]:
        """Yield what is to be in the list, by name."""
        sources = {
            name: source for name in self._names if (source := self._source(name)) and self._is_claimed(name, source)
        }
        held = self._destination.held(dict.fromkeys(sources, ()))
        tags = {name: known for name in sources if (known := self._tags(name, held[name]))}
        asked = {name: self._entry(sources[name], tags[name]) for name in tags}
        said: dict[str, Said] = {}
        for name, described in self._destination.describe(asked).items():
            if described is None:
                self._refuse(name, "it is gone since it was listed", "run the same again")
            elif described.trouble:
                self._refuse(name, described.trouble, _BY_HAND.format(name))
            else:
                digests = {tag: digest for tag, digest in (held[name] or {}).items() if tag in tags[name]}
                said[name] = Said(asked[name], digests, described)
        wrong = self._untrue(said)
        for name, entry in said.items():
            if name in wrong:
                self._refuse(name, wrong[name], _FOR_ONE.format(self._target.list_name))
            else:
                yield self._named(name, entry.image, entry.described)

    def _source(self, name: str) -> Source | None:
        own = self._target.prefix
        prefix = own if name.startswith(f"{own}/") else self._below
        hosts = {image.source.host for image in self._list.images}
        found = sources_called(name, prefix=prefix, registries=self._list.registries, hosts=hosts)
        if len(found) == 1:
            return found[0]
        if found:
            said = f"it may come from {' or '.join(sorted(map(str, found)))}"
            hosts_meant = " or ".join(sorted({source.host for source in found}))
            self._refuse(name, said, f"configure {hosts_meant} under `registries`, which says which is meant")
        else:
            alias = name.removeprefix(f"{prefix}/").partition("/")[0]
            said = f"nothing says which source it has: by the list's rule for names no source is called so, {prefix}/"
            hint = f"{_BY_HAND.format(name)}; or give a registry the alias {alias!r} under `registries`"
            self._refuse(name, f"{said}<alias>/<path>", hint)
        return None

    def _is_claimed(self, name: str, source: Source) -> bool:
        """Whether the target takes an entry, and the list has none that would be called so here."""
        own, registries = self._target, self._list.registries
        for image in self._list.images:
            if repository_name(image, prefix=own.prefix, registries=registries) == name:
                said = f"the list has it for {image.source}, and that entry is not for {own.list_name}"
                hint = f"let `images` of {own.list_name} take the entry, if that is what the repository holds"
                self._refuse(name, said, hint)
                return False
        found = claim(self._list.targets, own.list_name, self._entry(source, ()))
        if found is None:
            said = f"{own.list_name} takes no entry of {source}: no pattern of its `images.sources` fits"
            self._refuse(name, said, _BY_HAND.format(name))
            return False
        self._claims[name] = found
        return True

    def _untrue(self, entries: Mapping[str, Said]) -> dict[str, str]:
        """Say which entries another target takes, too, that does not hold what they say."""
        found: dict[str, str] = {}
        for other in self._list.targets:
            names = {
                self._called(other.target, name, said): name
                for name, said in entries.items()
                if other in self._claims[name].others and name not in found
            }
            there = {called: entries[name] for called, name in names.items()}
            for called, reason in untrue(self._runtime, other.target, there).items() if there else ():
                found[names[called]] = f"its entry would be for {other.name}, too, and {reason}"
        return found

    def _called(self, other: Target, name: str, said: Said) -> str:
        """What the repository is called in another target, whose prefix a name has that follows from the source."""
        source, registries = said.image.source, self._list.registries
        is_usual = name == usual_name(source, prefix=self._target.prefix, registries=registries)
        return usual_name(source, prefix=other.prefix, registries=registries) if is_usual else name

    def _tags(self, name: str, held: Mapping[str, str] | None) -> tuple[str, ...]:
        tags = sorted(held or ())
        signatures = [tag for tag in tags if tag.startswith(SIGNATURES)]
        unusable = [tag for tag in tags if not is_tag(tag)]
        left = tuple(tag for tag in tags if tag not in {*signatures, *unusable})
        if signatures:
            self.signatures[name] = len(signatures)
        if not left:
            self._refuse(name, "it holds no tag that can be pulled, and an entry needs one", _BY_HAND.format(name))
        elif unusable:
            said = ", ".join(f"{tag[:40]}…" for tag in unusable)
            self._refuse(name, f"tags of more than 128 characters are left out: {said}", "no registry takes them")
        return left

    def _entry(self, source: Source, tags: tuple[str, ...]) -> Image:
        rule = TagRule(exact=tags)
        copying, settings = self._list.copying, self._list.settings
        return Image(len(self._list.images), source, rule, copying, None, settings, None, None)

    def _named(self, name: str, image: Image, described: Described) -> NamedImage:
        rule = TagRule(exact=image.tags.exact, moving=described.moving)
        place = Place(self._target.label, 0)
        claimed = self._claims[name].labels
        labels = {"labels": list(claimed)} if claimed else {}
        keys = {**labels, **described.keys}
        return NamedImage(name, place, "", image.source, rule=rule, repository=name, settings=keys)

    def _refuse(self, name: str, reason: str, hint: str) -> None:
        self.refused.append(Refusal(name, Place(self._target.label, 0), "", reason, hint))


def _entries(added: Added) -> tuple[NamedImage, ...]:
    return tuple(taken.image for taken in added.taken)
