"""A plan: what happens to repositories, and which tags are copied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from mirrorgen.operations.planning import MirrorPlan
from mirrorgen.outcomes import Kind, TagRef
from mirrorgen.reporting.views import Items, Line, Table, View, failure_documents, failure_items
from mirrorgen.tools.terraform import REPOSITORY, Change

_VERBS = {"create": "create", "update": "change", "replace": "replace", "delete": "destroy"}
_HEAD = ("repository", "source", "terraform", "to copy", "not upstream", "failed")


def view_plan(plan: MirrorPlan) -> View:
    """Return the plan: what happens to repositories, which tags are copied, what is missing."""
    absent = [failure for failure in plan.failures if failure.kind is Kind.NOT_UPSTREAM]
    failed = [failure for failure in plan.failures if failure.kind is not Kind.NOT_UPSTREAM]
    lost = [f"{name} (images: {plan.lost.get(name, 0)})" for name in sorted(change.name for change in plan.destroyed)]
    document = {
        "pending": plan.is_pending,
        "repositories": {verb: _repositories(plan.changes, action) for action, verb in _VERBS.items()},
        "destroyed_images": dict(plan.lost),
        "upstreams": _upstreams(plan),
        "copy": [ref.document() for ref in plan.copies],
        "not_upstream": [failure.ref.document() for failure in absent],
        "failures": failure_documents(plan.failures),
    }
    return View(
        document,
        [
            Items("Repositories to DESTROY, with every image in them (refused without --allow-destroy)", lost),
            Table(_HEAD, _plan_rows(plan)),
            Table(("upstream", "to copy", "not upstream", "failed"), _upstream_rows(plan)),
            Items("Tags to copy", tags_by_repository(plan.copies)),
            Items("Tags in the list that upstream does not have", [str(failure.ref) for failure in absent]),
            failure_items("Could not be checked", failed),
            Line(plan_summary(plan)),
        ],
    )


def plan_summary(plan: MirrorPlan) -> str:
    """Return one line that counts what is to be done."""
    if not plan.is_pending and not plan.failures:
        return "Nothing to do: every repository and every tag is as the list asks."
    counts = {verb: len(_repositories(plan.changes, action)) for action, verb in _VERBS.items()}
    said = [f"{counts[verb]} to {verb}" for verb in ("create", "change", "replace", "destroy") if counts[verb]]
    parts = [f"Repositories: {', '.join(said) or 'no change'}.", f"Tags: {len(plan.copies)} to copy."]
    absent = sum(failure.kind is Kind.NOT_UPSTREAM for failure in plan.failures)
    if absent:
        parts.append(f"Not found upstream: {absent}.")
    if len(plan.failures) > absent:
        parts.append(f"Failed: {len(plan.failures) - absent}.")
    return " ".join(parts)


def view_changes(changes: Sequence[Change]) -> View:
    """Return what an apply did."""
    done = {verb: _repositories(changes, action) for action, verb in _VERBS.items()}
    titles = {"create": "created", "change": "changed", "replace": "replaced", "destroy": "destroyed"}
    nothing = Line("Nothing to apply: every repository is as the list asks.")
    blocks = [Items(f"Repositories {titles[verb]}", names) for verb, names in done.items()]
    return View({"repositories": done}, blocks if changes else [nothing])


def tags_by_repository(refs: Sequence[TagRef]) -> list[str]:
    """Return a line for each repository, with its tags."""
    groups = groupby(refs, key=lambda ref: ref.repository)
    return [f"{repository}: {', '.join(ref.tag for ref in group)}" for repository, group in groups]


def _repositories(changes: Iterable[Change], action: str) -> list[str]:
    """Repositories that an action concerns; a changed policy changes its repository."""
    own = {change.name: change.action for change in changes if change.resource_type == REPOSITORY}
    policies = {change.name for change in changes if change.resource_type != REPOSITORY} - own.keys()
    found = {name for name, what in own.items() if what == action}
    return sorted(found | policies if action == "update" else found)


def _plan_rows(plan: MirrorPlan) -> list[tuple[str, ...]]:
    """Terraform's changes and regsync's work side by side, for each repository with either."""
    terraform = _terraform(plan)
    names = terraform.keys() | {ref.repository for ref in plan.copies} | {one.ref.repository for one in plan.failures}
    counts = {what: Counter(found) for what, found in _work(plan).items()}
    return [
        (
            name,
            ", ".join(str(source) for source in plan.sources.get(name, ())) or "-",
            terraform.get(name, "-"),
            *(str(counts[what][name]) for what in _WORK),
        )
        for name in sorted(names)
    ]


_WORK = ("copy", "not_upstream", "failed")


def _work(plan: MirrorPlan) -> dict[str, list[str]]:
    """The repository of each tag that is to be copied, is not upstream, or could not be looked at."""
    found: dict[str, list[str]] = {what: [] for what in _WORK}
    found["copy"] = [ref.repository for ref in plan.copies]
    for failure in plan.failures:
        what = "not_upstream" if failure.kind is Kind.NOT_UPSTREAM else "failed"
        found[what].append(failure.ref.repository)
    return found


def _terraform(plan: MirrorPlan) -> dict[str, str]:
    """What Terraform does to each repository."""
    done = {name: verb for action, verb in _VERBS.items() for name in _repositories(plan.changes, action)}
    changed: dict[str, list[Change]] = {}
    for change in plan.changes:
        changed.setdefault(change.name, []).append(change)
    for name, verb in done.items():
        if name in plan.lost:
            done[name] = f"{verb}, images: {plan.lost[name]}"
        elif verb == "change":
            done[name] = _changed(changed[name])
    return done


def _upstreams(plan: MirrorPlan) -> dict[str, dict[str, int]]:
    """How many tags of each upstream registry are to be copied, are not there, or could not be looked at."""
    counts: dict[str, dict[str, int]] = {}
    for what, names in _work(plan).items():
        for name in names:
            host = ", ".join(sorted({source.host for source in plan.sources.get(name, ())})) or "-"
            counts.setdefault(host, dict.fromkeys(_WORK, 0))[what] += 1
    return dict(sorted(counts.items()))


def _upstream_rows(plan: MirrorPlan) -> list[tuple[str, ...]]:
    return [(host, *map(str, counts.values())) for host, counts in _upstreams(plan).items()]


def _changed(changes: Iterable[Change]) -> str:
    fields: list[Any] = [
        ", ".join(change.fields) if change.resource_type == REPOSITORY else "lifecycle policy" for change in changes
    ]
    return f"change {', '.join(fields)}"
