"""`targets`: several registries of a list, each with what it takes, and what they say of one another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from mirrorgen.destinations.kinds import read_named_target
from mirrorgen.master_list.replicated import outside_of_replication, read_replication
from mirrorgen.model.images import Image
from mirrorgen.model.named_targets import NamedTarget, Share, fits_source
from mirrorgen.model.spelling import nearest
from mirrorgen.problems import KeyPath, Problem

KEY = "targets"
_FIRST = "first"

# Files and a state of Terraform get the name; of the two that are left out one is what Terraform calls the state of no
# name, and variables in a file with the other it would read for every target.
_NAME = re.compile(r"(?!(?:default|terraform)$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LONGEST_NAME = 30


def read_targets(
    data: Mapping[str, Any], unreadable: Collection[KeyPath]
) -> tuple[tuple[NamedTarget, ...], list[Problem]]:
    """Build the targets from what stands under `targets`, as the check of the shape left it.

    Args:
        data: what is left, in the order of the file.
        unreadable: where values stood that are not left; then nobody can say which target is the first.

    Returns:
        The targets, and what is wrong with each and between them.
    """
    problems = list(_bad_names(data))
    named: list[NamedTarget] = []
    for name, said in data.items():
        target, found = read_named_target(name, said, (KEY, name))
        named.append(NamedTarget(target, _share(said), bool(named) and said.get("from", _FIRST) == _FIRST))
        problems += found
    problems += [problem for name, said in data.items() for problem in _missing(name, said, unreadable)]
    if not any(len(path) == 2 and path[0] == KEY for path in unreadable):
        problems += _about_the_first(named, data)
        targets, found = read_replication(named, data, KEY)
        return targets, [*problems, *found, *_same_registry(named)]
    return tuple(named), [*problems, *_same_registry(named)]


def share_problems(
    targets: Sequence[NamedTarget], images: Sequence[Image], data: Mapping[str, Any]
) -> Iterator[Problem]:
    """Yield an error for each pattern and each label by which a target takes nothing, and for what it cannot get.

    Args:
        targets: of the list.
        images: all of the list.
        data: what stands under `targets`.
    """
    yield from outside_of_replication(targets, images, KEY)
    labels = {label for image in images for label in image.labels}
    for named in targets:
        said = data[named.name].get("images") or {}
        for index, pattern in enumerate(said.get("sources", ())):
            if pattern is not None and not any(fits_source(image, pattern) for image in images):
                message = f"no source of the list fits {pattern!r}"
                hint = "sources are compared in full: docker.io/library/nginx, or quay.io/*"
                yield Problem("takes-nothing", message, (KEY, named.name, "images", "sources", index), hint)
        for index, label in enumerate(said.get("labels", ())):
            if label is not None and label not in labels:
                near = nearest(label, labels)
                hint = f"did you mean {near[0]!r}?" if near else "write it under `labels` of the entries that are meant"
                path = (KEY, named.name, "images", "labels", index)
                yield Problem("takes-nothing", f"no entry has the label {label!r}", path, hint)


def _share(data: Mapping[str, Any]) -> Share:
    said = data.get("images") or {}
    return Share(_texts(said.get("sources")), _texts(said.get("labels")))


def _bad_names(names: Iterable[str]) -> Iterator[Problem]:
    for name in names:
        if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
            message = f"{name[:80]!r} is no name for a target"
            hint = "up to 30 lower-case letters and digits, joined by single dashes, and neither default nor terraform"
            yield Problem("bad-target-name", message, (KEY, name), hint, on_key=True)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(value for value in values or () if value is not None)


def _missing(name: str, data: Mapping[str, Any], unreadable: Collection[KeyPath]) -> Iterator[Problem]:
    """Names of files, of a state and of what others are filled from must not hang on an environment."""
    for key, example in (("account_id", '"123456789012"'), ("region", "eu-west-1")):
        if key not in data and (KEY, name, key) not in unreadable:
            message = f"the key {key!r} is missing; with several targets each says where it is"
            yield Problem("missing-key", message, (KEY, name), f"add `{key}: {example}`", on_key=True)
    account, role = data.get("account_id"), data.get("role")
    if account and role and role.split(":")[4] != account:
        message = f"the role belongs to the account {role.split(':')[4]}, and the target to {account}"
        hint = "name a role of the target's account: what it may do there, its own account says"
        related = (KEY, name, "account_id")
        yield Problem("role-of-another-account", message, (KEY, name, "role"), hint, related=related)


def _about_the_first(targets: Sequence[NamedTarget], data: Mapping[str, Any]) -> Iterator[Problem]:
    first, *others = targets
    if data[first.name].get("from") == _FIRST:
        message = f"{first.name} is the first target: the others are filled from it, and it from upstream"
        yield Problem("first-target", message, (KEY, first.name, "from"), "remove it, or put another target first")
    for named in others:
        if named.reads_first and first.target.signs_in_once:
            message = f"{named.name} is filled from {first.name}, and one variable cannot hold the passwords of both"
            hint = "remove `auth`, so that docker-credential-ecr-login signs in, or give this target `from: upstream`"
            related = (KEY, first.name, "auth")
            yield Problem("first-target", message, (KEY, named.name), hint, on_key=True, related=related)


def _same_registry(targets: Iterable[NamedTarget]) -> Iterator[Problem]:
    first: dict[str, NamedTarget] = {}
    for named in targets:
        known = first.setdefault(named.target.host, named)
        if known is not named and None not in named.target.identity.values():
            message = f"{named.name} and {known.name} are the same registry"
            hint = "give one of them another account or region"
            related = (KEY, known.name)
            yield Problem("same-registry", message, (KEY, named.name), hint, on_key=True, related=related)
