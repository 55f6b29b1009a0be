"""What a reader makes of a text, in the words of a test."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from mirrorgen.model.images import TagRule
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading


def reading(known: Format, text: str, *, file: str = "file.yaml", **around: Any) -> Reading:
    """Read a text, of which the indentation does not count."""
    return known.read(dedent(text), Around(file, **around))


def tags(image: NamedImage) -> Any:
    """The tags that an image stands for: a list, a digest for each, or what a rule has beside that."""
    if image.rule is None:
        return {image.tag: image.digest} if image.digest else [image.tag or "latest"]
    return spelled(image.rule)


def spelled(rule: TagRule) -> dict[str, Any]:
    """What a rule says, without what it leaves out."""
    keys = ("exact", "digests", "match", "semver", "exclude", "newest")
    said = {key: getattr(rule, key) for key in keys if getattr(rule, key)}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}


def taken(found: Reading) -> list[tuple[str, Any, str | None]]:
    """Source, tags and name in the target of each image."""
    return [(str(image.source), tags(image), image.repository) for image in found.images]


def refused(found: Reading) -> list[str]:
    """Line, path and reason of each refusal."""
    return [f"{refusal.place.line} {refusal.path}: {refusal.reason}" for refusal in found.refused]


def noted(found: Reading) -> list[str]:
    """Line, path and reason of each note."""
    return [f"{note.place.line} {note.path}: {note.reason}" for note in found.notes]
