"""Adopt: what makes Terraform take over repositories that are there already, and what it would change of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mirrorgen.destinations.port import SettingDifference
from mirrorgen.errors import InputError
from mirrorgen.files import read_file, write_files
from mirrorgen.operations.repositories.import_file import IMPORTS_FILE, OURS, header, require_own_imports
from mirrorgen.operations.repositories.planning import (
    REPOSITORY_POLICY,
    creates_repository,
    plan_repositories,
    unmanaged,
)
from mirrorgen.operations.repositories.saved import work_folder
from mirrorgen.operations.runtime import Runtime
from mirrorgen.tools.terraform import Change, TerraformPlan, hcl_string

LIFECYCLE_POLICY = "aws_ecr_lifecycle_policy"

_BY_HAND = "remove it, or apply it first, then adopt again"


@dataclass(frozen=True, slots=True)
class Adoption:
    """What the next apply takes over, and what it changes of that.

    Attributes:
        plan: that was saved for `apply`; an empty one where there is nothing to adopt.
        adopted: names of the repositories, sorted.
        differences: settings that are not as the list asks, by repository; without those that have none.
    """

    plan: TerraformPlan = field(default_factory=TerraformPlan)
    adopted: tuple[str, ...] = ()
    differences: Mapping[str, tuple[SettingDifference, ...]] = field(default_factory=dict)


def adopt(runtime: Runtime, *, wait: bool = False) -> Adoption:
    """Write `import` blocks for what ECR has under the names of the list and Terraform's state lacks, and plan again.

    Args:
        runtime: of the list.
        wait: whether to wait for another run in the folder.

    Raises:
        InputError: the generated files are not up to date, the target's repositories are not Terraform's, a file of
            somebody else is where the blocks belong, or a repository would be replaced.
        Occupied: another run works in the folder.
        ToolUnusable, ToolFailed, UsageError: a tool cannot do its part.
    """
    if not runtime.desired.target.is_provisioned:
        raise InputError(f"{runtime.desired.target.label} has no state of Terraform: a push makes its repositories")
    runtime.toolbox.require("terraform")
    runtime.require_rendered()
    folder = work_folder(runtime)
    with folder.turn("mirrorgen adopt", wait=wait, say=runtime.say):
        require_own_imports(runtime)
        _remove_own(runtime.workplace)
        existing = _existing(runtime, plan_repositories(runtime).plan)
        if not existing:
            folder.discard_plan()
            return Adoption()
        write_files(runtime.workplace, {IMPORTS_FILE: header(runtime) + import_blocks(existing)})
        try:
            plan = plan_repositories(runtime).plan
            _require_none_replaced(plan)
        except BaseException:
            folder.discard_plan()
            _remove_own(runtime.workplace)
            raise
    names = tuple(sorted({change.name for change in existing}))
    wanted = {each.name: each.settings for each in runtime.desired.repositories if each.name in names}
    found = runtime.destination.differences(wanted)
    return Adoption(plan, names, {name: differences for name in names if (differences := found[name])})


def imports_applied(root: Path) -> None:
    """Remove the blocks that `adopt` wrote; those of an entry that leaves the list would be an error then.

    Args:
        root: the folder that Terraform's module is in.
    """
    _remove_own(root, tolerant=True)


def import_blocks(changes: Iterable[Change]) -> str:
    """Return an `import` block for each change, as Terraform formats it.

    Args:
        changes: what is to be created and exists.
    """
    # The ids: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecr_repository,
    # .../ecr_lifecycle_policy and .../ecr_repository_policy; each is the name of the repository.
    blocks = [f"import {{\n  to = {change.address}\n  id = {hcl_string(change.name)}\n}}\n" for change in changes]
    return "\n".join(dict.fromkeys(blocks))


def adoption_hint(changes: Iterable[Change]) -> str:
    """Return what to do about repositories that exist, with the blocks that take them over."""
    return (
        "if they are this list's, `mirrorgen adopt` takes them over; if Terraform's state is elsewhere, look after "
        f"that first\n\n{import_blocks(changes)}"
    )


def _existing(runtime: Runtime, plan: TerraformPlan) -> Sequence[Change]:
    """What the plan would create and ECR has: repositories, and their policies."""
    concerned = {change.name for change in plan.changes if creates_repository(change)}
    repositories = unmanaged(plan.changes, runtime.destination.held(dict.fromkeys(concerned, ())))
    there = {change.name for change in repositories}
    policies: list[Change] = []
    asked = {
        LIFECYCLE_POLICY: runtime.destination.with_lifecycle,
        REPOSITORY_POLICY: runtime.destination.with_repository_policy,
    }
    for kind, with_policy in asked.items():
        new = (change for change in plan.changes if change.resource_type == kind and change.makes_anew)
        made = {change.name: change for change in new if change.name in there}
        policies += [made[name] for name in with_policy(made)]
    return sorted([*repositories, *policies], key=lambda change: (change.name, not change.is_repository))


def _require_none_replaced(plan: TerraformPlan) -> None:
    replaced = [change for change in plan.changes if change.import_id and change.destroys_repository]
    if replaced:
        said = "; ".join(f"{change.name}, for {', '.join(change.fields) or 'its settings'}" for change in replaced)
        hint = "give the list what these repositories have, such as their encryption; nothing was written"
        raise InputError(f"taken over, these would be replaced and their images lost: {said}", hint=hint)


def _remove_own(root: Path, *, tolerant: bool = False) -> None:
    """Remove the file of an adoption; one that somebody else wrote is left alone, and in the way unless `tolerant`."""
    content = read_file(root / IMPORTS_FILE, project=root)
    if content is None:
        return
    if content.startswith(OURS.encode()):
        write_files(root, {IMPORTS_FILE: None})
    elif not tolerant:
        raise InputError(f"{root / IMPORTS_FILE} is there, and not from `mirrorgen adopt`", hint=_BY_HAND)
