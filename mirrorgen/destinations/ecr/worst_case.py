"""What a lifecycle policy could take while a repository holds nothing but what a list asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mirrorgen.destinations.ecr.expiry import patterns, selects
from mirrorgen.destinations.ecr.rules import LifecycleRule
from mirrorgen.destinations.ecr.wildcards import can_both_match, wildcard_matches
from mirrorgen.model.images import Entry
from mirrorgen.model.tags import SIGNATURES

IMAGES_OF_A_TAG = 17
"""An index and the images that it names, attestations among them: what nginx has, more than most."""

SIGNATURES_OF_AN_IMAGE = 3
"""cosign's signature, attestation and list of contents."""


@dataclass(frozen=True, slots=True)
class Companions:
    """How many images come along with the tags of a list, which it does not name.

    Attributes:
        untagged: parts of indexes, and what refers to images.
        signatures: images with a tag such as `sha256-<digest>.sig`.
    """

    untagged: int = 0
    signatures: int = 0


def companions(entries: Sequence[Entry]) -> Companions:
    """Estimate what comes along, from above: only upstream knows how many images an index names."""
    untagged = signatures = 0
    for entry in entries:
        images = len(entry.tags) * (1 if entry.copying.platform else IMAGES_OF_A_TAG)
        untagged += images - len(entry.tags)
        untagged += images * SIGNATURES_OF_AN_IMAGE if entry.copying.referrers else 0
        signatures += images * SIGNATURES_OF_AN_IMAGE if entry.copying.digest_tags else 0
    return Companions(untagged, signatures)


def worst_case(
    rules: Sequence[LifecycleRule], tags: Sequence[str], others: Companions
) -> Iterator[tuple[str, LifecycleRule]]:
    """Yield each tag that the rules could take while a repository holds nothing but `tags` and their companions.

    Nothing is known of the order in which they came or of their age, and any of them may name one image together:
    so a tag counts as selected if it can be, and as out of reach of later rules only if it must be. With a tag that
    is yielded others may go that name the same image, and that no rule selects. Nothing is archived unless a rule
    takes it there, which is loss enough.
    """
    within_reach = list(tags)
    for rule in sorted(rules, key=lambda rule: rule.priority):
        if rule.is_of_archive:
            continue
        if rule.count_unit is not None or most_selected(rule, tags, others) > rule.count_number:
            taken = set(_selectable(rule, tags))
            yield from ((tag, rule) for tag in within_reach if tag in taken)
            within_reach = [tag for tag in within_reach if tag not in taken]
        within_reach = [tag for tag in within_reach if not selects(rule, (tag,))]


def most_selected(rule: LifecycleRule, tags: Sequence[str], others: Companions) -> int:
    """Return how many images a rule selects at most."""
    selected = len(_selectable(rule, tags))
    if rule.tag_status == "any":
        return selected + others.untagged + others.signatures
    if rule.tag_status == "untagged":
        return others.untagged
    fits = all(can_both_match(pattern, f"{SIGNATURES}*") for pattern in patterns(rule))
    return selected + (others.signatures if fits else 0)


def _selectable(rule: LifecycleRule, tags: Sequence[str]) -> list[str]:
    """Return each tag that an image can carry, maybe beside others of them, which the rule selects."""
    if rule.tag_status == "any":
        return list(tags)
    if rule.tag_status == "untagged" or not selects(rule, tags):
        return []
    return [tag for tag in tags if any(wildcard_matches(pattern, tag) for pattern in patterns(rule))]
