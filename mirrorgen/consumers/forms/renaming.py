"""New names for images by the names they are written with: what kustomize does, and all that build on it.

kustomize goes by the written name alone: `nginx` and `docker.io/library/nginx` are two names, and a new name is that of
every tag. Source: api/filters/imagetag of kustomize, `IsImageMatched` in api/internal/image.
"""

from __future__ import annotations

from dataclasses import dataclass

from mirrorgen.consumers.forms.contract import Left, Order, Use, left_of
from mirrorgen.consumers.forms.spelling import name_part, spellings
from mirrorgen.consumers.mirrored import Copy
from mirrorgen.errors import UsageError


@dataclass(frozen=True, slots=True)
class Renamed:
    """A new name.

    Attributes:
        name: as the image is written.
        new_name: the repository in the target, with its host.
        digest: that every image of this name has, if it is pinned.
    """

    name: str
    new_name: str
    digest: str | None = None

    def document(self) -> dict[str, str]:
        """Return it as kustomize has it; a digest takes the place of the tag there."""
        pinned = {"digest": self.digest} if self.digest else {}
        return {"name": self.name, "newName": self.new_name, **pinned}


@dataclass(frozen=True, slots=True)
class Renaming:
    """All new names, and what is left."""

    names: tuple[Renamed, ...]
    left: tuple[Left, ...]


def renaming(order: Order) -> Renaming:
    """Return the new names for an order, by name.

    A name is left as it is where one new name would not be right for every image that has it.

    Raises:
        UsageError: digests are asked for, and no files are given that say which tags.
    """
    if order.texts:
        names, left = _for_files(order)
        return Renaming(tuple(sorted(names, key=lambda name: name.name)), (*left_of(order), *left))
    if order.pin:
        raise UsageError(
            "--digest needs the files that name the images: this form pins by name, and has one digest for all tags",
            hint="give the manifests behind the form",
        )
    names, left = _for_list(order)
    return Renaming(tuple(sorted(names, key=lambda name: name.name)), tuple(left))


def _for_list(order: Order) -> tuple[list[Renamed], list[Left]]:
    names: list[Renamed] = []
    left = []
    for source, brought in order.sources():
        targets = sorted({each.name for each in brought})
        if len(targets) > 1:
            left.append(Left(str(source), _several(targets)))
            continue
        others = [str(other) for each in brought for other in order.mirror.others_in(each)]
        if others:
            reason = f"a new name is that of every tag, and {targets[0]} has tags of {others[0]}, too"
            left.append(Left(str(source), reason, hint="give the files that name its images"))
            continue
        names += (Renamed(name, targets[0]) for name in spellings(source))
    return _usable(names, left)


def _for_files(order: Order) -> tuple[list[Renamed], list[Left]]:
    names: list[Renamed] = []
    left: list[Left] = []
    by_name: dict[str, list[Use]] = {}
    for use in order.uses:
        by_name.setdefault(name_part(use.image.written), []).append(use)
    for name, uses in by_name.items():
        mirrored = [use for use in uses if use.finding.is_mirrored]
        targets = sorted({use.finding.copy.name for use in mirrored})
        if len(mirrored) < len(uses):
            absent = next(use for use in uses if not use.finding.is_mirrored)
            reason = f"a new name is that of every tag, and {absent.image.written} is not mirrored"
            left += (Left(use.image.written, reason, use.image.place) for use in mirrored)
        elif len(targets) > 1:
            left += (Left(use.image.written, _several(targets), use.image.place) for use in uses)
        elif order.pin:
            digest, unpinned = _common_digest(uses)
            names.append(Renamed(name, targets[0], digest))
            left += unpinned
        else:
            names.append(Renamed(name, targets[0]))
    return _usable(names, left)


def _common_digest(uses: list[Use]) -> tuple[str | None, list[Left]]:
    digests = {use.finding.copy.digest for use in uses}
    if len(digests) == 1 and None not in digests:
        return digests.pop(), []
    unknown = [not_pinned(use.image.written, use, use.finding.copy) for use in uses if not use.finding.copy.digest]
    reason = "it is not pinned: one digest would be that of every tag, and this name has several"
    return None, unknown or [Left(use.image.written, reason, use.image.place) for use in uses]


def not_pinned(written: str, use: Use | None, copy: Copy) -> Left:
    """Return what is said of an image that has its new name, and no digest, though it was asked for."""
    reason = copy.doubt or "neither the list nor a lock says for good which digest it has"
    return Left(written, f"it is not pinned: {reason}", use.image.place if use else None)


def _usable(names: list[Renamed], left: list[Left]) -> tuple[list[Renamed], list[Left]]:
    """kustomize takes the name for a pattern, and does not escape it: an IPv6 address is one that matches nothing."""
    bracketed = [name for name in names if "[" in name.name]
    left += (Left(name.name, "this form cannot name a host by its IPv6 address") for name in bracketed)
    return [name for name in names if "[" not in name.name], left


def _several(targets: list[str]) -> str:
    return f"a new name is that of every tag, and its tags are in several repositories: {', '.join(targets)}"
