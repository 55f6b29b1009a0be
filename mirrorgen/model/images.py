"""What a valid master list says, as immutable values with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from mirrorgen.model.references import Source
from mirrorgen.problems import KeyPath


@dataclass(frozen=True, slots=True)
class Target:
    """The ECR registry that receives the images; None means: known when the tools run."""

    account_id: str | None = None
    region: str | None = None
    prefix: str = "mirror"
    auth: str = "credential-helper"
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """Names of the environment variables that hold a user name and a password."""

    username_env: str
    password_env: str


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Pause while fewer than `min` pulls are left; ask again after `retry`, a Go duration."""

    min: int
    retry: str = "5m"


@dataclass(frozen=True, slots=True)
class Registry:
    """An upstream registry: how it is called in target names, and how regsync treats it."""

    host: str
    alias: str
    credentials: Credentials | None = None
    requests_per_second: float | None = None
    concurrent_requests: int | None = None
    rate_limit: RateLimit | None = None
    pulls_per_six_hours: int | None = None
    hostname: str | None = None
    tls: str = "enabled"
    path_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Encryption:
    """Encryption at rest: `KMS` (with the AWS managed key when `kms_key` is None) or `AES256`."""

    type: str = "KMS"
    kms_key: str | None = None


@dataclass(frozen=True, slots=True)
class LifecycleRule:
    """One ECR lifecycle rule; its action is always `expire`.

    Attributes:
        priority: 1 is applied first.
        description: what it does, for whoever reads the policy in the console.
        tag_status: `tagged`, `untagged` or `any`.
        tag_prefixes: for `tagged`, what tags start with; an image must have a tag for each.
        tag_patterns: for `tagged`, the same with the wildcard `*`.
        count_type: `imageCountMoreThan`, `sinceImagePushed` or `sinceImagePulled`.
        count_unit: `days` for the latter two, otherwise None.
        count_number: images to keep, or days.
    """

    priority: int
    description: str
    tag_status: str
    count_type: str
    count_number: int
    count_unit: str | None = None
    tag_prefixes: tuple[str, ...] = ()
    tag_patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Which images ECR removes by itself: rules as ECR has them, or what they are made from; None is off."""

    untagged_days: int | None = 7
    keep_last: int | None = 10
    rules: tuple[LifecycleRule, ...] | None = None


@dataclass(frozen=True, slots=True)
class EcrSettings:
    """Settings asked for a target repository; `tags` are its AWS resource tags, sorted."""

    tag_mutability: str = "auto"
    scan_on_push: bool = True
    encryption: Encryption = Encryption()
    lifecycle: Lifecycle = Lifecycle()
    tags: tuple[tuple[str, str], ...] = (("ManagedBy", "terraform"), ("Purpose", "image-mirror"))


@dataclass(frozen=True, slots=True)
class TagRule:
    """Which tags an entry keeps: `exact`, or (`match` and `semver` and not `exclude`), the `newest` of the latter.

    Attributes:
        exact: tags written out, in that order.
        match: whole-tag patterns, of which one must match.
        semver: ranges of versions, of which one must contain the tag.
        exclude: whole-tag patterns, of which none may match.
        newest: how many to keep of what the patterns and ranges choose; None for all.
        order: what `newest` goes by, `version` or `alphabetical`.
        moving: `auto`, `all`, `none`, or the patterns of moving tags.
        is_mapping: whether it stands in the file as a mapping, not as a list of tags.
    """

    exact: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    semver: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    newest: int | None = None
    order: str = "version"
    moving: str | tuple[str, ...] = "auto"
    is_mapping: bool = False

    @property
    def is_open(self) -> bool:
        """Whether only the upstream registry can tell which tags it chooses."""
        return bool(self.match or self.semver or self.newest)


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


@dataclass(frozen=True, slots=True)
class Image:
    """One entry of the list.

    Attributes:
        index: its position under `images`, from 0, to find it again in the file.
        source: the upstream repository.
        tags: which tags to keep.
        copying: what to copy of each.
        repository: the target repository's full name where it is not the derived one.
        ecr: its settings, the defaults filled in.
        owner: who answers for it.
        expires: the last day on which it is wanted.
    """

    index: int
    source: Source
    tags: TagRule
    copying: Copying
    repository: str | None
    ecr: EcrSettings
    owner: str | None
    expires: date | None

    @property
    def path(self) -> KeyPath:
        """Where the entry stands in the file."""
        return ("images", self.index)

    def exact_tag_path(self, tag: str) -> KeyPath:
        """Where one of the exact tags stands in the file."""
        where = ("tags", "exact") if self.tags.is_mapping else ("tags",)
        return (*self.path, *where, self.tags.exact.index(tag))


@dataclass(frozen=True, slots=True)
class MasterList:
    """The whole list; `registries` holds those that the list configures."""

    target: Target
    registries: Mapping[str, Registry]
    parallel: int
    images: tuple[Image, ...]
