"""`replicate`: targets that ECR itself fills from the first, and what it would not do for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mirrorgen.destinations.kinds import MAX_REPLICATED, are_of_one_partition, replicated
from mirrorgen.model.images import Image
from mirrorgen.model.named_targets import NamedTarget
from mirrorgen.problems import KeyPath, Problem

_CODE = "bad-replication"
_BY_REGSYNC = "remove `replicate`, so that regsync copies"


def read_replication(
    targets: Sequence[NamedTarget], data: Mapping[str, Any], key: str
) -> tuple[tuple[NamedTarget, ...], list[Problem]]:
    """Let the first of several targets replicate to those that ask for it, which take what it takes.

    Args:
        targets: of the list, in its order.
        data: what stands under their names, as the check of the shape left it.
        key: under which they stand.

    Returns:
        The targets, and why ECR would not replicate to one of them.
    """
    first, *others = targets
    problems: list[Problem] = []
    if data[first.name].get("replicate"):
        message = f"{first.name} is the first target: ECR replicates from it to others, and it is filled from upstream"
        hint = "remove it, or put another target first"
        problems.append(Problem(_CODE, message, (key, first.name, "replicate"), hint, on_key=True))
    asking = [named for named in others if data[named.name].get("replicate")]
    if not asking:
        return tuple(targets), problems
    for named in asking:
        problems += _contradictions(first, named, data, key)
    if len(asking) > MAX_REPLICATED:
        path = (key, asking[MAX_REPLICATED].name, "replicate")
        message = f"{len(asking)} targets are replicated to; Terraform's provider takes {MAX_REPLICATED}"
        problems.append(Problem(_CODE, message, path, _BY_REGSYNC, on_key=True))
    source, filled = replicated(first.target, [named.target for named in asking])
    known = {target.list_name: target for target in filled}
    followers = (
        replace(named, target=known[named.name], share=first.share) if named.name in known else named
        for named in others
    )
    return (replace(first, target=source), *followers), problems


def outside_of_replication(targets: Iterable[NamedTarget], images: Collection[Image], key: str) -> Iterator[Problem]:
    """Yield a problem for each entry whose repository has a name that ECR would not replicate.

    Args:
        targets: as `read_replication` returns them.
        images: of the list.
        key: under which the targets stand.
    """
    named = next((each for each in targets if each.target.replicated_from), None)
    if named is None or named.target.replicated_from is None:
        return
    beginning = f"{named.target.replicated_from.prefix}/"
    for image in images:
        if image.repository and named.share.takes(image) and not image.repository.startswith(beginning):
            message = f"{image.repository} is not below {beginning}, and nothing else is replicated to {named.name}"
            hint = f"call it {beginning}{image.repository}, or {_BY_REGSYNC}"
            related = (key, named.name, "replicate")
            yield Problem(_CODE, message, (*image.path, "repository"), hint, related=related)


def _contradictions(first: NamedTarget, named: NamedTarget, data: Mapping[str, Any], key: str) -> Iterator[Problem]:
    said, path = data[named.name], (key, named.name)
    asked: KeyPath = (*path, "replicate")
    if said.get("from") == "upstream":
        message = f"{named.name} cannot be filled from upstream and by replication, which is from {first.name}"
        yield Problem(_CODE, message, (*path, "from"), "remove one of the two", related=asked)
    if "images" in said:
        message = f"ECR replicates by the beginning of names, so that {named.name} gets whatever {first.name} takes"
        yield Problem(_CODE, message, (*path, "images"), f"remove it, or {_BY_REGSYNC}", on_key=True, related=asked)
    place = (*path, "prefix") if "prefix" in said else asked
    ours, theirs = named.target.prefix, first.target.prefix
    if ours != theirs:
        message = f"the prefix of {named.name} is {ours!r}, that of {first.name} {theirs!r}, and ECR keeps names"
        hint = f"give both the same prefix, or {_BY_REGSYNC}"
        related = (key, first.name, "prefix") if "prefix" in data[first.name] else None
        yield Problem(_CODE, message, place, hint, related=related)
    if not are_of_one_partition(first.target, named.target):
        message = f"{named.name} and {first.name} are in two partitions of AWS, between which ECR replicates nothing"
        yield Problem(_CODE, message, asked, "remove `replicate`, and say `from: upstream`", on_key=True)
