"""Followers: targets that ECR fills from this one, and what it would do there before Terraform has."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorgen.destinations.kinds import open_named
from mirrorgen.errors import MirrorgenError
from mirrorgen.model.targets import Target
from mirrorgen.operations.runtime import Runtime


def unready(runtime: Runtime, names: Sequence[str]) -> dict[str, str]:
    """Ask each follower for repositories that are about to be filled; one that cannot be asked is warned of.

    A repository that is missing where a push is replicated to is made by ECR, where it may, with settings of its own,
    and Terraform cannot make it any more: https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html

    Args:
        runtime: of the target that is filled.
        names: of its repositories, which have the same names there.

    Returns:
        Why a repository must wait, a sentence without a final stop, by name; nothing for those that need not.
    """
    found: dict[str, str] = {}
    for target in runtime.followers if names else ():
        for name in _lacking(runtime, target, names):
            reason = f"{target.label} does not have the repository, and ECR may make it there with settings of its own"
            found.setdefault(name, f"{reason}; run {_remedy(target)} first")
    return found


def _lacking(runtime: Runtime, target: Target, names: Sequence[str]) -> list[str]:
    try:
        held = open_named(target, runtime.environ, say=runtime.say).held(dict.fromkeys(names, ()))
    except MirrorgenError as error:
        runtime.warn(
            f"whether {target.label} has the repositories that are to be filled is not known: {error.message}; where "
            f"it lacks one, ECR may make it there with settings of its own, unless {_remedy(target)} were first"
        )
        return []
    return [name for name, tags in held.items() if tags is None]


def _remedy(target: Target) -> str:
    named = f"--target {target.list_name}"
    return f"`mirrorgen plan {named}` and `mirrorgen apply {named}`"
