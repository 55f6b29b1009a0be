"""What a sync would do, and what came of it."""

from __future__ import annotations

from dataclasses import asdict

from mirrorgen.operations.copying.budget import Requests
from mirrorgen.operations.copying.replicating import ReplicationPlan
from mirrorgen.operations.copying.syncing import SyncPlan, SyncResult
from mirrorgen.reporting.plans import tags_by_repository
from mirrorgen.reporting.views import Items, Line, View, failure_documents, failure_items


def view_sync(result: SyncResult) -> View:
    """Return what a sync did: counts, and what is not in the target with its reason."""
    document = {
        "copied": [ref.document() for ref in result.copied],
        "unchanged": result.unchanged,
        "failures": failure_documents(result.failures),
    }
    return View(document, [failure_items("Not mirrored", result.failures), Line(sync_summary(result))])


def sync_summary(result: SyncResult) -> str:
    """Return one line that counts what a sync did."""
    line = f"Tags copied: {len(result.copied)}, up to date: {result.unchanged}, failed: {len(result.failures)}."
    if result.failures:
        return line
    total = len(result.copied) + result.unchanged
    return f"{line} All {total} tags of the list are in {result.target}."


def view_sync_plan(plan: SyncPlan) -> View:
    """Return what a sync would do: tags that the target lacks, and tags that are compared with upstream."""
    missing, doubtful = plan.todo.missing, plan.todo.doubtful
    label = plan.work.desired.target.label
    document = {
        "missing": [ref.document() for ref in missing],
        "compare": [ref.document() for ref in doubtful],
        "requests": [asdict(request) for request in plan.requests],
        "failures": failure_documents(plan.failures),
    }
    rest = plan.work.desired.tag_count - len(missing) - len(doubtful) - len(plan.held_back) - len(plan.unlike)
    return View(
        document,
        [
            Items("Requests upstream", [_requests(request) for request in plan.requests]),
            Items(f"Tags that {label} lacks", tags_by_repository(missing)),
            Items(f"Tags that {label} has, to compare with upstream", tags_by_repository(doubtful)),
            failure_items("Not as the list asks", plan.failures),
            Line(f"Tags missing: {len(missing)}, to compare: {len(doubtful)}, nothing to do for: {rest}."),
        ],
    )


def view_replication_plan(plan: ReplicationPlan) -> View:
    """Return what a sync would leave to ECR: tags that the target lacks, or has with another digest than the first."""
    label, total = plan.work.desired.target.label, plan.work.desired.tag_count
    document = {
        "missing": [ref.document() for ref in plan.missing],
        "compare": [ref.document() for ref in plan.differing],
        "requests": [],
        "failures": failure_documents(plan.failures),
    }
    counts = f"Tags for ECR to replicate: {len(plan.behind)} of {total}, failed: {len(plan.failures)}."
    return View(
        document,
        [
            Items(f"Tags that {label} lacks, and the first target holds", tags_by_repository(plan.missing)),
            Items(f"Tags that {label} holds with another digest", tags_by_repository(plan.differing)),
            failure_items("Not as the list asks", plan.failures),
            Line(counts),
        ],
    )


def _requests(request: Requests) -> str:
    limit = f", of {request.limit} that this run may make" if request.limit is not None else ""
    return f"{request.host}: lists {request.lists}, HEAD {request.heads}, pulls about {request.pulls}{limit}"
