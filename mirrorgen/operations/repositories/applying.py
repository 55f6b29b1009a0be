"""Apply: exactly the plan that was shown."""

from __future__ import annotations

from collections.abc import Callable

from mirrorgen.errors import InputError, ToolFailed
from mirrorgen.operations.repositories.adopting import adoption_hint, imports_applied
from mirrorgen.operations.repositories.emptying import empty_repositories
from mirrorgen.operations.repositories.renamed import Renames
from mirrorgen.operations.repositories.saved import WorkFolder, work_folder
from mirrorgen.operations.runtime import Runtime
from mirrorgen.tools.already_exists import AlreadyExists
from mirrorgen.tools.terraform import TerraformPlan


def apply_plan(
    runtime: Runtime,
    *,
    allow_destroy: bool,
    wait: bool = False,
    also: Callable[[TerraformPlan], None] = lambda _plan: None,
) -> TerraformPlan:
    """Apply the saved plan and return what it did; nothing where a push makes repositories.

    Args:
        runtime: of the list the plan was made for.
        allow_destroy: whether a repository may be destroyed with its images.
        wait: whether to wait for another run in the folder.
        also: looks at the plan before it is applied, and raises what speaks against it.

    Raises:
        InputError: there is no plan, it is out of date, it destroys a repository and that is not allowed, or images
            have come into one since.
        Occupied: another run works in the folder.
        ToolFailed: Terraform failed, or ECR did not delete an image.
    """
    if not runtime.desired.target.is_provisioned:
        return TerraformPlan()
    folder = work_folder(runtime)
    with folder.turn("mirrorgen apply", wait=wait, say=runtime.say):
        return _apply(runtime, folder, allow_destroy=allow_destroy, also=also)


def _apply(
    runtime: Runtime, folder: WorkFolder, *, allow_destroy: bool, also: Callable[[TerraformPlan], None]
) -> TerraformPlan:
    runtime.require_rendered()
    shown = folder.require_current_plan()
    plan = shown.plan
    terraform = runtime.terraform()
    destroyed = [change.name for change in plan.changes if change.destroys_repository]
    if destroyed and not allow_destroy:
        message = f"the plan destroys repositories with their images: {', '.join(destroyed)}"
        raise InputError(message, hint=_hint(shown.renames))
    also(plan)
    empty_repositories(runtime, shown.lost)
    try:
        if plan.is_applicable:
            runtime.say("terraform apply")
            terraform.apply(folder.plan_file)
            imports_applied(runtime.workplace)
    except AlreadyExists as error:
        existing = [change for change in plan.changes if change.address in error.addresses]
        raise ToolFailed(error.message, hint=adoption_hint(existing)) from error
    finally:
        # Once begun, also a plan that failed is out of date.
        folder.discard_plan()
    return plan


def _hint(renames: Renames) -> str:
    meant = "if that is meant, run `mirrorgen apply --allow-destroy`"
    if not renames.sure:
        return meant
    names = ", ".join(rename.old for rename in renames.sure)
    return f"`mirrorgen move` keeps the images of {names}, which have another name in the list; {meant}"
