"""Tag mutability of a repository, and the exclusion filters that let moving tags move."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from mirrorgen.destinations.ecr.wildcards import wildcard_matches
from mirrorgen.model.images import Image
from mirrorgen.model.tags import is_moving
from mirrorgen.problems import Problem, Severity

MUTABLE = "MUTABLE"
IMMUTABLE = "IMMUTABLE"
IMMUTABLE_WITH_EXCLUSION = "IMMUTABLE_WITH_EXCLUSION"

MAX_FILTERS = 5
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html; a filter may have two `*`, ours
have at most one."""

SIGNATURES = "sha256-*"
"""Tags of signatures and the like, `sha256-<digest>.sig`: they move whenever one more is added."""


@dataclass(frozen=True, slots=True)
class Mutability:
    """ECR's setting for a repository, and the filters it has with `IMMUTABLE_WITH_EXCLUSION`."""

    setting: str
    exclusions: tuple[str, ...] = ()


def decide(image: Image, tags: Sequence[str], *, is_open: bool) -> tuple[Mutability, list[Problem]]:
    """Compute the setting of an entry's repository, and what speaks against what the entry asks for.

    Args:
        image: the entry.
        tags: those known to be kept.
        is_open: the entry's rule chooses more, known only upstream.
    """
    moving = [tag for tag in tags if is_moving(image.tags, tag)]
    fixed = [tag for tag in tags if not is_moving(image.tags, tag)]
    # What a rule chooses may move unless the list says that nothing does.
    more = is_open and image.tags.moving != "none"
    match image.ecr.tag_mutability:
        case "immutable":
            return Mutability(IMMUTABLE), [_immutable_moving(image, tag) for tag in moving]
        case "immutable-with-exclusions":
            return _with_exclusions(image, moving, fixed, more=more)
        case "auto" if not (moving or more or image.copying.digest_tags):
            return Mutability(IMMUTABLE), []
        case "auto" if fixed and not more:
            return Mutability(MUTABLE), [_unprotected(image, moving, fixed)]
        case _:
            return Mutability(MUTABLE), []


def _with_exclusions(
    image: Image, moving: list[str], fixed: list[str], *, more: bool
) -> tuple[Mutability, list[Problem]]:
    path = (*image.path, "tags")
    if more:
        message = "only a lock says which moving tags the rule chooses, and ECR needs a filter for each"
        hint = "run `mirrorgen lock`, or say `moving: none` if the rule chooses only fixed tags"
        return Mutability(MUTABLE), [Problem("exclusions-need-lock", message, path, hint)]
    if image.copying.referrers or image.copying.digest_tags:
        moving = [*moving, SIGNATURES]
    if not moving:
        return Mutability(IMMUTABLE), []
    filters = exclusion_filters(moving, fixed)
    caught = [tag for tag in fixed if any(wildcard_matches(one, tag) for one in filters)]
    if len(filters) <= MAX_FILTERS and not caught:
        return Mutability(IMMUTABLE_WITH_EXCLUSION, filters), []
    message = (
        f"the moving tags need {len(filters)} exclusion filters, and ECR takes {MAX_FILTERS}: {', '.join(filters)}"
    )
    if caught:
        message = f"the exclusion filter {SIGNATURES} would let the fixed tags {some(caught)} move"
    elif fixed:
        message += f"; fewer would let the fixed tags {some(fixed)} move"
    hint = "move some tags to another entry with its own `repository:`, or use tag_mutability: mutable"
    return Mutability(MUTABLE), [Problem("exclusions-do-not-fit", message, path, hint)]


def _immutable_moving(image: Image, tag: str) -> Problem:
    message = f"upstream moves the tag {tag!r}, but this repository is to be immutable"
    hint = "ECR would refuse the next push; use a full version, or tag_mutability: immutable-with-exclusions"
    path = image.exact_tag_path(tag) if tag in image.tags.exact else (*image.path, "tags")
    return Problem("immutable-moving-tag", message, path, hint)


def _unprotected(image: Image, moving: list[str], fixed: list[str]) -> Problem:
    because = some(moving) or SIGNATURES
    message = f"the repository stays mutable because of {because}, so ECR does not protect {some(fixed)}"
    hint = "tag_mutability: immutable-with-exclusions protects them"
    return Problem("fixed-tags-unprotected", message, (*image.path, "tags"), hint, Severity.NOTICE)


def some(tags: Sequence[str]) -> str:
    """Name the first tags of many."""
    shown = ", ".join(tags[:5])
    return shown if len(tags) <= 5 else f"{shown} and {len(tags) - 5} more"


def exclusion_filters(moving: Sequence[str], fixed: Sequence[str]) -> tuple[str, ...]:
    """Find few filters that match every moving tag, or pattern of them, and no fixed one.

    Tags keep filters of their own as long as five suffice. Otherwise the two most alike are merged into
    `start*end`, again and again, as long as the result catches no fixed tag.

    Returns:
        The filters, sorted; more than five where fewer would catch a fixed tag.
    """
    filters = set(moving)
    while len(filters) > MAX_FILTERS:
        merged = _best_merge(sorted(filters), fixed)
        if merged is None:
            break
        filters = {known for known in filters if not wildcard_matches(merged, known)} | {merged}
    return tuple(sorted(filters))


def _best_merge(filters: Sequence[str], fixed: Sequence[str]) -> str | None:
    candidates = {_merge(first, second) for first, second in itertools.combinations(filters, 2)}
    fitting = [one for one in candidates if one != "*" and not any(wildcard_matches(one, tag) for tag in fixed)]
    return max(fitting, key=lambda one: (len(one), one), default=None)


def _merge(first: str, second: str) -> str:
    start = _common_start(first.partition("*")[0], second.partition("*")[0])
    # What both start with cannot be what they end with too.
    first_rest, second_rest = first[len(start) :], second[len(start) :]
    end = _common_start(first_rest.rpartition("*")[2][::-1], second_rest.rpartition("*")[2][::-1])[::-1]
    return f"{start}*{end}"


def _common_start(first: str, second: str) -> str:
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return "".join(char for char, _ in same)
