"""What a policy of Kyverno knows: which references, in every dress, are which of the mirror; and CEL as text.

A policy is asked for each Pod, so it knows references one by one: what is not mirrored it leaves alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from mirrorgen.consumers.forms.contract import Left, Order
from mirrorgen.consumers.forms.spelling import spellings, written_name
from mirrorgen.consumers.mirrored import LATEST, Copy, MirroredSource
from mirrorgen.model.references import Reference, Source
from mirrorgen.readers.contract import NamedImage


@dataclass(frozen=True, slots=True)
class Redirected:
    """An upstream repository, and what its images are called in the mirror.

    Attributes:
        source: the repository.
        names: every way to write it, and how the files of the order do.
        tags: that the files have, each as `:tag`.
        images: the reference in the mirror by `:tag` or `@digest`, sorted.
    """

    source: Source
    names: tuple[str, ...]
    tags: tuple[str, ...]
    images: dict[str, str]


def redirected(order: Order) -> tuple[list[Redirected], list[Left]]:
    """Return every image that the list can promise, by its repository, and what it cannot."""
    found: list[Redirected] = []
    left: list[Left] = []
    uses = _uses(order)
    for source, brought in order.sources():
        images: dict[str, str] = {}
        for each in brought:
            if each.entry.is_open:
                reason = "a rule chooses its tags, which no lock has settled; run `mirrorgen lock`"
                left.append(Left(str(source), reason))
            for kept, copy in _copies(order, source, each):
                images.setdefault(kept, _image(copy, kept, pin=order.pin))
                if order.pin and not copy.digest:
                    left.append(Left(f"{source}{kept}", "it is not pinned: neither the list nor a lock has its digest"))
        if images:
            here = uses.get(source, [])
            tags = tuple(dict.fromkeys(f":{image.tag}" for image in here if image.tag))
            found.append(Redirected(source, _names(source, here), tags, dict(sorted(images.items()))))
    return found, left


def _uses(order: Order) -> dict[Source, list[NamedImage]]:
    found: dict[Source, list[NamedImage]] = {}
    for use in order.uses:
        found.setdefault(use.image.source, []).append(use.image)
    return found


def _names(source: Source, uses: list[NamedImage]) -> tuple[str, ...]:
    written = [written_name(image.written) for image in uses]
    return tuple(dict.fromkeys([*spellings(source), *(name for name in written if "$" not in name)]))


def _copies(order: Order, source: Source, brought: MirroredSource) -> Iterator[tuple[str, Copy]]:
    """Yield the images of one entry, each by its tag, and by its digest where that is known."""
    for tag in brought.entry.tags:
        finding = order.mirror.find(Reference(source, tag))
        if not finding.is_mirrored or finding.copy.repository != brought.repository:
            continue
        if tag not in brought.entry.rule.digests:
            yield f":{tag}", finding.copy
        digest = brought.entry.pinned(tag) or brought.entry.locked.get(tag)
        by_digest = order.mirror.find(Reference(source, tag, digest)) if digest else None
        if by_digest and by_digest.is_mirrored:
            yield f"@{digest}", by_digest.copy


def _image(copy: Copy, kept: str, *, pin: bool) -> str:
    if kept.startswith("@"):
        return f"{copy.name}{kept}"
    return copy.pinned if pin else copy.reference


def cel_map(values: dict[str, str]) -> str:
    """Return a map of texts as CEL has it: a string of JSON is one of CEL."""
    return "{" + ", ".join(f"{cel_text(key)}: {cel_text(value)}" for key, value in values.items()) + "}"


def cel_text(text: str) -> str:
    """Return text as a literal of CEL."""
    return json.dumps(text)


IMPLIED = f":{LATEST}"
"""What is meant where neither tag nor digest is written."""
