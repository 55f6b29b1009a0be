"""Changes: what one desired state asks for beside another, as far as both are known without asking anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from mirrorgen.desired.state import DesiredState
from mirrorgen.model.images import Entry, Registry
from mirrorgen.model.tags import is_moving
from mirrorgen.model.targets import Target

Sizes = Mapping[str, Mapping[str, int]]
"""What tags weigh in the target, in bytes, by repository and tag."""


class ChangeKind(StrEnum):
    """What becomes of an image."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class OtherDigest:
    """A tag that is to name something else than before.

    Attributes:
        tag: the tag.
        before, after: the digests in the list or its lock.
        moving: whether upstream moves it; for any other tag this is an alarm.
    """

    tag: str
    before: str
    after: str
    moving: bool


@dataclass(frozen=True, slots=True)
class ImageChange:
    """What becomes of what one source brings into one repository.

    Attributes:
        kind: of the image as a whole.
        repository: in the target.
        source: upstream.
        host: the registry of the source.
        owner: who answers for it, after the change where there is one.
        tags_added, tags_removed: sorted.
        other_digests: of tags that are in both.
        otherwise: keys of the entry that say something else, where tags and digests do not tell it.
        is_open: whether only upstream knows all of its tags, since no lock does.
        pulls: about how many the copy of what is new takes; None where its tags are not known.
        size_bytes: about what it weighs; None where nobody knows.
    """

    kind: ChangeKind
    repository: str
    source: str
    host: str
    owner: str
    tags_added: tuple[str, ...]
    tags_removed: tuple[str, ...]
    other_digests: tuple[OtherDigest, ...]
    otherwise: tuple[str, ...]
    is_open: bool
    pulls: int | None
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class WayChange:
    """A registry that is reached, or signed in to, in another way; texts say which."""

    host: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SettingChange:
    """What is asked for in other words than before.

    Attributes:
        name: of the repository, or of the key under the target.
        before, after: in words; nothing for what is not asked for.
    """

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What is asked for beside what was asked for.

    Attributes:
        target: the target, where another is meant or it is reached in another way; everything is new to another.
        registries: upstream registries that are read in another way than before, or than by their name.
        images: sorted by repository and source.
        settings: of the target's registry as a whole, and of how it is worked on; sorted by key.
        access: who may pull from a repository besides those who own the registry, by name.
    """

    target: WayChange | None
    registries: tuple[WayChange, ...]
    images: tuple[ImageChange, ...]
    settings: tuple[SettingChange, ...] = ()
    access: tuple[SettingChange, ...] = ()

    @property
    def pulls(self) -> dict[str, int]:
        """About how many pulls each upstream registry has to give, as far as they are known."""
        found: dict[str, int] = {}
        for image in self.images:
            if image.pulls:
                found[image.host] = found.get(image.host, 0) + image.pulls
        return dict(sorted(found.items()))


def compare(before: DesiredState | None, after: DesiredState, sizes: Sizes | None = None) -> Changes:
    """Compare two desired states.

    Args:
        before: None where there was no list.
        after: what is asked for now.
        sizes: what the target holds. A tag that it has not held weighs what the others of its repository do.
    """
    same = before if before and _registry(before) == _registry(after) else None
    known, wanted, weights = _by_place(same) if same else {}, _by_place(after), sizes or {}
    images = [
        change
        for place in sorted(known.keys() | wanted.keys())
        if (
            change := _image_change(place, known.get(place), wanted.get(place), weights.get(place[0], {}), after.target)
        )
    ]
    asked = before.target.registry_settings if before else {}
    return Changes(
        _target_change(before, after),
        tuple(_registry_changes(before, after)),
        tuple(images),
        _setting_changes(asked, after.target.registry_settings),
        _setting_changes(same.who_may_pull() if same else {}, after.who_may_pull(), gone=False),
    )


def paired(
    before: Sequence[DesiredState], after: Sequence[DesiredState]
) -> tuple[dict[str, tuple[DesiredState | None, DesiredState]], list[str]]:
    """Return the targets of a list, by name, each behind what was asked of it before, and names of those that are gone.

    Args:
        before: what was asked of each target.
        after: what is asked now; nothing was asked before of one that is new. One that has another name is known by its
            registry.
    """
    by_name = {state.target.list_name: state for state in before}
    by_host = {state.target.host: state for state in before}
    pairs = {
        state.target.list_name: (by_name.get(state.target.list_name) or by_host.get(state.target.host), state)
        for state in after
    }
    kept = {old.target.host for old, _ in pairs.values() if old}
    return pairs, [state.target.list_name or state.target.host for state in before if state.target.host not in kept]


def _registry(state: DesiredState) -> tuple[str, str]:
    return state.target.kind, state.target.host


def _setting_changes(
    before: Mapping[str, str], after: Mapping[str, str], *, gone: bool = True
) -> tuple[SettingChange, ...]:
    """Return what is said in other words; what is not there afterwards, only where `gone` is of interest."""
    both = {name: (before.get(name, ""), after.get(name, "")) for name in sorted({*after, *(before if gone else ())})}
    return tuple(SettingChange(name, old, new) for name, (old, new) in both.items() if old != new)


def _by_place(state: DesiredState) -> dict[tuple[str, str], Entry]:
    return {(repository.name, str(entry.source)): entry for repository, entry in state.entries}


def _image_change(
    place: tuple[str, str], old: Entry | None, new: Entry | None, sizes: Mapping[str, int], target: Target
) -> ImageChange | None:
    entry = new or old
    assert entry
    had, has = set(old.tags if old else ()), set(new.tags if new else ())
    added, removed = sorted(has - had), sorted(had - has)
    others = tuple(_other_digests(old, new)) if old and new else ()
    otherwise = tuple(_otherwise(old, new, target)) if old and new else ()
    if old and new and not (added or removed or others or otherwise):
        return None
    kind = ChangeKind.CHANGED if old and new else ChangeKind.ADDED if new else ChangeKind.REMOVED
    copied = [*added, *(other.tag for other in others if new and new.pinned(other.tag) is not None)]
    is_open = bool(new and new.is_open)
    repository, source = place
    return ImageChange(
        kind=kind,
        repository=repository,
        source=source,
        host=entry.host,
        owner=entry.owner,
        tags_added=tuple(added),
        tags_removed=tuple(removed),
        other_digests=others,
        otherwise=otherwise,
        is_open=is_open,
        pulls=None if is_open else len(copied) * entry.copying.pulls(),
        size_bytes=None if is_open else _size(copied, sizes),
    )


def _size(tags: Sequence[str], sizes: Mapping[str, int]) -> int | None:
    if tags and not sizes:
        return None
    return sum(sizes.get(tag, sum(sizes.values()) // len(sizes)) for tag in tags)


def _other_digests(old: Entry, new: Entry) -> Iterator[OtherDigest]:
    before, after = _digests(old), _digests(new)
    for tag in sorted(before.keys() & after.keys()):
        if before[tag] != after[tag]:
            yield OtherDigest(tag, before[tag], after[tag], is_moving(new.rule, tag))


def _digests(entry: Entry) -> dict[str, str]:
    return {**entry.locked, **entry.rule.digests}


def _otherwise(old: Entry, new: Entry, target: Target) -> Iterator[str]:
    """Keys of an entry, as docs/images-yaml.md has them."""
    if (old.is_open or new.is_open) and old.rule != new.rule:
        yield "tags"
    for key in fields(old.copying):
        if getattr(old.copying, key.name) != getattr(new.copying, key.name):
            yield "platforms" if key.name == "platform" else key.name
    for name in ("owner", "expires"):
        if getattr(old.image, name) != getattr(new.image, name):
            yield name
    had, has = (target.write_settings(entry.image.settings) for entry in (old, new))
    for kind, keys in has.items():
        yield from (f"{kind}.{key}" for key in keys if had[kind].get(key) != keys[key])


def _target_change(before: DesiredState | None, after: DesiredState) -> WayChange | None:
    if before is None:
        return None
    old, new = _target(before.target), _target(after.target)
    return WayChange(after.target.label, old, new) if old != new else None


def _target(target: Target) -> str:
    """Say which registry is meant, and where it is; what the environment fills in is left out."""
    known = [value for value in target.identity.values() if value and "{{" not in value]
    where = "" if target.address == target.host else f" at {target.way}"
    return f"{target.label} {' '.join(known)}".rstrip() + (f", below {target.prefix}" if target.prefix else "") + where


def _registry_changes(before: DesiredState | None, after: DesiredState) -> Iterator[WayChange]:
    known: Mapping[str, Registry] = {registry.host: registry for registry in (before.registries if before else ())}
    for registry in after.registries:
        usual = Registry(registry.host, registry.alias)
        old, new = _way(known.get(registry.host, usual)), _way(registry)
        if old != new:
            yield WayChange(registry.host, old, new)


def _way(registry: Registry) -> str:
    path = f" below {registry.path_prefix}" if registry.path_prefix else ""
    names = ", ".join(registry.credentials.names) if registry.credentials else ""
    return f"{registry.way}{path}" + (f", signed in with {names}" if names else ", not signed in")
