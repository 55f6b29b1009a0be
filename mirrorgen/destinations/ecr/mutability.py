"""Tag mutability of a repository, and the exclusion filters that let moving tags move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mirrorgen.destinations.ecr.exclusions import MAX_FILTERS, exclusion_filters
from mirrorgen.destinations.ecr.settings import EcrSettings, Mutability
from mirrorgen.destinations.ecr.wildcards import wildcard_matches
from mirrorgen.model.images import Entry
from mirrorgen.model.tags import SIGNATURES, is_moving
from mirrorgen.problems import KeyPath, Problem, Severity

MUTABLE = "MUTABLE"
IMMUTABLE = "IMMUTABLE"
IMMUTABLE_WITH_EXCLUSION = "IMMUTABLE_WITH_EXCLUSION"
MUTABLE_WITH_EXCLUSION = "MUTABLE_WITH_EXCLUSION"

_SIGNATURE_FILTER = f"{SIGNATURES}*"


def decide_mutability(entries: Sequence[Entry], asked: EcrSettings) -> tuple[Mutability, list[Problem]]:
    """Compute the setting of a repository, and what speaks against what its entries ask for.

    Args:
        entries: those that fill the repository.
        asked: what they all ask for.
    """
    moving = [(entry, tag) for entry in entries for tag in entry.tags if is_moving(entry.rule, tag)]
    fixed = sorted(tag for entry in entries for tag in entry.tags if not is_moving(entry.rule, tag))
    match asked.tag_mutability:
        case "immutable":
            return Mutability(IMMUTABLE), [_immutable_moving(entry, tag) for entry, tag in moving]
        case "immutable-with-exclusions":
            return _with_exclusions(entries, sorted(tag for _, tag in moving), fixed)
        case "mutable-with-exclusions":
            return _with_immutable(entries, sorted(tag for _, tag in moving), fixed)
        case "auto" if not (moving or _may_move(entries) or any(entry.copying.digest_tags for entry in entries)):
            return Mutability(IMMUTABLE), []
        case "auto" if fixed and not _may_move(entries):
            return Mutability(MUTABLE), [_unprotected(entries, sorted(tag for _, tag in moving), fixed)]
        case _:
            return Mutability(MUTABLE), []


def _may_move(entries: Sequence[Entry]) -> bool:
    """Whether rules choose tags that may move: they may unless the list says that nothing does."""
    return any(entry.is_open and entry.rule.moving != "none" for entry in entries)


def unsettled(entries: Sequence[Entry], asked: EcrSettings, mutability: Mutability) -> Iterator[Problem]:
    """Say what ECR does not do for a repository while only upstream knows its tags."""
    lost = []
    if asked.tag_mutability == "auto" and mutability.setting == MUTABLE:
        lost.append("the repository stays mutable")
    if asked.lifecycle.keep_last is not None:
        lost.append("keep_last removes nothing")
    if asked.lifecycle.rules is not None:
        lost.append("nothing shows whether its lifecycle rules would remove them")
    if not lost:
        return
    for entry in entries:
        if entry.is_open:
            message = f"no lock says which tags this rule chooses, so {' and '.join(lost)}"
            yield Problem("rule-without-lock", message, _tags(entry), "run `mirrorgen generate`", Severity.NOTICE)


def _with_exclusions(entries: Sequence[Entry], moving: list[str], fixed: list[str]) -> tuple[Mutability, list[Problem]]:
    if _may_move(entries):
        message = "only a lock says which moving tags the rule chooses, and ECR needs a filter for each"
        hint = "run `mirrorgen generate`, or say `moving: none` if the rule chooses only fixed tags"
        unknown = [entry for entry in entries if _may_move([entry])]
        problems = [Problem("exclusions-need-lock", message, _tags(entry), hint) for entry in unknown]
        return Mutability(MUTABLE), problems
    if any(entry.copying.referrers or entry.copying.digest_tags for entry in entries):
        moving = [*moving, _SIGNATURE_FILTER]
    if not moving:
        return Mutability(IMMUTABLE), []
    filters = exclusion_filters(moving, fixed)
    caught = [tag for tag in fixed if any(wildcard_matches(pattern, tag) for pattern in filters)]
    if len(filters) <= MAX_FILTERS and not caught:
        return Mutability(IMMUTABLE_WITH_EXCLUSION, filters), []
    if caught:
        message = f"the exclusion filter {_SIGNATURE_FILTER} would let the fixed tags {some(caught)} move"
    else:
        others = f"none of the fixed tags {some(fixed)}" if fixed else "not every other tag"
        message = f"ECR takes {MAX_FILTERS} exclusion filters, and no {MAX_FILTERS} match {some(moving)} and {others}"
    hint = "move some tags to another entry with its own `repository:`, or use tag_mutability: mutable"
    return Mutability(MUTABLE), [Problem("exclusions-do-not-fit", message, _tags(entries[0]), hint)]


def _with_immutable(entries: Sequence[Entry], moving: list[str], fixed: list[str]) -> tuple[Mutability, list[Problem]]:
    """The other way round: tags may move, also those that nobody knows yet, but for the fixed ones of the list."""
    unknown = [entry for entry in entries if entry.is_open]
    if unknown:
        message = "only a lock says which fixed tags the rule chooses, and ECR needs a filter for each"
        problems = [
            Problem("exclusions-need-lock", message, _tags(entry), "run `mirrorgen generate`") for entry in unknown
        ]
        return Mutability(MUTABLE), problems
    if not fixed:
        return Mutability(MUTABLE), []
    filters = exclusion_filters(fixed, [*moving, SIGNATURES])
    if len(filters) <= MAX_FILTERS:
        return Mutability(MUTABLE_WITH_EXCLUSION, filters), []
    message = f"ECR takes {MAX_FILTERS} exclusion filters, and no {MAX_FILTERS} match {some(fixed)}"
    if moving:
        message += f" and none of the moving tags {some(moving)}"
    hint = "move some tags to another entry with its own `repository:`, or use tag_mutability: mutable"
    return Mutability(MUTABLE), [Problem("exclusions-do-not-fit", message, _tags(entries[0]), hint)]


def _tags(entry: Entry) -> KeyPath:
    return (*entry.image.path, "tags")


def _immutable_moving(entry: Entry, tag: str) -> Problem:
    message = f"upstream moves the tag {tag!r}, but this repository is to be immutable"
    hint = "ECR would refuse the next push; use a full version, or tag_mutability: immutable-with-exclusions"
    return Problem("immutable-moving-tag", message, entry.image.tag_path(tag), hint)


def _unprotected(entries: Sequence[Entry], moving: list[str], fixed: list[str]) -> Problem:
    because = some(moving) or _SIGNATURE_FILTER
    message = f"the repository stays mutable because of {because}, so ECR does not protect {some(fixed)}"
    hint = "tag_mutability: immutable-with-exclusions protects them"
    return Problem("fixed-tags-unprotected", message, _tags(entries[0]), hint, Severity.NOTICE)


def some(tags: Sequence[str]) -> str:
    """Name the first tags of many."""
    shown = ", ".join(tags[:5])
    return shown if len(tags) <= 5 else f"{shown} and {len(tags) - 5} more"
