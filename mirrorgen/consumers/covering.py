"""Coverage: which of the images that files name a list mirrors, and what it would need for the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from mirrorgen.consumers.mirrored import Finding, Lack, Mirror
from mirrorgen.importing.adding import add_images
from mirrorgen.importing.outcomes import Added
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.references import Reference
from mirrorgen.project import Loaded
from mirrorgen.readers.contract import NamedImage, Reading, Refusal

_NOT_ADDED = frozenset({Lack.UNKNOWN_DIGEST, Lack.PLATFORM})
"""What another line in the list does not cure."""


@dataclass(frozen=True, slots=True)
class Use:
    """An image that a file names, and what the list says of it."""

    image: NamedImage
    finding: Finding

    @property
    def pulled(self) -> str:
        """The tag, or the digest, by which it is pulled from the target, where it is mirrored."""
        return self.image.digest or self.finding.copy.tag

    @property
    def key(self) -> tuple[str, str]:
        """The repository, and what is pulled of it, where it is mirrored."""
        return self.finding.copy.repository, self.pulled


@dataclass(frozen=True, slots=True)
class Coverage:
    """What files name, held against a list.

    Attributes:
        readings: of the files, in order.
        uses: every image that had to be mirrored, in the order of the files.
        excepted: images that need not be.
    """

    readings: tuple[Reading, ...]
    uses: tuple[Use, ...]
    excepted: tuple[NamedImage, ...] = ()

    @property
    def mirrored(self) -> tuple[Use, ...]:
        """Those that the list mirrors."""
        return tuple(use for use in self.uses if use.finding.is_mirrored)

    @property
    def missing(self) -> tuple[Use, ...]:
        """Those that it does not."""
        return tuple(use for use in self.uses if not use.finding.is_mirrored)

    @property
    def addable(self) -> tuple[Use, ...]:
        """Those that it does not, and that can be added to it."""
        return tuple(use for use in self.missing if use.finding.lack not in _NOT_ADDED)

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """What seems to name images, and could not be read: nobody knows whether it is mirrored."""
        return tuple(refused for reading in self.readings for refused in reading.refused)

    @property
    def is_complete(self) -> bool:
        """Whether every image is mirrored by the list."""
        return not (self.missing or self.refused)


def cover(mirror: Mirror, readings: Sequence[Reading], *, excepted: Sequence[str] = ()) -> Coverage:
    """Hold what files name against a list.

    Args:
        mirror: what the list mirrors.
        readings: of the files.
        excepted: wildcard patterns for sources that need not be mirrored, such as `registry.example.com/*`.
    """
    uses: list[Use] = []
    left: list[NamedImage] = []
    for image in (named for reading in readings for each in reading.images for named in _each(each)):
        if any(fnmatchcase(str(image.source), pattern) for pattern in excepted):
            left.append(image)
        else:
            uses.append(Use(image, _find(mirror, image)))
    return Coverage(tuple(readings), tuple(uses), tuple(left))


def with_missing(coverage: Coverage, loaded: Loaded, allowances: Allowances) -> Added:
    """Return the list with what it lacks added to it, by the same rules as `mirrorgen import`; nothing is written.

    Args:
        coverage: by this list.
        loaded: the list.
        allowances: what it may do with credentials.

    Raises:
        InputError: it would not be valid for something that it has.
    """
    images = (
        # The tag is that of another digest in the list, and says nothing beside one.
        replace(use.image, tag=None) if use.finding.lack is Lack.DIGEST else use.image
        for use in coverage.addable
    )
    return add_images(loaded, [Reading("", tuple(images))], allowances)


def _each(image: NamedImage) -> Iterator[NamedImage]:
    """The images of one line, which in lists of other tools may name many tags."""
    if image.rule is None:
        yield image
        return
    for tag in image.rule.exact:
        yield replace(image, tag=tag, rule=None)
    for tag, digest in image.rule.digests.items():
        yield replace(image, tag=tag, digest=digest, rule=None)
    if image.rule.is_open or not image.rule.named:
        yield image


def _find(mirror: Mirror, image: NamedImage) -> Finding:
    if image.rule is not None:
        reason = "the file chooses tags by a rule, and only upstream knows which they are"
        return Finding(lack=Lack.RULE, reason=reason)
    finding = mirror.find(Reference(image.source, image.tag, image.digest))
    wanted = image.copying.platform
    if wanted is None or not finding.is_mirrored:
        return finding
    fitting = tuple(copy for copy in finding.copies if copy.entry.copying.platform in {None, wanted})
    if fitting:
        return replace(finding, copies=fitting)
    kept = finding.copy.entry.copying.platform
    reason = f"the list copies {kept} alone of {image.source}, and this asks for {wanted}"
    return Finding(lack=Lack.PLATFORM, reason=reason, hint="let the entry copy all platforms, or have one for each")
