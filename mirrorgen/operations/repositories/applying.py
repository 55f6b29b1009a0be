"""Apply: exactly the plan that was shown."""

from __future__ import annotations

from mirrorgen.errors import InputError
from mirrorgen.operations.planning import discard_plan, load_plan
from mirrorgen.operations.runtime import Runtime
from mirrorgen.tools.terraform import Change


def apply_plan(runtime: Runtime, *, allow_destroy: bool) -> tuple[Change, ...]:
    """Apply the saved plan and return what it changed; nothing where a push makes repositories.

    Args:
        runtime: of the list the plan was made for.
        allow_destroy: whether a repository may be destroyed with its images.

    Raises:
        InputError: there is no plan, it is out of date, or it destroys a repository and that is not allowed.
        ToolFailed: Terraform failed.
    """
    if not runtime.desired.target.is_provisioned:
        return ()
    plan = load_plan(runtime)
    destroyed = [change.name for change in plan.changes if change.destroys_repository]
    if destroyed and not allow_destroy:
        message = f"the plan destroys repositories with their images: {', '.join(destroyed)}"
        raise InputError(message, hint="if that is meant, run `mirrorgen apply --allow-destroy`")
    try:
        if plan.changes:
            runtime.say("terraform apply")
            runtime.terraform().apply(plan.file)
    finally:
        # Once begun, also a plan that failed is out of date.
        discard_plan(runtime.root)
    return plan.changes
