"""How long a copy takes at least, where the target takes only so many manifests a second."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mirrorgen.model.images import MANIFESTS_OF_ALL_PLATFORMS, Copying
from mirrorgen.model.targets import Target


@dataclass(frozen=True, slots=True)
class Pushing:
    """What has to be pushed, as far as it is known before upstream is asked.

    Attributes:
        label: what the target is called.
        per_second: how many manifests it takes, from all machines together.
        least: manifests, one for each tag: an image that is there under another tag is pushed under this one.
        usual: manifests where each image of all platforms has as many as the official ones.
    """

    label: str
    per_second: int
    least: int
    usual: int

    @property
    def least_s(self) -> int:
        """Seconds that it takes at least, whole ones."""
        return self.least // self.per_second

    @property
    def usual_s(self) -> int:
        """Seconds that it takes with the usual number of manifests, whole ones."""
        return self.usual // self.per_second


def foresee_pushes(target: Target, copied: Collection[Copying]) -> Pushing | None:
    """Count what has to be pushed; None where the target takes whatever comes, or nothing is copied.

    Args:
        target: that receives it.
        copied: what is copied of each tag.
    """
    if target.manifests_per_second is None or not copied:
        return None
    usual = sum(each.copied(MANIFESTS_OF_ALL_PLATFORMS) for each in copied)
    return Pushing(target.label, target.manifests_per_second, len(copied), usual)
