"""What an index stands for: the images that it names, directly or through another index, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mirrorgen.destinations.port import StoredImage


def whole(image: StoredImage, held: Mapping[str, StoredImage]) -> StoredImage:
    """Return an image with the size and the findings of all that it names.

    The size is the sum of the images', each counted once; layers that several images share count for each, as the
    registry counts them. Findings are those of the platform that has the most of a severity; they are unknown as long
    as they are for one of the platforms.

    Args:
        image: an image, or an index.
        held: everything that the repository holds, by digest.
    """
    if not image.contains:
        return image
    named = _parts(image, held)
    sizes = [part.size_bytes for part in named]
    size = None if None in sizes or lacking(image, held) else sum(size for size in sizes if size is not None)
    platforms = [part for part in named if not part.contains]
    untold = next((part for part in platforms if part.findings is None), None)
    if untold or not platforms:
        return replace(image, size_bytes=size, findings=None, scan=untold.scan if untold else image.scan)
    return replace(image, size_bytes=size, findings=_worst([part.findings or {} for part in platforms]))


def lacking(image: StoredImage, held: Mapping[str, StoredImage]) -> tuple[str, ...]:
    """Return the digests that an index names and that the repository does not hold, or only in its archive."""
    return tuple(sorted(digest for digest in named_by(image, held) if digest not in held or held[digest].is_archived))


def named_by(image: StoredImage, held: Mapping[str, StoredImage]) -> set[str]:
    """Return the digests that an index names, also those within an index within it, whether held or not."""
    return {digest for part in _parts(image, held) for digest in part.contains}


def _parts(image: StoredImage, held: Mapping[str, StoredImage]) -> Sequence[StoredImage]:
    """The image and all that it names, as far as they are held."""
    found = {image.digest: image}
    waiting = list(image.contains)
    while waiting:
        digest = waiting.pop()
        if digest in held and digest not in found:
            found[digest] = held[digest]
            waiting += held[digest].contains
    return tuple(found.values())


def _worst(findings: Sequence[Mapping[str, int]]) -> dict[str, int]:
    severities = sorted({severity for counts in findings for severity in counts})
    return {severity: max(counts.get(severity, 0) for counts in findings) for severity in severities}
