"""What a destination can be asked, whatever kind it is: a target bound to one registry that was found to be there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from mirrorgen.model.images import Image
from mirrorgen.model.targets import Settings, Target
from mirrorgen.outcomes import Failure, Kind, TagRef

Holdings = Mapping[str, Mapping[str, str] | None]
"""Digest by tag, by repository name; None for a repository that does not exist."""


def held_digest(held: Holdings, ref: TagRef) -> str | None:
    """Return what a tag names; None where the repository does not hold it, or does not exist."""
    return (held[ref.repository] or {}).get(ref.tag)


@dataclass(frozen=True, slots=True)
class StoredImage:
    """What a registry knows of an image.

    Attributes:
        digest: names it.
        tags: all of its tags, none for an untagged image.
        pushed_at: when it came, with a time zone; None where the registry does not tell.
        pulled_at: when the registry last recorded a pull; None for never, or where it does not tell.
        contains: digests of the images that it names, for an index.
        size_bytes: of the image itself, without the images that it names; None where the registry does not tell.
        findings: how many vulnerabilities of each severity a scan found; None where no result is known.
        scan: where `findings` is None, why: `not scanned`, `unknown`, or the state of the scan.
        is_archived: whether the registry keeps it where nobody can pull it.
        archived_at: since when, for what is archived.
        activated_at: when it last came back from the archive; None for what never did.
        subject: digest of the image that it belongs to, as a signature or an attestation does; empty for others.
        trouble: why it is not known what the image names; nothing where it is known.
    """

    digest: str
    tags: tuple[str, ...]
    pushed_at: datetime | None
    pulled_at: datetime | None = None
    contains: tuple[str, ...] = ()
    size_bytes: int | None = None
    findings: Mapping[str, int] | None = None
    scan: str = "unknown"
    is_archived: bool = False
    archived_at: datetime | None = None
    activated_at: datetime | None = None
    subject: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Pullable:
    """What a registry gives to somebody who pulls an image.

    Attributes:
        digest: of the image, or of its index; nothing where the registry does not give it.
        lacking: of all that the index names, what the registry does not give: the platform, or the digest of what has
            none.
        reason: why it is not given, where the registry says more than that it is not there.
    """

    digest: str
    lacking: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a repository weighs, and whether anybody still pulls from it.

    Attributes:
        images: how many it holds, each platform and each index, archived ones among them; None where the registry
            does not tell.
        size_bytes: the sum of what the registry says of each image, so that layers count for each image that has them;
            None where it does not tell.
        pulled_at: the latest pull of any of them that the registry has recorded, with a time zone; None for never, or
            where it does not tell.
    """

    images: int | None = None
    size_bytes: int | None = None
    pulled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SettingDifference:
    """A setting of a repository, or of the registry, that is not as the list asks."""

    setting: str
    wanted: str
    found: str


@dataclass(frozen=True, slots=True)
class RegistryDifferences:
    """How the settings of a registry itself stand to what the list asks.

    Attributes:
        found: those that are not as asked.
        untold: why others could not be looked at, each a sentence without a final stop that names the right it takes.
    """

    found: tuple[SettingDifference, ...] = ()
    untold: tuple[str, ...] = ()

    def failures(self, host: str) -> tuple[Failure, ...]:
        """Return what could not be looked at as failures of the registry of this host name."""
        return tuple(Failure(TagRef(host), Kind.UNAUTHORIZED, reason) for reason in self.untold)


@dataclass(frozen=True, slots=True)
class Described:
    """What an entry has to say so that a repository which is there stays as it is.

    Attributes:
        keys: of the entry, and what stands under them; without those for which the defaults of the list will do.
        moving: which of its tags upstream moves, as in `TagRule`.
        trouble: why no entry can say it, a sentence without a final stop; nothing where one can.
    """

    keys: Mapping[str, Any] = field(default_factory=dict)
    moving: str | tuple[str, ...] = "auto"
    trouble: str = ""


class Destination(Protocol):
    """A registry that was found to be there, and is asked for what it holds."""

    @property
    def target(self) -> Target:
        """The target, with everything filled in that the list leaves out."""

    @property
    def tells_age(self) -> bool:
        """Whether the registry knows when an image was pushed."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that tell a program which registry is meant."""

    @property
    def displaced(self) -> Collection[str]:
        """Names of variables that no program may get: they lead to other credentials than `environment` has."""

    def held(self, wanted: Mapping[str, Collection[str]]) -> Holdings:
        """Ask which of the wanted tags repositories hold, and maybe others.

        Args:
            wanted: tags by repository.

        Raises:
            ToolFailed: the registry cannot be asked.
        """

    def why_absent(self, repository: str, tags: Collection[str]) -> Mapping[str, str]:
        """Say why tags of a repository are not among those held, for those of which the registry knows.

        Raises:
            ToolFailed: the registry cannot be asked.
        """

    def pullable(self, wanted: Mapping[str, Collection[str]]) -> Mapping[str, Mapping[str, Pullable]]:
        """Ask for images, and for each image that an index names.

        Args:
            wanted: tags or digests by repository.

        Raises:
            ToolFailed: the registry cannot be asked, or does not say whether it has one of them.
        """

    def images(self, names: Iterable[str], *, findings: bool = False) -> Mapping[str, tuple[StoredImage, ...] | None]:
        """Ask for every image that repositories hold; None for one that does not exist.

        Args:
            names: of repositories.
            findings: also ask for the result of each scan, with a request for each image where the registry does not
                tell it otherwise.

        Raises:
            ToolFailed: the registry cannot be asked.
        """

    def differences(self, wanted: Mapping[str, Settings]) -> Mapping[str, tuple[SettingDifference, ...] | None]:
        """Compare the settings of repositories with those wanted; None for one that does not exist.

        Raises:
            ToolFailed: the registry cannot be asked.
        """

    def describe(self, images: Mapping[str, Image]) -> Mapping[str, Described | None]:
        """Say what entries must ask for so that the next apply changes nothing; None for what does not exist.

        Args:
            images: an entry with the tags of each repository and the defaults of the list, by repository name.

        Raises:
            ToolFailed: the registry cannot be asked.
        """

    def with_lifecycle(self, names: Iterable[str]) -> frozenset[str]:
        """Name those of the repositories that have a lifecycle policy, whatever it says.

        Raises:
            ToolFailed: the registry cannot be asked.
        """

    def with_repository_policy(self, names: Iterable[str]) -> frozenset[str]:
        """Name those of the repositories that have a policy which says who else may use them, whatever it says.

        Raises:
            ToolFailed: the registry cannot be asked.
        """

    def registry_differences(self) -> RegistryDifferences:
        """Compare the settings of the registry itself with those that the list asks for; none where it asks for none.

        Raises:
            ToolFailed: the registry cannot be asked.
        """

    def strays(self, names: Collection[str], *, below: str | None = None) -> tuple[str, ...] | None:
        """Name the repositories below a path that are not among `names`; sorted.

        Args:
            names: of repositories that are no strays.
            below: the path, without a slash at its end; None for the target's prefix.

        Returns:
            None where the registry does not let us list its repositories, or the target has no prefix: then nothing
            tells a repository that has left the list from one that was never ours.

        Raises:
            ToolFailed: the registry cannot be asked.
        """

    def footprints(self, names: Iterable[str]) -> Mapping[str, Footprint]:
        """Ask what repositories weigh; one that is gone, or may not be asked about, has a footprint without answers.

        Raises:
            ToolFailed: the registry cannot be asked.
        """

    def expiring(self, settings: Settings, images: Sequence[StoredImage], *, now: datetime) -> Mapping[str, str]:
        """Return which rule would remove images at the next evaluation, by digest."""

    def delete(self, repository: str, tags: Sequence[tuple[str, str]]) -> Mapping[str, str]:
        """Delete tags, each only while it names the digest that stands beside it.

        Returns:
            Why the registry refused, by tag; empty if all are gone.

        Raises:
            ToolFailed: the registry cannot be asked.
        """
