"""Which images a node can get by their upstream name, where a registry has one address for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mirrorgen.consumers.mirrored import Mirror, MirroredSource
from mirrorgen.model.references import DOCKER_HUB, Source


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """What the list mirrors and a node cannot get.

    Attributes:
        mirrored: the upstream repository, and its place in the target.
        reason: a sentence without a final stop.
        hint: what to do instead.
    """

    mirrored: MirroredSource
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What a node can get when each upstream registry is replaced by one path in the target.

    containerd puts the whole upstream path behind that path, and no rule about names stands in between.

    Attributes:
        folders: by upstream registry, the path in the target that stands for it; nothing for the target as a whole.
        sources: what a node gets by its upstream name, sorted.
        out_of_reach: everything else that the list mirrors, sorted.
    """

    folders: Mapping[str, str]
    sources: tuple[Source, ...]
    out_of_reach: tuple[OutOfReach, ...]


def reach_of(mirror: Mirror) -> Reach:
    """Choose the path for each registry by which a node gets most images, and say which it does not get."""
    mirrored = [each for brought in mirror.sources.values() for each in brought]
    # A node takes every tag of a repository for one of the source whose path leads there.
    alone = [each for each in mirrored if not mirror.others_in(each)]
    # A registry of which a node gets nothing has no path here, and so stays as it is.
    folders = _folders(each for each in alone if not mirror.is_at(each.source))
    reached = [each for each in alone if each.source.host in folders and _folder(each) == folders[each.source.host]]
    out = [_out_of_reach(each, folders.get(each.source.host)) for each in alone if each not in reached]
    out += [_shared(each, mirror.others_in(each)[0]) for each in mirrored if each not in alone]
    return Reach(
        folders,
        tuple(sorted({each.source for each in reached})),
        tuple(sorted(out, key=lambda each: (each.mirrored.source, each.mirrored.repository))),
    )


def _folders(mirrored: Iterable[MirroredSource]) -> dict[str, str]:
    """The path of most images for each registry; of several the first, so that the same list has the same kit."""
    counted: dict[str, Counter[str]] = {}
    for each in mirrored:
        if (folder := _folder(each)) is not None:
            counted.setdefault(each.source.host, Counter())[folder] += 1
    return {host: max(sorted(found), key=found.__getitem__) for host, found in sorted(counted.items())}


def _folder(each: MirroredSource) -> str | None:
    """Return the path behind which the upstream path is the repository; None where there is none."""
    whole, path = f"/{each.repository}", f"/{each.source.path}"
    return whole.removesuffix(path).removeprefix("/") if whole.endswith(path) else None


def _out_of_reach(each: MirroredSource, folder: str | None) -> OutOfReach:
    host, path = each.source.host, each.source.path
    if host == each.host:
        return OutOfReach(each, "its upstream is the target itself, which nodes ask as it is", "")
    if _folder(each) is None:
        reason = f"a node asks for {path!r} whole, and the repository {each.repository!r} does not end in it"
    else:
        reason = f"the repository is {each.repository!r}, and a node looks for all of {host} in {folder!r}"
    if _lost_library(each):
        return OutOfReach(each, reason, "`registries: {docker.io: {keep_library: true}}` brings all such images there")
    if folder is None:
        folder = _without_common_end(each.repository, path)
    name = "/".join(filter(None, (folder, path)))
    return OutOfReach(each, reason, f"`repository: {name}` in its entry brings it there")


def _shared(each: MirroredSource, other: Source) -> OutOfReach:
    reason = f"the repository {each.repository!r} has tags of {other}, too, and a node cannot tell them apart"
    return OutOfReach(each, reason, "give it a repository of its own")


def _lost_library(each: MirroredSource) -> bool:
    """Whether its name is the derived one of an official image of Docker Hub, without `library/`."""
    source, derived = each.source, each.entry.image.repository is None
    return derived and source.host == DOCKER_HUB and source.path.startswith("library/") and _folder(each) is None


def _without_common_end(repository: str, path: str) -> str:
    parts, wanted = repository.split("/"), path.split("/")
    while parts and wanted and parts[-1] == wanted[-1]:
        parts, wanted = parts[:-1], wanted[:-1]
    return "/".join(parts)
