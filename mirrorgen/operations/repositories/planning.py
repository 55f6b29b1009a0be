"""Plan the repositories: what Terraform would do, kept on disk for `apply`, and what would fail if it did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from mirrorgen.destinations.ecr.tfvars import EXCLUSIONS, filled_from, interim, variables_file
from mirrorgen.destinations.port import Holdings
from mirrorgen.operations.repositories.emptying import images_lost
from mirrorgen.operations.repositories.import_file import require_own_imports
from mirrorgen.operations.repositories.renamed import Renames, find_renames
from mirrorgen.operations.repositories.saved import SavedPlan, work_folder
from mirrorgen.operations.runtime import Runtime
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.rendering.module import check_variables
from mirrorgen.tools.terraform import Change, Terraform, TerraformPlan
from mirrorgen.tools.terraform_state import read_outputs

REPOSITORY_POLICY = "aws_ecr_repository_policy"

REGISTRY_SETTINGS = {
    "aws_ecr_registry_scanning_configuration": "scanning",
    "aws_ecr_replication_configuration": "replication",
}
"""What Terraform sets of a registry as a whole, by the type of the resource."""

_MANY = 200
"""Repositories from which on a state in a file takes most of the time of an apply."""


def plan_repositories(runtime: Runtime) -> SavedPlan:
    """Let Terraform plan, keep the plan on disk, and return what it does; nothing where pushes make repositories.

    Raises:
        InputError: the module does not fit the list.
        ToolUnusable, ToolFailed: Terraform cannot do its part.
    """
    if not runtime.desired.target.is_provisioned:
        return SavedPlan(TerraformPlan())
    terraform = runtime.terraform()
    check_variables(terraform.module, _variables(runtime))
    require_own_imports(runtime)
    folder = work_folder(runtime)
    folder.discard_plan()
    runtime.say("terraform init")
    for provider in terraform.init():
        runtime.warn(
            f"any later major version of {provider} would be taken; give it an upper bound in terraform/versions.tf, "
            "or pin it with `mirrorgen tools lock`"
        )
    count = len(runtime.listed.repositories)
    if count > _MANY and terraform.keeps_state_in_file() and not runtime.stand_in:
        runtime.warn(
            f"Terraform's state is a file, which is written whole at each of the changes to {count} repositories; "
            "a backend is faster, and not lost with this machine: see terraform/README.md"
        )
    if runtime.files.get(EXCLUSIONS) is not None:
        terraform.require_exclusions()
    runtime.say("terraform plan")
    folder.make_room(folder.plan_file)
    plan = terraform.plan(folder.plan_file)
    shown = SavedPlan(plan, images_lost(runtime, plan.changes), _renames(runtime, terraform, plan.changes))
    folder.seal(shown)
    return shown


def plan_part(
    runtime: Runtime,
    addresses: Sequence[str],
    *,
    staying: Mapping[str, Sequence[str]],
    refilled: Mapping[str, Sequence[str]],
    absent: Collection[str],
) -> TerraformPlan:
    """Let Terraform plan for some resources alone, where the last plan was made, and keep that for the next step.

    Args:
        runtime: of the list.
        addresses: of these resources.
        staying, refilled, absent: which repositories there are meanwhile; see `mirrorgen.destinations.ecr.tfvars`.

    Raises:
        InputError: the work folder cannot be written to.
        ToolUnusable, ToolFailed: Terraform cannot do its part.
    """
    folder = work_folder(runtime)
    document = interim(_variables(runtime), staying=staying, refilled=refilled, absent=absent)
    variables = folder.write_step_variables(document)
    folder.make_room(folder.step_file)
    runtime.say("terraform plan")
    return runtime.terraform().plan(folder.step_file, variables=variables, addresses=addresses)


def unmanaged(changes: Iterable[Change], held: Holdings) -> tuple[Change, ...]:
    """Return the creations that would fail, because the repository is there and Terraform's state does not have it.

    Args:
        changes: of a plan.
        held: what the target holds, for each repository that is to be created.
    """
    return tuple(change for change in changes if creates_repository(change) and held[change.name] is not None)


def creates_repository(change: Change) -> bool:
    """Return whether a change makes a repository that was not there."""
    return change.is_repository and change.makes_anew


def unmanaged_failures(changes: Iterable[Change]) -> list[Failure]:
    """Return a failure for each creation that would fail."""
    reason = "it exists, and Terraform's state does not have it, so that creating it would fail"
    return [Failure(TagRef(change.name), Kind.UNMANAGED, reason) for change in changes]


def _variables(runtime: Runtime) -> Mapping[str, Any]:
    generated = runtime.desired.generated()[variables_file(runtime.desired.target.list_name)]
    assert generated
    assert generated.document is not None
    return generated.document


def _renames(runtime: Runtime, terraform: Terraform, changes: Iterable[Change]) -> Renames:
    """Find new names for what goes: Terraform's state says what has filled it."""
    destroyed = {change.name for change in changes if change.destroys_repository}
    if not destroyed:
        return Renames()
    return find_renames(destroyed, filled_from(read_outputs(terraform)), runtime.desired.repositories)
