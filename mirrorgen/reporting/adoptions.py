"""What Terraform takes over, and what it changes of that."""

from __future__ import annotations

from dataclasses import asdict

from mirrorgen.operations.repositories.adopting import LIFECYCLE_POLICY, Adoption
from mirrorgen.reporting.views import Items, Line, Table, View

_HEAD = ("repository", "setting", "now", "after the apply")


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


def _left(adoption: Adoption) -> set[tuple[str, str]]:
    """Policies that the list does not have: Terraform has no resource for them, and leaves them where they are."""
    made = {change.name for change in adoption.plan.changes if change.resource_type == LIFECYCLE_POLICY}
    return {
        (name, each.setting)
        for name, found in adoption.differences.items()
        for each in found
        if each.setting == "lifecycle" and name not in made
    }
