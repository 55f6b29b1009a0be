"""Terraform's state: what it says at the end, and how it gets to another place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirrorgen.tools.terraform import Terraform
    from mirrorgen.tools.terraform_targets import TargetPlace


def read_outputs(terraform: Terraform) -> dict[str, Any]:
    """Return the values of a root module's outputs, by their names.

    Raises:
        ToolFailed: the state cannot be read.
    """
    argv = [str(terraform.tool.path), f"-chdir={terraform.module}", "output", "-json", "-no-color"]
    completed = terraform.runner.run(argv, env=terraform.env)
    return {name: output["value"] for name, output in json.loads(completed.stdout).items()}


def migrate_state(terraform: Terraform) -> None:
    """Copy the state from where it was to where the module says now; nothing happens where it is there already.

    Raises:
        ToolFailed: it cannot be read, or not written.
    """
    # -force-copy answers the one question that is asked: whether to copy.
    options = ["-input=false", "-no-color", "-migrate-state", "-force-copy"]
    argv = [str(terraform.tool.path), f"-chdir={terraform.module}", "init", *options]
    terraform.runner.run(argv, env=terraform.env)


def migration_hint(stderr: str, place: TargetPlace | None = None) -> str:
    """Return what to do where `terraform init` finds that the state's place has changed; nothing for other reasons.

    Args:
        stderr: what it said.
        place: of one of several targets; None for the only one.
    """
    if "migrat" not in stderr:
        return ""
    if place:
        return place.moving_hint(stderr)
    return "the state's place has changed: `terraform -chdir=terraform init -migrate-state` copies it to the new one"
