"""Made-up states of a mirror, for the tests of what is said about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from mirrorgen.desired.state import Repository
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.port import SettingDifference, StoredImage
from mirrorgen.model.targets import Settings
from mirrorgen.operations.holding.status import RepositoryStatus, Status, TagState, TagStatus
from mirrorgen.outcomes import Failure, Kind, TagRef

NOW = datetime(2026, 1, 31, 6, tzinfo=UTC)
TARGET = EcrTarget("123456789012", "eu-west-1")
SOURCE = "quay.io/org/app"


def stored(r: int = 0, t: int = 0, **more: object) -> StoredImage:
    """The image of tag `t` of repository `r`."""
    pushed = NOW - timedelta(days=r + t)
    fields = {"size_bytes": 2**20 * (t + 1), **more}
    return StoredImage(f"sha256:{r:032}{t:032}", (f"v1.{t}",), pushed, **fields)  # type: ignore[arg-type]


def repository_status(
    name: str,
    images: Sequence[StoredImage | None] = (),
    *,
    owner: str = "team",
    settings: Sequence[SettingDifference] = (),
) -> RepositoryStatus:
    """A repository with the tags v1.0, v1.1, ...; with one tag at least, and None for a missing one."""
    tags = tuple(
        TagStatus(f"v1.{t}", TagState.PRESENT if image else TagState.MISSING, SOURCE, owner, image)
        for t, image in enumerate(images or (stored(),))
    )
    size = sum(tag.image.size_bytes or 0 for tag in tags if tag.image)
    return RepositoryStatus(Repository(name, (), Settings()), True, tuple(settings), tags, 0, size)


def made_up(repositories: int, tags: int, *, owner: str = "team", wrong: bool = True) -> Status:
    """A status of so many repositories with so many tags; one tag is missing unless nothing is wrong."""
    settings = [SettingDifference("scan on push", "true", "false")]
    found = [
        repository_status(
            f"mirror/quay/org/app{r}",
            [None if wrong and r == t == 0 else stored(r, t) for t in range(tags)],
            owner=owner,
            settings=settings if wrong and r == 0 else (),
        )
        for r in range(repositories)
    ]
    failures = (Failure(TagRef("mirror/quay/org/down"), Kind.UNAVAILABLE, "connection refused"),) if wrong else ()
    return Status(NOW, TARGET, tuple(found), (), failures, ())
