"""What Terraform takes over, and what it changes of that; before that, what the list gets entries for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mirrorgen.operations.repositories.adopting import LIFECYCLE_POLICY, Adoption
from mirrorgen.operations.repositories.enlisting import Enlisted
from mirrorgen.readers.contract import NamedImage, Refusal
from mirrorgen.reporting.views import Code, Items, Line, Table, View

_HEAD = ("repository", "setting", "now", "after the apply")
_ENTRY_HEAD = ("repository", "source", "tags", "says besides")


def view_adoption(adoption: Adoption) -> View:
    """Return the repositories, each setting that changes, and what to do next."""
    taken = [change for change in adoption.plan.changes if change.import_id]
    alone = _left(adoption)
    rows = [
        (name, each.setting, each.found, each.found if (name, each.setting) in alone else each.wanted)
        for name, differences in adoption.differences.items()
        for each in differences
    ]
    document = {
        "adopted": list(adoption.adopted),
        "imports": [{"address": change.address, "id": change.import_id} for change in taken],
        "settings": {name: [asdict(each) for each in found] for name, found in adoption.differences.items()},
    }
    if not adoption.adopted:
        return View(document, [Line("Nothing to adopt: Terraform's state has what ECR has of the list.")])
    return View(
        document,
        [
            Items("To be taken into Terraform's state, as they are", adoption.adopted),
            Table(_HEAD, rows),
            Items(
                "Not changed by Terraform, as the list has no policy; `aws ecr delete-lifecycle-policy` removes it",
                [name for name, _ in sorted(alone)],
            ),
        ],
        f"Repositories to adopt: {len(adoption.adopted)}, with other settings: {len(adoption.differences)}. "
        "Read this, then run `mirrorgen apply`.",
    )


def view_enlisted(enlisted: Enlisted, file: str, patch: str, *, is_written: bool) -> View:
    """Return the entries, what a list cannot have, and how it changes.

    Args:
        enlisted: what was found.
        file: the list.
        patch: what becomes of its text, as a unified diff.
        is_written: whether it was written.
    """
    found = {*(image.written for image in enlisted.entries), *(refused.written for refused in enlisted.refused)}
    document = {
        "prefix": enlisted.prefix,
        "list": file,
        "written": is_written,
        "entries": [_entry_document(image) for image in enlisted.entries],
        "refused": [
            {"repository": refused.written, "reason": refused.reason, "hint": refused.hint}
            for refused in enlisted.refused
        ],
        "signatures": dict(enlisted.signatures),
        "patch": patch,
    }
    to_do = "" if is_written or not enlisted.entries else " With --write they are put there."
    return View(
        document,
        [
            Table(_ENTRY_HEAD, [_entry_row(image) for image in enlisted.entries]),
            Items("Left out", [_refused(refused) for refused in enlisted.refused], failed=True),
            Items(
                "Tags of signatures, which need no entry",
                [f"{name}: {count}" for name, count in enlisted.signatures.items()],
            ),
            Code("What the list lacks", "diff", "" if is_written else patch),
        ],
        f"Repositories below {enlisted.prefix} that the list does not have: {len(found)}, "
        f"with an entry {'now' if is_written else 'to add'}: {len(enlisted.entries)}.{to_do}",
    )


def _entry_document(image: NamedImage) -> dict[str, Any]:
    assert image.rule
    return {
        "repository": image.written,
        "source": str(image.source),
        "tags": list(image.rule.exact),
        "labels": list(image.settings.get("labels", ())),
        "moving": image.rule.moving if isinstance(image.rule.moving, str) else list(image.rule.moving),
        "settings": dict(image.settings.get("ecr", {})),
    }


def _entry_row(image: NamedImage) -> tuple[str, str, str, str]:
    assert image.rule
    labels = [f"label {label}" for label in image.settings.get("labels", ())]
    said = ", ".join([*labels, *image.settings.get("ecr", {})]) or "as the defaults"
    return image.written, str(image.source), str(len(image.rule.exact)), said


def _refused(refused: Refusal) -> str:
    hint = f"; {refused.hint}" if refused.hint else ""
    return f"{refused.written}: {refused.reason}{hint}"


def _left(adoption: Adoption) -> set[tuple[str, str]]:
    """Policies that the list does not have: Terraform has no resource for them, and leaves them where they are."""
    made = {change.name for change in adoption.plan.changes if change.resource_type == LIFECYCLE_POLICY}
    return {
        (name, each.setting)
        for name, found in adoption.differences.items()
        for each in found
        if each.setting == "lifecycle" and name not in made
    }
