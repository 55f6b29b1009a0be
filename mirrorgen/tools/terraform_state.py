"""Terraform's state: what it says at the end, and how it gets to another place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirrorgen.tools.terraform import Terraform


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
