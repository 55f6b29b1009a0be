"""What a change of the list does, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict

from mirrorgen.desired.changes import ChangeKind, Changes, ImageChange, SettingChange, WayChange
from mirrorgen.reporting.amounts import size
from mirrorgen.reporting.views import Block, Items, Line, Table, View, text_table

_TAGS = ("tags added", "tags removed", "other digest")
_TAG_COUNTS: Mapping[str, Callable[[ImageChange], Sequence[object]]] = {
    _TAGS[0]: lambda image: image.tags_added,
    _TAGS[1]: lambda image: image.tags_removed,
    _TAGS[2]: lambda image: image.other_digests,
}
_ABBREVIATED = 12


def view_changes(changes: Changes, base: str, *, with_sizes: bool = False) -> View:
    """Return what a change does, what is to be looked at twice first.

    Args:
        changes: between two states of the list.
        base: the commit that it is compared with.
        with_sizes: whether somebody has said what images weigh.
    """
    document = {
        "base": base,
        "target": asdict(changes.target) if changes.target else None,
        "registries": [asdict(registry) for registry in changes.registries],
        "images": [{**asdict(image), "kind": str(image.kind)} for image in changes.images],
        "settings": [asdict(setting) for setting in changes.settings],
        "who_may_pull": [asdict(access) for access in changes.access],
        "pulls": changes.pulls,
    }
    blocks = list(_blocks(changes, with_sizes=with_sizes))
    return View(document, blocks, changes_summary(changes, base, with_sizes=with_sizes))


def view_changes_of_targets(
    changes: Mapping[str, Changes], gone: Sequence[str], base: str, *, with_sizes: bool = False
) -> View:
    """Return what a change does to each target of a list with several.

    Args:
        changes: by the name of the target.
        gone: names of targets that the list no longer has.
        base: the commit that it is compared with.
        with_sizes: whether somebody has said what images weigh.
    """
    views = {name: view_changes(each, base, with_sizes=with_sizes) for name, each in changes.items()}
    document = {
        "base": base,
        "targets": [{"name": name, **view.document} for name, view in views.items()],
        "targets_removed": list(gone),
    }
    blocks: list[Block] = [Items("Targets that the list no longer has; their registries stay as they are", gone)]
    for name, view in views.items():
        blocks += [Line(f"{f'Target {name}' if name else 'The target'}: {view.summary}"), *view.blocks]
    return View(document, blocks)


def changes_summary(changes: Changes, base: str, *, with_sizes: bool) -> str:
    """Return a few sentences that count."""
    images = changes.images
    if not (images or changes.target or changes.registries or changes.settings or changes.access):
        return f"The list asks for what it asked for at the commit {base[:_ABBREVIATED]}."
    kinds = Counter(image.kind for image in images)
    counts = {title: sum(len(tags(image)) for image in images) for title, tags in _TAG_COUNTS.items()}
    parts = [
        f"Images: {', '.join(f'{kinds[kind]} {kind}' for kind in ChangeKind)}.",
        f"Tags: {counts[_TAGS[0]]} added, {counts[_TAGS[1]]} removed, {counts[_TAGS[2]]} with another digest.",
    ]
    if changes.pulls:
        parts.append(f"Pulls: about {sum(changes.pulls.values())}.")
    if with_sizes:
        parts.append(_size_sentence([image.size_bytes for image in images]))
    if unknown := sum(image.is_open for image in images):
        parts.append(f"Images with tags that only upstream knows: {unknown}.")
    return " ".join(parts)


def _size_sentence(sizes: Sequence[int | None]) -> str:
    unknown = sum(known is None for known in sizes)
    more = f"; images whose size is not known: {unknown}" if unknown else ""
    return f"To copy: about {size(sum(known or 0 for known in sizes))}{more}."


def _blocks(changes: Changes, *, with_sizes: bool) -> Iterator[Block]:
    images = changes.images
    target = [changes.target] if changes.target else []
    yield Items("The target is another, or is reached in another way", _ways(target))
    yield Items("Registries that are read in another way", _ways(changes.registries))
    yield Items("The target is asked for other settings", _settings(changes.settings))
    yield Items("Who may pull changes, besides those who own the registry", _access(changes.access))
    yield Items("ALARM: fixed tags that name something else", _other_digests(images, moving=False))
    head = ("image", "repository", "change", *_TAGS, "pulls", *(["size"] if with_sizes else []))
    yield Table(head, [_row(image)[: len(head)] for image in images])
    yield Items("Tags added", _by_source(images, lambda image: image.tags_added))
    yield Items("Tags removed", _by_source(images, lambda image: image.tags_removed))
    yield Items("Moving tags that name something else", _other_digests(images, moving=True))
    yield Items("Asked for in another way", _by_source(images, lambda image: image.otherwise))
    is_open = [image.source for image in images if image.is_open]
    yield Items("Tags that only upstream knows, since no lock has them", is_open)
    yield Table(("upstream", "pulls"), [(host, str(count)) for host, count in changes.pulls.items()])


def _by_source(images: Sequence[ImageChange], words: Callable[[ImageChange], Sequence[str]]) -> list[str]:
    return [f"{image.source}: {', '.join(words(image))}" for image in images if words(image)]


def _ways(changes: Sequence[WayChange]) -> list[str]:
    return [f"{change.host}: {change.before} -> {change.after}" for change in changes]


def _settings(changes: Sequence[SettingChange]) -> list[str]:
    return [f"{each.name}: {each.before or 'not set'} -> {each.after or 'not set'}" for each in changes]


def _access(changes: Sequence[SettingChange]) -> list[str]:
    """One line for all repositories of which the same is said."""
    names: dict[str, list[str]] = {}
    for each in changes:
        names.setdefault(f"{each.before or 'nobody'} -> {each.after or 'nobody'}", []).append(each.name)
    return [f"{said}: {', '.join(repositories)}" for said, repositories in names.items()]


def _other_digests(images: Sequence[ImageChange], *, moving: bool) -> list[str]:
    """The first figures of both digests are enough for a reader."""
    rows = [
        (f"{image.source}:{other.tag}", f"{other.before[:19]} -> {other.after[:19]}")
        for image in images
        for other in image.other_digests
        if other.moving is moving
    ]
    return text_table(rows).splitlines() if rows else []


def _row(image: ImageChange) -> tuple[str, ...]:
    counts = (len(tags(image)) for tags in _TAG_COUNTS.values())
    pulls = "not known" if image.pulls is None else str(image.pulls)
    weight = "not known" if image.size_bytes is None else size(image.size_bytes)
    return (image.source, image.repository, str(image.kind), *(str(count) for count in counts), pulls, weight)
