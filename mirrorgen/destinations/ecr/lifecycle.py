"""Lifecycle rules of a repository, made from two numbers or taken as the list has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mirrorgen.destinations.ecr.mutability import some
from mirrorgen.destinations.ecr.rules import EXPIRE, Lifecycle, LifecycleRule, policy_text
from mirrorgen.destinations.ecr.worst_case import companions, most_selected, worst_case
from mirrorgen.destinations.ecr.written_rules import MAX_CHARACTERS, MAX_RULES
from mirrorgen.model.images import Entry
from mirrorgen.model.tags import SIGNATURES
from mirrorgen.problems import KeyPath, Problem

_LETTERS = re.compile(r"[A-Za-z]+")


def lifecycle_rules(entries: Sequence[Entry], asked: Lifecycle) -> tuple[LifecycleRule, ...]:
    """Compute the rules for a repository.

    ECR joins several prefixes of one rule with AND, so there is one count rule for each prefix. It keeps at least
    as many images as the list names under it, so that no listed tag can be the one that expires while only listed
    tags exist.

    Args:
        entries: those that fill the repository. While a rule chooses more tags, nobody knows how many, nothing is
            counted; nor are signatures, of which nobody knows how many come along.
        asked: what they all ask for.
    """
    if asked.rules is not None:
        return asked.rules
    rules: list[LifecycleRule] = []
    if asked.keep_last is not None and not any(entry.is_open for entry in entries):
        has_signatures = any(entry.copying.referrers or entry.copying.digest_tags for entry in entries)
        tags = [tag for entry in entries for tag in entry.tags]
        for prefix in sorted({tag_prefix(tag) for tag in tags}):
            if has_signatures and SIGNATURES.startswith(prefix):
                continue
            keep = max(asked.keep_last, sum(tag.startswith(prefix) for tag in tags))
            description = f"Keep the last {keep} images tagged {prefix}*"
            rules.append(
                LifecycleRule(len(rules) + 1, description, "tagged", "imageCountMoreThan", keep, tag_prefixes=(prefix,))
            )
    if asked.untagged_days is not None:
        days = asked.untagged_days
        description = f"Remove untagged images after {days} days"
        rules.append(LifecycleRule(len(rules) + 1, description, "untagged", "sinceImagePushed", days, "days"))
    return tuple(rules)


def tag_prefix(tag: str) -> str:
    """Return what groups a tag with its relatives: its leading letters, otherwise its first character."""
    letters = _LETTERS.match(tag)
    return letters.group() if letters else tag[0]


def lifecycle_problems(entries: Sequence[Entry], asked: Lifecycle, rules: Sequence[LifecycleRule]) -> Iterator[Problem]:
    """Yield why ECR would refuse the rules of a repository, and what they would take away."""
    path = (*entries[0].image.path, "tags")
    # As many rules as ECR takes are never too long where they are made here, whatever their prefixes.
    size = 0 if asked.rules is None else len(policy_text(rules))
    if len(rules) > MAX_RULES or size > MAX_CHARACTERS:
        what = f"{len(rules)} rules" if len(rules) > MAX_RULES else f"{size:,} characters"
        limit = MAX_RULES if len(rules) > MAX_RULES else f"{MAX_CHARACTERS:,}"
        message = f"the lifecycle policy of this entry has {what}; ECR takes {limit}"
        own = asked.rules is not None
        hint = "use fewer rules" if own else "split the entry, or set ecr.lifecycle.keep_last: off"
        yield Problem("lifecycle-too-large", message, path, hint)
    elif asked.rules is not None:
        yield from _expiring(path, rules, entries)


def _expiring(path: KeyPath, rules: Sequence[LifecycleRule], entries: Sequence[Entry]) -> Iterator[Problem]:
    tags, others = sorted(tag for entry in entries for tag in entry.tags), companions(entries)
    by_rule: dict[LifecycleRule, list[str]] = {}
    for tag, rule in worst_case(rules, tags, others):
        by_rule.setdefault(rule, []).append(tag)
    for rule, lost in by_rule.items():
        does = "remove" if rule.action == EXPIRE else "archive"
        message = f"lifecycle rule {rule.priority} would {does} tags that the list wants: {some(lost)}"
        if rule.count_unit:
            hint = f"every image is older than {rule.count_number} days one day; select only tags that may go"
        else:
            hint = f"keep at least {most_selected(rule, tags, others)} images"
            if rule.tag_status == "any":
                hint += ", for `any` counts what indexes name and signatures, too; or select tags"
        yield Problem("lifecycle-expires-wanted", message, path, hint)
