"""An entry of a list as it comes about: what it has, and what is to be added."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mirrorgen.model.images import Copying, Image, TagRule
from mirrorgen.model.references import Source

_SHORT, _WHOLE = 12, 64
"""Hexadecimal digits of a digest in a tag: as many as people compare, and all of them."""


@dataclass(slots=True)
class Draft:
    """An entry that is to have more than it has, or a new one.

    Attributes:
        source: the upstream repository.
        repository: name of the target repository.
        own_name: what stands under `repository:`; None where the name is the derived one.
        copying: what is copied of each image.
        place: where it stands in the list, or what is new was named first.
        image: the entry that the list has; None for a new one.
        exact: tags to add, in order.
        digests: tags to add that have a digest, in order.
        rule: which further tags are to be chosen; None for none.
        moving: which tags of a new entry upstream moves, as in `TagRule`.
        settings: further keys of a new entry, such as those that ask for the settings of the repository.
    """

    source: Source
    repository: str
    own_name: str | None
    copying: Copying
    place: str
    image: Image | None = None
    exact: dict[str, None] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    rule: TagRule | None = None
    moving: str | tuple[str, ...] = "auto"
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to add."""
        return bool(self.exact or self.digests or self.rule)

    @property
    def added(self) -> TagRule:
        """What is to be added, as one rule."""
        is_mapping = bool(self.rule or self.digests or self.moving != "auto")
        return replace(
            self.rule or TagRule(moving=self.moving),
            exact=tuple(self.exact),
            digests=self.digests,
            is_mapping=is_mapping,
        )

    @property
    def settled(self) -> TagRule | None:
        """The rule that the list has for further tags; None where it has none."""
        return open_part(self.image.tags) if self.image and self.image.tags.is_open else None


def open_part(rule: TagRule) -> TagRule:
    """Return a rule without the tags that it writes out."""
    return replace(rule, exact=(), digests={}, is_mapping=True)


def joined(first: TagRule, second: TagRule) -> TagRule | None:
    """Return the rule that chooses what one of two rules chooses, None where there is none that says just that.

    Args:
        first, second: without tags that are written out.
    """
    if first == second:
        return first
    if first.newest is not None or second.newest is not None:
        return None
    # A rule without patterns takes more than one with some.
    if first.match and second.match and replace(first, match=second.match) == second:
        return replace(first, match=tuple(dict.fromkeys((*first.match, *second.match))))
    if first.semver and second.semver and replace(first, semver=second.semver) == second:
        return replace(first, semver=tuple(dict.fromkeys((*first.semver, *second.semver))))
    return None


def tag_for_digest(digest: str, is_free: Callable[[str], bool]) -> str:
    """Return the tag that an image gets which is named by its digest alone, `digest-0a1b2c3d4e5f`.

    It must not look like `sha256-<digest>`: registries keep what refers to an image under such a tag, and regsync takes
    it for that (https://github.com/opencontainers/distribution-spec/blob/main/spec.md, "Referrers Tag Schema").

    Args:
        digest: `sha256:` and 64 hexadecimal digits.
        is_free: whether a tag names nothing else in the repository.

    Returns:
        The short form, or the one with the whole digest where the short one names something else.
    """
    hexadecimal = digest.partition(":")[2]
    short, whole = (f"digest-{hexadecimal[:length]}" for length in (_SHORT, _WHOLE))
    return short if is_free(short) else whole
