"""Lifecycle rules and what they would remove, as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from mirrorgen.desired.state import Repository
from mirrorgen.destinations.ecr.lifecycle import policy
from mirrorgen.model.images import LifecycleRule
from mirrorgen.operations.holding.expiring import Expiring
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.tables import format_markdown_table, format_table

_RULES = ("repository", "priority", "takes", "when")
_EXPIRING = ("repository", "image", "tags", "pushed", "rule", "wanted")


def format_expiring(repositories: Sequence[Repository], expiring: Sequence[Expiring], output: ResultFormat) -> str:
    """Return the rules of each repository and the images that would go."""
    if output is ResultFormat.JSON:
        return _json(repositories, expiring)
    rules = [
        (repository.name, str(rule.priority), _takes(rule), _when(rule))
        for repository in repositories
        for rule in repository.lifecycle
    ]
    gone = [
        (
            one.repository,
            one.digest[:19] or "(any)",
            ", ".join(one.tags) or "(none)",
            one.pushed_at.strftime("%Y-%m-%d") if one.pushed_at else "-",
            str(one.rule.priority),
            ", ".join(one.wanted) or "-",
        )
        for one in expiring
    ]
    table = format_markdown_table if output is ResultFormat.MARKDOWN else format_table
    parts = [table([_RULES, *rules])] if rules else ["No repository has lifecycle rules.\n"]
    parts.append(table([_EXPIRING, *gone]) if gone else "Nothing would expire.\n")
    return "\n".join(parts)


def _takes(rule: LifecycleRule) -> str:
    if rule.tag_status != "tagged":
        return rule.tag_status
    return " and ".join(rule.tag_patterns or (f"{prefix}*" for prefix in rule.tag_prefixes))


def _when(rule: LifecycleRule) -> str:
    if rule.count_type == "imageCountMoreThan":
        return f"more than {rule.count_number}"
    what = "pushed" if rule.count_type == "sinceImagePushed" else "pulled"
    return f"{what} over {rule.count_number} days ago"


def _json(repositories: Sequence[Repository], expiring: Sequence[Expiring]) -> str:
    document = {
        "version": 1,
        "policies": {repository.name: policy(repository.lifecycle)["rules"] for repository in repositories},
        "expiring": [
            {
                "repository": one.repository,
                "digest": one.digest or None,
                "tags": list(one.tags),
                "wanted": list(one.wanted),
                "pushed_at": one.pushed_at.isoformat() if one.pushed_at else None,
                "rule": one.rule.priority,
            }
            for one in expiring
        ],
    }
    return json.dumps(document, indent=2) + "\n"
