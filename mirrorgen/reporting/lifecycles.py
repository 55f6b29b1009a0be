"""Lifecycle rules and what they would remove."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorgen.desired.state import Repository
from mirrorgen.destinations.ecr.rules import TRANSITION, LifecycleRule, policy
from mirrorgen.operations.holding.expiring import Expiring, rules_of
from mirrorgen.operations.holding.running import Running
from mirrorgen.outcomes import Failure
from mirrorgen.reporting.running import running_documents, running_table
from mirrorgen.reporting.views import Line, Table, View, failure_documents, failure_items

_RULES = ("repository", "priority", "takes", "when")
_EXPIRING = ("repository", "image", "tags", "pushed", "rule", "wanted")


def view_expiring(
    repositories: Sequence[Repository],
    expiring: Sequence[Expiring],
    running: Sequence[Running] | None = None,
    failures: Sequence[Failure] = (),
) -> View:
    """Return the rules of each repository, the images that would go, and when what runs will.

    Args:
        repositories: of the desired state.
        expiring: what would go now.
        running: what runs; None where nobody said.
        failures: what runs and cannot be looked for.
    """
    rules = [
        (repository.name, str(rule.priority), _takes(rule), _when(rule))
        for repository in repositories
        for rule in rules_of(repository)
    ]
    gone = [
        (
            image.repository,
            image.digest[:19] or "(any)",
            ", ".join(image.tags) or "(none)",
            image.pushed_at.strftime("%Y-%m-%d") if image.pushed_at else "-",
            str(image.rule.priority),
            ", ".join(image.wanted) or "-",
        )
        for image in expiring
    ]
    document = {
        "policies": {repository.name: policy(rules_of(repository))["rules"] for repository in repositories},
        "expiring": [
            {
                "repository": image.repository,
                "digest": image.digest or None,
                "tags": list(image.tags),
                "wanted": list(image.wanted),
                "pushed_at": image.pushed_at.isoformat() if image.pushed_at else None,
                "rule": image.rule.priority,
                "action": image.rule.action,
            }
            for image in expiring
        ],
        "running": running_documents(running),
        "failures": failure_documents(failures),
    }
    return View(
        document,
        [
            Table(_RULES, rules) if rules else Line("No repository has lifecycle rules."),
            Table(_EXPIRING, gone) if gone else Line("Nothing would expire."),
            running_table(running or ()),
            failure_items("Not known whether it runs from here", failures),
        ],
    )


def _takes(rule: LifecycleRule) -> str:
    if rule.tag_status != "tagged":
        return rule.tag_status
    return " and ".join(rule.tag_patterns or (f"{prefix}*" for prefix in rule.tag_prefixes))


def _when(rule: LifecycleRule) -> str:
    if rule.count_type == "imageCountMoreThan":
        when = f"more than {rule.count_number}"
    else:
        when = f"{_SINCE[rule.count_type]} over {rule.count_number} days ago"
    return f"{when}: archived" if rule.action == TRANSITION else when


_SINCE = {"sinceImagePushed": "pushed", "sinceImagePulled": "pulled", "sinceImageTransitioned": "archived"}
