"""Repositories that have another name in the list: what a plan says of them, and what a move came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mirrorgen.operations.planning import MirrorPlan
from mirrorgen.operations.repositories.moving import Moved
from mirrorgen.operations.repositories.renamed import Rename, Renames
from mirrorgen.reporting.views import Block, Items, Table, View, failure_documents, failure_items

_RENAMED = (
    "Called otherwise in the list. ECR cannot rename: `mirrorgen move` creates the new repository, copies from the old "
    "one, verifies, and then destroys it"
)
_UNSURE = "To be destroyed, and perhaps called otherwise in the list: move what is to be kept by hand"


def plan_moves(plan: MirrorPlan) -> Iterator[Block]:
    """Yield what a plan says of changed names."""
    lines = [
        f"{rename.old} (images: {plan.lost.get(rename.old, 0)}) -> {rename.new} ({_there(plan.successors, rename)})"
        for rename in plan.renames.sure
    ]
    yield Items(_RENAMED, lines)
    yield Items(_UNSURE, [f"{old}: {reason}" for old, reason in plan.renames.unsure.items()])


def plan_moves_document(plan: MirrorPlan) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "moves": [
            {
                "from": rename.old,
                "to": rename.new,
                "images": plan.lost.get(rename.old, 0),
                "images_there": plan.successors.get(rename.new),
            }
            for rename in plan.renames.sure
        ],
        "unclear_moves": dict(plan.renames.unsure),
    }


def view_moved(moved: Moved) -> View:
    """Return what a move came to."""
    document = {
        "moves": [
            {
                "from": rename.old,
                "to": rename.new,
                "state": _state(moved, rename),
                "images": moved.images.get(rename.old),
            }
            for rename in moved.renames.sure
        ],
        "created": list(moved.created),
        "destroyed": list(moved.destroyed),
        "unclear_moves": dict(moved.renames.unsure),
        "failures": failure_documents(moved.failures),
    }
    rows = [
        (rename.old, rename.new, str(moved.images.get(rename.old, "-")), _state(moved, rename))
        for rename in moved.renames.sure
    ]
    return View(
        document,
        [
            Table(("from", "to", "images", "state"), rows),
            _unmoved(moved.renames),
            failure_items("Not moved", moved.failures),
        ],
        _summary(moved),
    )


def _there(successors: Mapping[str, int | None], rename: Rename) -> str:
    count = successors.get(rename.new)
    return "to be created" if count is None else f"images: {count}"


def _unmoved(renames: Renames) -> Items:
    return Items("Left alone, as their new name is not clear", [f"{old}: {why}" for old, why in renames.unsure.items()])


def _state(moved: Moved, rename: Rename) -> str:
    if rename.old in moved.destroyed:
        return "old one destroyed"
    if rename.old in moved.images:
        return "copied"
    if any(failure.ref.repository in {rename.old, rename.new} for failure in moved.failures):
        return "failed"
    return "created" if rename.new in moved.created else "-"


def _summary(moved: Moved) -> str:
    if not moved.renames.sure:
        return "Nothing to move: the plan destroys no repository that has another name in the list for certain."
    said = (
        f"Repositories to move: {len(moved.renames.sure)}, created: {len(moved.created)}, with every image in the new "
        f"one: {len(moved.images)}, old ones destroyed: {len(moved.destroyed)}."
    )
    if moved.failures:
        return (
            f"{said} Failed: {len(moved.failures)}. The old repositories are as they were; run `mirrorgen move` again."
        )
    if moved.destroyed:
        return f"{said} `mirrorgen plan` says what else there is to do."
    return f"{said} The old ones stay until `mirrorgen move --allow-destroy`."
