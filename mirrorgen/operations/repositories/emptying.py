"""Emptying: of a repository that a plan destroys, exactly the images that the plan lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mirrorgen.destinations.ecr.destination import EcrDestination
from mirrorgen.destinations.port import StoredImage
from mirrorgen.errors import InputError, ToolFailed
from mirrorgen.operations.runtime import Runtime
from mirrorgen.tools.terraform import Change

_SAID = 3
"""How many digests a sentence names."""


def images_lost(runtime: Runtime, changes: Iterable[Change]) -> dict[str, tuple[str, ...]]:
    """Return the digest of every image in the repositories that changes destroy, by their names.

    Raises:
        ToolFailed: ECR cannot be asked.
    """
    names = sorted({change.name for change in changes if change.destroys_repository})
    held = runtime.destination.images(names) if names else {}
    return {name: tuple(sorted(image.digest for image in images or ())) for name, images in held.items()}


def empty_repositories(runtime: Runtime, listed: Mapping[str, Sequence[str]]) -> None:
    """Delete the images that a plan lists, all of them or, where a repository holds others, none.

    Terraform then deletes the empty repositories, and ECR refuses that for one that is no longer empty.

    Args:
        runtime: of the list.
        listed: digests by the name of each repository that the plan destroys.

    Raises:
        InputError: images have come since the plan was made.
        ToolFailed: ECR cannot be asked, or refuses to delete an image.
    """
    if not any(listed.values()):
        return
    destination = runtime.destination
    # Only a target in which Terraform makes the repositories has any to be destroyed.
    assert isinstance(destination, EcrDestination)
    held = destination.images(listed)
    require_listed(held, listed)
    for name, images in held.items():
        runtime.say(f"deleting the images of {name}: {len(images or ())}")
        refused = destination.delete_images(name, images or ())
        if refused:
            said = "; ".join(f"{digest}: {reason}" for digest, reason in sorted(refused.items())[:_SAID])
            raise ToolFailed(f"ECR did not delete {len(refused)} images of {name}, which is not destroyed: {said}")


def require_listed(held: Mapping[str, Sequence[StoredImage] | None], listed: Mapping[str, Sequence[str]]) -> None:
    """Make sure that repositories hold nothing but what a plan lists.

    Args:
        held: images by repository; None for one that does not exist.
        listed: digests by repository.

    Raises:
        InputError: images have come since the plan was made.
    """
    for name in sorted(held.keys() & listed.keys()):
        images = held[name]
        new = sorted({image.digest for image in images or ()} - set(listed[name]))
        if new:
            raise InputError(
                f"{name} holds images that the plan does not list: {_some(new)}; they came after it, and nothing was "
                "destroyed",
                hint="run `mirrorgen plan` again and look at what it would destroy",
            )


def _some(digests: Sequence[str]) -> str:
    more = f" and {len(digests) - _SAID} more" if len(digests) > _SAID else ""
    return ", ".join(digests[:_SAID]) + more
