"""What runs, held against what the target holds: which stored images, whether they are there, and when they will go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mirrorgen.consumers.running import InUse, Use
from mirrorgen.desired.state import Repository
from mirrorgen.destinations.ecr.foretelling import Foretold, foretell
from mirrorgen.destinations.port import StoredImage
from mirrorgen.operations.holding.contents import named_by
from mirrorgen.operations.holding.expiring import Stored, rules_of
from mirrorgen.outcomes import Failure, Kind, TagRef


class Held(StrEnum):
    """What the target holds of an image that runs."""

    YES = "yes"
    TAG = "another image under its tag"
    DIGEST = "without its tag"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Running:
    """An image that runs.

    Attributes:
        use: what is known of it from outside.
        held: what the target holds of it.
        goes: when a lifecycle rule will first take what it needs; None where none will while nobody pushes, or where
            nothing is held.
    """

    use: Use
    held: Held
    goes: Foretold | None


def running_of(repositories: Sequence[Repository], stored: Stored, in_use: InUse, *, now: datetime) -> list[Running]:
    """Say of each image that runs whether it is held, and when the lifecycle rules of the list will take it.

    Args:
        repositories: of the desired state.
        stored: what the target holds.
        in_use: what runs.
        now: nothing goes before it.
    """
    return [found for repository in repositories for found in _running(repository, stored, in_use, now)]


def unclear(in_use: InUse | None) -> tuple[Failure, ...]:
    """Return a failure for each image that runs and that nobody can look for, as its name is not understood."""
    refused = in_use.refused if in_use else ()
    return tuple(Failure(TagRef(str(each.place)), Kind.OTHER, f"{each.written!r}: {each.reason}") for each in refused)


def _running(repository: Repository, stored: Stored, in_use: InUse, now: datetime) -> list[Running]:
    uses = in_use.of(repository.name)
    images = (stored.get(repository.name) or ()) if uses else ()
    needed = {use: _needed(use, images) for use in uses}
    going = foretell(rules_of(repository), images, set().union(*needed.values()), now=now)
    return [
        Running(
            use, _held(use, images), min((going[digest] for digest in digests & going.keys()), key=_when, default=None)
        )
        for use, digests in needed.items()
    ]


def _when(foretold: Foretold) -> datetime:
    return foretold.at


def consumers_of(images: Sequence[StoredImage], uses: Sequence[Use]) -> Mapping[str, tuple[str, ...]]:
    """Return who needs the images of a repository, by digest: what runs, by tag or digest, and indexes that name it.

    An index is needed for its parts: whoever runs one of them has pulled it through the index, and will again.
    """
    found: dict[str, set[str]] = {}
    for use in uses:
        for digest in _needed(use, images):
            found.setdefault(digest, set()).update(use.consumers)
    waiting = list(found)
    while waiting:
        part = waiting.pop()
        for image in images:
            if part in image.contains and not found[part] <= found.get(image.digest, set()):
                found.setdefault(image.digest, set()).update(found[part])
                waiting.append(image.digest)
    return {digest: tuple(sorted(names)) for digest, names in found.items()}


def _needed(use: Use, images: Sequence[StoredImage]) -> AbstractSet[str]:
    """Digests of what runs, and of what would be pulled to run it again."""
    return {image.digest for image in images if image.digest == use.digest or (use.tag and use.tag in image.tags)}


def _held(use: Use, images: Sequence[StoredImage]) -> Held:
    there = {image.digest: image for image in images if not image.is_archived}
    named = next((image for image in there.values() if use.tag in image.tags), None)
    if use.digest is None:
        return Held.YES if named else Held.NO
    runs = use.digest in there
    if use.tag is None or named is None:
        return Held.NO if not runs else Held.YES if use.tag is None else Held.DIGEST
    if use.digest in named_by(named, {image.digest: image for image in images}):
        return Held.YES if runs else Held.NO
    return Held.YES if use.digest == named.digest else Held.TAG
