"""Walking: through an image and all that is copied with it, as regsync will, to count the pulls that this takes.

It follows ImageCopy in image.go and processRef in cmd/regsync/root.go of regclient. What is known without a pull is not
pulled: HEAD requests tell types and digests, an index the types of what it names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from mirrorgen.errors import RegistryFailed, RegistryGivenUp
from mirrorgen.model.images import Copying
from mirrorgen.operations.copying.questions import Questions, Unwalkable
from mirrorgen.outcomes import Kind
from mirrorgen.tools.manifests import Manifest, Named


class TooMany(Exception):
    """An image takes more pulls than are left.

    Args:
        pulls: that it takes at least.
    """

    def __init__(self, pulls: int) -> None:
        super().__init__(pulls)
        self.pulls = pulls


@dataclass(frozen=True, slots=True)
class Stock:
    """What the target holds of a repository: regsync pulls nothing of it a second time.

    Attributes:
        tags: digest by tag.
        digests: of images, tagged or not.
    """

    tags: Mapping[str, str] = field(default_factory=dict)
    digests: AbstractSet[str] = frozenset()


@dataclass(slots=True)
class Walk:
    """One walk, through the image of one tag.

    Attributes:
        copying: what is copied of it.
        questions: to its repository upstream.
        stock: what the target holds.
        left: tells how many pulls are left to the run.
        pulls: that regsync makes, as far as was walked.
    """

    copying: Copying
    questions: Questions
    stock: Stock
    left: Callable[[], int]
    pulls: int = 0
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _steps: int = 0

    def from_tag(self, reference: str, tag: str) -> int:
        """Return the pulls that regsync makes for a tag.

        Args:
            reference: what is copied: a tag, or a digest.
            tag: under which the target gets it.

        Raises:
            TooMany: they are more than are left.
            Unwalkable: they cannot be told.
            RegistryFailed: upstream does not say what the reference names.
        """
        self.questions.begin()
        head = self.questions.head(reference)
        held = self.stock.tags.get(tag)
        if not head.digest:
            # Where a registry answers HEAD without a digest, regclient pulls to get it: to compare, and to copy.
            self._take(1 if held is None or "@" in reference else 2)
            head = Named(self._manifest(reference).digest, head.media_type)
        is_unmoved = head.digest == held
        if self.copying.platform and head.is_index:
            if not is_unmoved:
                self._platform(head, tag, held)
            elif self._is_whole:
                self._take(1)
        else:
            self._image(head, tag, is_held=is_unmoved, depth=0)
        return self.pulls

    @property
    def _is_whole(self) -> bool:
        """Whether regsync looks for what belongs to an image, though the target has the image itself."""
        return self.copying.referrers or self.copying.digest_tags

    def _platform(self, head: Named, tag: str, held: str | None) -> None:
        """Pull the index, and of all that it names what is of the platform; the costliest, where that is many."""
        self._take(1)
        named = self._manifest(self._by_digest(head)).named
        # What regsync takes for the platform has its architecture, whatever else (types/platform/compare.go).
        same = [item for item in named if _architecture(item.platform) == _architecture(self.copying.platform or "")]
        before, most = self.pulls, self.pulls
        for item in same:
            self.pulls, self._seen = before, set()
            # Of the platform that the target has, regsync copies nothing, and looks for nothing that belongs to it.
            if item.digest != held:
                self._image(item, tag, is_held=False, depth=1)
            most = max(most, self.pulls)
        self.pulls = most

    def _image(self, image: Named, tag: str, *, is_held: bool, depth: int) -> None:
        """Count an image with all that it names and that belongs to it.

        Args:
            image: what is copied.
            tag: under which; nothing for what is copied by its digest.
            is_held: whether the target has it there.
            depth: of the image in the walk.
        """
        if (tag, image.digest) in self._seen:
            return
        self._seen.add((tag, image.digest))
        self._steps += 1
        if self._steps > self.questions.limits.manifests or depth > self.questions.limits.depth:
            limits = self.questions.limits
            raise Unwalkable(f"it has more than {limits.manifests:,} manifests, or they are {limits.depth} deep")
        if is_held and not self._is_whole:
            return
        if not image.is_known:
            image = self._looked_at(image)
        if not is_held or image.is_index:
            self._take(1)
        if image.is_index:
            for item in self._manifest(self._by_digest(image)).named:
                if not item.is_blob:
                    self._image(item, "", is_held=item.digest in self.stock.digests, depth=depth + 1)
        fallback = self._referrers(image, depth) if self.copying.referrers else ""
        if self.copying.digest_tags:
            self._digest_tags(image, fallback, depth)

    def _referrers(self, image: Named, depth: int) -> str:
        """Count what refers to an image; return the tag that lists it, which is not copied for its own sake."""
        try:
            pulls, found = self.questions.referrers(image.digest)
        except RegistryFailed as error:
            self._give_up(error)
            pulls, found = 1, ()
        self._take(pulls)
        for item in found:
            self._image(item, "", is_held=item.digest in self.stock.digests, depth=depth + 1)
        return image.digest.replace(":", "-") if pulls else ""

    def _digest_tags(self, image: Named, fallback: str, depth: int) -> None:
        try:
            tags = self.questions.tags()
        except RegistryFailed as error:
            self._give_up(error)
            return
        for tag in tags:
            if tag.startswith(image.digest.replace(":", "-")) and tag != fallback:
                try:
                    found = self.questions.head(f"{self.questions.location}:{tag}")
                except RegistryFailed as error:
                    self._give_up(error)
                    continue
                is_held = bool(found.digest) and self.stock.tags.get(tag) == found.digest
                self._image(found, tag, is_held=is_held, depth=depth + 1)

    def _looked_at(self, image: Named) -> Named:
        """Return what an index names with the type that the registry gives it: regclient tries it as an image."""
        try:
            return Named(image.digest, self.questions.head(self._by_digest(image)).media_type)
        except RegistryFailed as error:
            self._give_up(error)
            return image

    def _manifest(self, reference: str) -> Manifest:
        """Ask for a manifest; one that the registry refuses to tell names nothing, to regsync neither."""
        try:
            return self.questions.manifest(reference)
        except RegistryFailed as error:
            self._give_up(error)
            return Manifest("", ())

    def _give_up(self, error: RegistryFailed) -> None:
        """End the walk, if nothing can be known without an answer."""
        if error.kind is Kind.OVER_BUDGET:
            raise TooMany(self.pulls) from error
        if isinstance(error, RegistryGivenUp) or error.kind is Kind.UNSUPPORTED:
            raise Unwalkable(error.message) from error

    def _take(self, pulls: int) -> None:
        self.pulls += pulls
        if self.pulls > self.left():
            raise TooMany(self.pulls)

    def _by_digest(self, image: Named) -> str:
        return f"{self.questions.location}@{image.digest}"


def _architecture(platform: str) -> str:
    return platform.partition("/")[2].partition("/")[0]
