"""What a valid master list says, as immutable values with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from mirrorgen.master_list.references import Source


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
    hostname: str | None = None
    tls: str = "enabled"
    path_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Encryption:
    """Encryption at rest: `KMS` (with the AWS managed key when `kms_key` is None) or `AES256`."""

    type: str = "KMS"
    kms_key: str | None = None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Which images ECR removes by itself; None switches that rule off."""

    untagged_days: int | None = 7
    keep_last: int | None = 10


@dataclass(frozen=True, slots=True)
class EcrSettings:
    """Settings asked for a target repository; `tags` are its AWS resource tags, sorted."""

    tag_mutability: str = "auto"
    scan_on_push: bool = True
    encryption: Encryption = Encryption()
    lifecycle: Lifecycle = Lifecycle()
    tags: tuple[tuple[str, str], ...] = (("ManagedBy", "terraform"), ("Purpose", "image-mirror"))


@dataclass(frozen=True, slots=True)
class Image:
    """One entry of the list.

    Attributes:
        index: its position under `images`, from 0, to find it again in the file.
        source: the upstream repository.
        tags: the exact tags, in the order written.
        repository: the target repository's full name where it is not the derived one.
        ecr: its settings, the defaults filled in.
        owner: who answers for it.
        expires: the last day on which it is wanted.
    """

    index: int
    source: Source
    tags: tuple[str, ...]
    repository: str | None
    ecr: EcrSettings
    owner: str | None
    expires: date | None


@dataclass(frozen=True, slots=True)
class MasterList:
    """The whole list; `platform` None means all platforms; `registries` holds those that the list configures."""

    target: Target
    registries: Mapping[str, Registry]
    parallel: int
    platform: str | None
    referrers: bool
    images: tuple[Image, ...]
