"""A plan, and what came of a sync, as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from mirrorgen.operations.copying.budget import Requests
from mirrorgen.operations.copying.syncing import SyncPlan, SyncResult
from mirrorgen.operations.copying.work import Failure, TagRef
from mirrorgen.operations.planning import MirrorPlan
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.tables import format_markdown_table, format_table
from mirrorgen.tools.terraform import REPOSITORY, Change

_VERBS = {"create": "create", "update": "change", "replace": "replace", "delete": "destroy"}


def format_plan(plan: MirrorPlan, output: ResultFormat) -> str:
    """Return the plan: what happens to repositories, which tags are copied, what is missing."""
    if output is ResultFormat.JSON:
        return _plan_json(plan)
    table = format_markdown_table if output is ResultFormat.MARKDOWN else format_table
    first, *rest = _plan_sections(plan)
    parts = [_sections([first], output)]
    rows = _plan_rows(plan)
    if rows:
        parts.append(table([_PLAN_HEAD, *rows]))
    upstreams = _upstream_rows(plan)
    if upstreams:
        parts.append(table([("upstream", "to copy", "not upstream", "failed"), *upstreams]))
    parts += [_sections(rest, output), plan_summary(plan) + "\n"]
    return "\n".join(part for part in parts if part)


def plan_summary(plan: MirrorPlan) -> str:
    """Return one line that counts what is to be done."""
    if not plan.is_pending and not plan.failures:
        return "Nothing to do: every repository and every tag is as the list asks."
    counts = {verb: len(_repositories(plan.changes, action)) for action, verb in _VERBS.items()}
    said = [f"{counts[verb]} to {verb}" for verb in ("create", "change", "replace", "destroy") if counts[verb]]
    parts = [f"Repositories: {', '.join(said) or 'no change'}.", f"Tags: {len(plan.copies)} to copy."]
    if plan.absent:
        parts.append(f"Not found upstream: {len(plan.absent)}.")
    if plan.failures:
        parts.append(f"Failed: {len(plan.failures)}.")
    return " ".join(parts)


def _repositories(changes: Iterable[Change], action: str) -> list[str]:
    """Repositories that an action concerns; a changed policy changes its repository."""
    own = {change.name: change.action for change in changes if change.resource_type == REPOSITORY}
    policies = {change.name for change in changes if change.resource_type != REPOSITORY} - own.keys()
    found = {name for name, what in own.items() if what == action}
    return sorted(found | policies if action == "update" else found)


_PLAN_HEAD = ("repository", "source", "terraform", "to copy", "not upstream", "failed")


def _plan_rows(plan: MirrorPlan) -> list[tuple[str, ...]]:
    """Terraform's changes and regsync's work side by side, for each repository with either."""
    terraform = _terraform(plan)
    counts = [Counter(one.repository for one in found) for found in (plan.copies, plan.absent, plan.failures)]
    names = terraform.keys() | set().union(*counts)
    return [
        (name, str(plan.sources.get(name, "-")), terraform.get(name, "-"), *(str(one[name]) for one in counts))
        for name in sorted(names)
    ]


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
    found = [("copy", ref.repository) for ref in plan.copies]
    found += [("not_upstream", ref.repository) for ref in plan.absent]
    found += [("failed", failure.repository) for failure in plan.failures]
    for what, name in found:
        host = plan.sources[name].host if name in plan.sources else "-"
        counts.setdefault(host, {"copy": 0, "not_upstream": 0, "failed": 0})[what] += 1
    return dict(sorted(counts.items()))


def _upstream_rows(plan: MirrorPlan) -> list[tuple[str, ...]]:
    return [(host, *map(str, counts.values())) for host, counts in _upstreams(plan).items()]


def _plan_sections(plan: MirrorPlan) -> list[tuple[str, list[str]]]:
    lost = [f"{name} (images: {plan.lost.get(name, 0)})" for name in sorted(change.name for change in plan.destroyed)]
    return [
        ("Repositories to DESTROY, with every image in them (refused without --allow-destroy)", lost),
        ("Tags to copy", _by_repository(plan.copies)),
        ("Tags in the list that upstream does not have", [str(ref) for ref in plan.absent]),
        ("Could not be checked", [_failure(failure) for failure in plan.failures]),
    ]


def _changed(changes: Iterable[Change]) -> str:
    fields = [
        ", ".join(change.fields) if change.resource_type == REPOSITORY else "lifecycle policy" for change in changes
    ]
    return f"change {', '.join(fields)}"


def _by_repository(refs: Sequence[TagRef]) -> list[str]:
    groups = groupby(refs, key=lambda ref: ref.repository)
    return [f"{repository}: {', '.join(ref.tag for ref in group)}" for repository, group in groups]


def _failure(failure: Failure) -> str:
    owner = f" (owner: {failure.owner})" if failure.owner else ""
    return f"{failure}: {failure.reason} [{failure.kind}]{owner}"


def _sections(sections: list[tuple[str, list[str]]], output: ResultFormat) -> str:
    show = _markdown_section if output is ResultFormat.MARKDOWN else _text_section
    return "\n".join(show(title, lines) for title, lines in sections if lines)


def _text_section(title: str, lines: list[str]) -> str:
    return f"{title}:\n" + "".join(f"  {line}\n" for line in lines)


def _markdown_section(title: str, lines: list[str]) -> str:
    return f"### {title}\n\n" + "".join(f"- {_code_span(line)}\n" for line in lines)


def _code_span(text: str) -> str:
    """Text from outside as Markdown code, whatever it holds."""
    fence = "`" * (max((len(run) for run in _backticks(text)), default=0) + 1)
    line = " ".join(text.split())
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def _backticks(text: str) -> list[str]:
    return ["".join(group) for char, group in groupby(text) if char == "`"]


def _plan_json(plan: MirrorPlan) -> str:
    document = {
        "version": 1,
        "pending": plan.is_pending,
        "repositories": {verb: _repositories(plan.changes, action) for action, verb in _VERBS.items()},
        "destroyed_images": dict(plan.lost),
        "upstreams": _upstreams(plan),
        "copy": [{"repository": ref.repository, "tag": ref.tag} for ref in plan.copies],
        "not_upstream": [{"repository": ref.repository, "tag": ref.tag} for ref in plan.absent],
        "failures": _failures_json(plan.failures),
    }
    return json.dumps(document, indent=2) + "\n"


def format_sync(result: SyncResult, output: ResultFormat) -> str:
    """Return what a sync did: counts, and what is not in ECR with its reason."""
    if output is ResultFormat.JSON:
        document = {
            "version": 1,
            "copied": [{"repository": ref.repository, "tag": ref.tag} for ref in result.copied],
            "unchanged": result.unchanged,
            "failures": _failures_json(result.failures),
        }
        return json.dumps(document, indent=2) + "\n"
    failed = [("Not mirrored", [_failure(failure) for failure in result.failures])]
    sections = _sections(failed, output)
    return (sections + "\n" if sections else "") + sync_summary(result) + "\n"


def format_sync_plan(plan: SyncPlan, output: ResultFormat) -> str:
    """Return what a sync would do: tags that ECR lacks, and tags that are compared with upstream."""
    missing, doubtful = plan.todo.missing, plan.todo.doubtful
    failures = (*plan.work.failures, *plan.left)
    if output is ResultFormat.JSON:
        document = {
            "version": 1,
            "missing": [{"repository": ref.repository, "tag": ref.tag} for ref in missing],
            "compare": [{"repository": ref.repository, "tag": ref.tag} for ref in doubtful],
            "requests": [asdict(one) for one in plan.requests],
            "failures": _failures_json(failures),
        }
        return json.dumps(document, indent=2) + "\n"
    sections = _sections(
        [
            ("Requests upstream", [_requests(one) for one in plan.requests]),
            ("Tags that ECR lacks", _by_repository(missing)),
            ("Tags that ECR has, to compare with upstream", _by_repository(doubtful)),
            ("Could not be checked", [_failure(failure) for failure in failures]),
        ],
        output,
    )
    rest = plan.work.desired.tag_count - len(missing) - len(doubtful) - len(plan.left)
    line = f"Tags missing: {len(missing)}, to compare: {len(doubtful)}, nothing to do for: {rest}."
    return (sections + "\n" if sections else "") + line + "\n"


def _requests(one: Requests) -> str:
    limit = f", of {one.limit} that the list allows in six hours" if one.limit is not None else ""
    return f"{one.host}: lists {one.lists}, HEAD {one.heads}, pulls about {one.pulls}{limit}"


def sync_summary(result: SyncResult) -> str:
    """Return one line that counts what a sync did."""
    line = f"Tags copied: {len(result.copied)}, up to date: {result.unchanged}, failed: {len(result.failures)}."
    if result.failures:
        return line
    total = len(result.copied) + result.unchanged
    return f"{line} All {total} tags of the list are in ECR."


def format_changes(changes: Sequence[Change], output: ResultFormat) -> str:
    """Return what an apply did."""
    done = {verb: _repositories(changes, action) for action, verb in _VERBS.items()}
    if output is ResultFormat.JSON:
        return json.dumps({"version": 1, "repositories": done}, indent=2) + "\n"
    if not changes:
        return "Nothing to apply: every repository is as the list asks.\n"
    titles = {"create": "created", "change": "changed", "replace": "replaced", "destroy": "destroyed"}
    return _sections([(f"Repositories {titles[verb]}", names) for verb, names in done.items()], output)


def _failures_json(failures: Sequence[Failure]) -> list[dict[str, Any]]:
    return [{**asdict(item), "kind": str(item.kind)} for item in failures]
