"""What a valid master list says, as immutable values with every default filled in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from mirrorgen.model.allowances import Way
from mirrorgen.model.credentials import Credentials
from mirrorgen.model.named_targets import NamedTarget
from mirrorgen.model.policies import DEFAULT, Policy
from mirrorgen.model.references import Source, normalize_host
from mirrorgen.model.targets import Settings, Target
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.problems import KeyPath


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Pause while fewer than `min` pulls are left; ask again after `retry`, a Go duration."""

    min: int
    retry: str = "5m"


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry that is read: how it is called in target names, and how regsync treats it.

    `helper` is the program that signs in, where it is one of ours; upstream registries have none.
    """

    host: str
    alias: str
    keep_library: bool = False
    credentials: Credentials | None = None
    requests_per_second: float | None = None
    concurrent_requests: int | None = None
    rate_limit: RateLimit | None = None
    pulls_per_six_hours: int | None = None
    hostname: str | None = None
    tls: str = "enabled"
    path_prefix: str | None = None
    helper: str | None = None

    @property
    def way(self) -> Way:
        """The way that its credentials take."""
        address = self.hostname or self.host
        return Way(self.host, address, self.tls, is_own=normalize_host(address) == self.host)


@dataclass(frozen=True, slots=True)
class TagRule:
    """Which tags an entry keeps: `exact`, or (`match` and `semver` and not `exclude`), the `newest` of the latter.

    Attributes:
        exact: tags written out, in that order.
        digests: tags that the target gets and upstream need not have, each with the digest to copy under it.
        match: whole-tag patterns, of which one must match.
        semver: ranges of versions, of which one must contain the tag.
        exclude: whole-tag patterns, of which none may match.
        newest: how many to keep of what the patterns and ranges choose; None for all.
        order: what `newest` goes by, `version` or `alphabetical`.
        suffix: what follows the `-` of every tag that `newest` may keep, nothing for `none`, each release once; None
            for whatever there is.
        moving: `auto`, `all`, `none`, or the patterns of moving tags.
        is_mapping: whether it stands in the file as a mapping, not as a list of tags.
    """

    exact: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    match: tuple[str, ...] = ()
    semver: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    newest: int | None = None
    order: str = "version"
    suffix: str | None = None
    moving: str | tuple[str, ...] = "auto"
    is_mapping: bool = False

    @property
    def is_open(self) -> bool:
        """Whether only the upstream registry can tell which tags it chooses."""
        return bool(self.match or self.semver or self.newest)

    @property
    def named(self) -> tuple[str, ...]:
        """Every tag that is written out, also those with a digest."""
        return (*self.exact, *self.digests)


MANIFESTS_OF_ALL_PLATFORMS = 10
"""The index and nine more: what the official images of Docker Hub have, attestations among them."""

_PULLS_FOR_REFERRERS = 3
"""The list of referrers where the registry has no other, a referrer, and the list of those that refer to it."""

_PULLS_FOR_DIGEST_TAGS = 2
"""A signature and an attestation."""


@dataclass(frozen=True, slots=True)
class Copying:
    """What is copied of each image.

    Attributes:
        platform: the only platform; None for all.
        referrers: whether signatures and the like, which refer to the image, are copied too.
        digest_tags: whether tags such as `sha256-<digest>.sig` are copied too.
        pin: `tag` copies what the tag names when regsync runs, `digest` what it named when it was locked.
    """

    platform: str | None = None
    referrers: bool = False
    digest_tags: bool = False
    pin: str = "tag"

    def copied(self, manifests: int) -> int:
        """Return how many of an image's manifests the target gets.

        Args:
            manifests: that the image has with all platforms, its index among them.
        """
        return 1 if self.platform else manifests

    def pulls(self, manifests: int = MANIFESTS_OF_ALL_PLATFORMS) -> int:
        """Return about how many pulls the copy of one image takes: GET requests for manifests, as registries count.

        regsync asks for what refers to each manifest, which is a pull where the registry keeps that under a tag
        (ImageCopy in image.go of regclient); one referrer or tag for each is taken to be usual.

        Args:
            manifests: that the image has with all platforms, its index among them.
        """
        index = 1 if self.platform else 0
        return index + self.copied(manifests) * (
            1 + _PULLS_FOR_REFERRERS * self.referrers + _PULLS_FOR_DIGEST_TAGS * self.digest_tags
        )

    def pulls_to_compare(self, manifests: int = MANIFESTS_OF_ALL_PLATFORMS) -> int:
        """Return about how many pulls it takes to find that an image has not moved, and nothing was signed since."""
        if self.platform:
            return 1
        return self.pulls(manifests) if self.referrers or self.digest_tags else 0


@dataclass(frozen=True, slots=True)
class Image:
    """One entry of the list.

    Attributes:
        index: its position under `images`, from 0, to find it again in the file.
        source: the upstream repository.
        tags: which tags to keep.
        copying: what to copy of each.
        repository: the target repository's full name where it is not the derived one.
        settings: of its repository, the defaults filled in.
        owner: who answers for it.
        expires: the last day on which it is wanted.
        update: which newer tags may follow those that are written out.
        labels: by which a target may take it.
    """

    index: int
    source: Source
    tags: TagRule
    copying: Copying
    repository: str | None
    settings: Settings
    owner: str | None
    expires: date | None
    update: Policy = DEFAULT
    labels: tuple[str, ...] = ()

    @property
    def path(self) -> KeyPath:
        """Where the entry stands in the file."""
        return ("images", self.index)

    def tag_path(self, tag: str) -> KeyPath:
        """Where a tag stands in the file; the whole rule for one that is not written out."""
        if tag in self.tags.digests:
            return (*self.path, "tags", "digests", tag)
        if tag not in self.tags.exact:
            return (*self.path, "tags")
        where = ("tags", "exact") if self.tags.is_mapping else ("tags",)
        return (*self.path, *where, self.tags.exact.index(tag))


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry of the list brings into its target repository.

    Attributes:
        image: the entry.
        tags: those known without asking upstream, sorted: all of them unless `is_open`.
        is_open: whether the rule chooses more, known only upstream.
        locked: digest by tag, what the lock holds; empty without one.
        read_from: the repository that has it already, where that is another target of the list.
    """

    image: Image
    tags: tuple[str, ...]
    is_open: bool
    locked: Mapping[str, str] = field(default_factory=dict)
    read_from: str = ""

    @property
    def source(self) -> Source:
        """The upstream repository: what the list names, wherever its bytes are read."""
        return self.image.source

    @property
    def location(self) -> str:
        """The repository that the bytes are read from, as regsync and regctl are told."""
        return self.read_from or str(self.image.source)

    @property
    def host(self) -> str:
        """The registry that the bytes are read from."""
        return self.location.partition("/")[0]

    @property
    def rule(self) -> TagRule:
        """Which tags the entry asks for."""
        return self.image.tags

    @property
    def copying(self) -> Copying:
        """What is copied of each image."""
        return self.image.copying

    @property
    def picks(self) -> str | None:
        """The platform that is to be picked out of what is read; None where all of that is copied."""
        return None if self.read_from else self.image.copying.platform

    @property
    def owner(self) -> str:
        """Who answers for the image, or nothing."""
        return self.image.owner or ""

    def pinned(self, tag: str) -> str | None:
        """Return the digest that is to be copied under a tag; None where it is what the tag names where it is read."""
        if self.read_from and self.image.copying.platform:
            # The digest is that of the image with all platforms, of which the first target has one.
            return None
        if tag in self.image.tags.digests:
            return self.image.tags.digests[tag]
        return self.locked.get(tag) if self.image.copying.pin == "digest" else None

    def reference(self, tag: str) -> str:
        """Return the image that is to be copied under a tag, as regctl is told: by its digest where that is pinned."""
        pinned = self.pinned(tag)
        return f"{self.location}:{tag}" if pinned is None else f"{self.location}@{pinned}"

    def failure(self, ref: TagRef, kind: Kind, reason: str) -> Failure:
        """Return the failure of a tag that the entry brings."""
        return Failure(ref, kind, reason, self.owner, str(self.source))

    def reduced(self, tags: Collection[str]) -> Entry:
        """Return the entry with some of its tags alone."""
        kept = tuple(tag for tag in self.tags if tag in tags)
        return replace(self, tags=kept, locked={tag: self.locked[tag] for tag in kept if tag in self.locked})


@dataclass(frozen=True, slots=True)
class MasterList:
    """What a list says, for one target.

    Attributes:
        target: the only one, or the first, or the one that the list was narrowed to.
        registries: those that the list configures, by host.
        parallel: how many images are copied at once.
        images: all of the list, or those that the target takes, in their order.
        settings: of a repository, where its entry says nothing.
        copying: what is copied of an image, where its entry says nothing.
        targets: all of a list with several; otherwise none.
        first: the target that others are filled from, for one that is; images are read there if it takes them.
    """

    target: Target
    registries: Mapping[str, Registry]
    parallel: int
    images: tuple[Image, ...]
    settings: Settings
    copying: Copying
    targets: tuple[NamedTarget, ...] = ()
    first: NamedTarget | None = None
