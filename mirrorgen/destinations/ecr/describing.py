"""A repository that is there, in the words of a list: which keys of an entry ask for just what ECR has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

from mirrorgen.destinations.ecr.access import Pull, pull_document
from mirrorgen.destinations.ecr.comparing import FoundSettings, differences
from mirrorgen.destinations.ecr.mutability import (
    IMMUTABLE,
    IMMUTABLE_WITH_EXCLUSION,
    MUTABLE,
    MUTABLE_WITH_EXCLUSION,
    some,
)
from mirrorgen.destinations.ecr.settings import EcrSettings
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.ecr.wildcards import wildcard_matches
from mirrorgen.destinations.port import Described
from mirrorgen.model.images import Entry, Image
from mirrorgen.problems import Severity

_WORDS = {
    MUTABLE: "mutable",
    IMMUTABLE: "immutable",
    IMMUTABLE_WITH_EXCLUSION: "immutable-with-exclusions",
    MUTABLE_WITH_EXCLUSION: "mutable-with-exclusions",
}
_OFF = {"untagged_days": False, "keep_last": False}


def asks_for_policy(image: Image) -> bool:
    """Whether an entry lets others pull, so that it matters which repository policy there is."""
    asked = image.settings
    assert isinstance(asked, EcrSettings)
    return asked.pull != Pull()


def describe(target: EcrTarget, image: Image, found: FoundSettings) -> Described:
    """Return what an entry says beside source and tags so that the next apply changes nothing.

    Args:
        target: of the list.
        image: the entry, with its tags written out and the defaults of the list.
        found: what ECR has.

    Returns:
        The first that asks for all of it, of those that say the least; otherwise why there is none.
    """
    asked = image.settings
    assert isinstance(asked, EcrSettings)
    base = {**_scanning(asked, found), **_encryption(asked, found), **_tags(asked, found)}
    troubles = []
    ways = product(_mutabilities(image, found), _lifecycles(found), _accesses(image))
    for (mutability, moving), lifecycle, access in ways:
        keys = {**mutability, **base, **lifecycle, **access}
        trouble = _trouble(target, image, keys, moving, found)
        if not trouble:
            return Described({"ecr": keys} if keys else {}, moving)
        troubles.append(trouble)
    return Described(trouble=troubles[-1])


def _trouble(
    target: EcrTarget, image: Image, keys: dict[str, Any], moving: str | tuple[str, ...], found: FoundSettings
) -> str:
    """Why an entry with these keys is not what ECR has; nothing where it is."""
    settings, wrong = target.read_settings(image.settings, {"ecr": keys}, image.path)
    asking = replace(image, settings=settings, tags=replace(image.tags, moving=moving))
    decided, problems = target.decide([Entry(asking, tuple(sorted(image.tags.named)), is_open=False)])
    errors = [problem.message for problem in (*wrong, *problems) if problem.severity is Severity.ERROR]
    other = [difference.setting for difference in differences(decided, found)]
    if errors:
        return errors[0]
    if "exclusion filters" in other:
        return f"a list makes exclusion filters of its tags, and none of them would be {some(found.exclusions)}"
    return f"no list asks for its {other[0]} as it is" if other else ""


def _mutabilities(image: Image, found: FoundSettings) -> Iterator[tuple[dict[str, str], str | tuple[str, ...]]]:
    """Yield what may ask for the mutability, and which tags move then, the shortest first."""
    said = {"tag_mutability": _WORDS[found.tag_mutability]} if found.tag_mutability in _WORDS else {}
    yield {}, "auto"
    yield said, "auto"
    if found.tag_mutability == IMMUTABLE:
        # Whatever their form: where ECR refuses another push, no tag moves.
        yield {}, "none"
        yield said, "none"
    elif found.exclusions:
        excepted = found.tag_mutability == IMMUTABLE_WITH_EXCLUSION
        moving = [tag for tag in image.tags.named if _is_matched(tag, found) is excepted]
        yield said, tuple(map(re.escape, moving)) or "none"


def _is_matched(tag: str, found: FoundSettings) -> bool:
    return any(wildcard_matches(pattern, tag) for pattern in found.exclusions)


def _lifecycles(found: FoundSettings) -> Iterator[dict[str, Any]]:
    yield {}
    yield {"lifecycle": {"rules": [dict(rule) for rule in found.lifecycle]} if found.lifecycle else _OFF}


def _accesses(image: Image) -> Iterator[dict[str, Any]]:
    """Yield what may ask for the repository policy; a list that lets nobody pull leaves the one that is there alone."""
    yield {}
    if asks_for_policy(image):
        yield {"pull": pull_document(Pull())}


def _scanning(asked: EcrSettings, found: FoundSettings) -> dict[str, Any]:
    return {} if asked.scan_on_push == found.scan_on_push else {"scan_on_push": found.scan_on_push}


def _encryption(asked: EcrSettings, found: FoundSettings) -> dict[str, Any]:
    has = asked.encryption
    said: dict[str, Any] = {} if has.type == found.encryption else {"type": found.encryption}
    # An entry that asks for AES256 has no key, whatever the defaults have.
    if found.encryption != "AES256" and has.kms_key != found.kms_key:
        said["kms_key"] = found.kms_key
    return {"encryption": said} if said else {}


def _tags(asked: EcrSettings, found: FoundSettings) -> dict[str, Any]:
    """Every tag of its own: Terraform removes the others, but for those that AWS keeps for itself."""
    has = dict(asked.tags)
    own = {key: value for key, value in found.resource_tags.items() if not key.startswith("aws:")}
    said: dict[str, str | None] = {key: value for key, value in sorted(own.items()) if has.get(key) != value}
    said |= {key: None for key in has if key not in own}
    return {"tags": said} if said else {}
