"""Adopt: what makes Terraform take over a repository that is there already."""

from __future__ import annotations

from collections.abc import Iterable

from mirrorgen.tools.terraform import Change, hcl_string

IMPORTS_FILE = "terraform/imports.tf"
"""Where `import` blocks are best put; any file of the module will do."""


def import_blocks(changes: Iterable[Change]) -> str:
    """Return an `import` block for each change, as Terraform formats it.

    Args:
        changes: repositories that are to be created and exist.
    """
    # Source of the id: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecr_repository
    blocks = [f"import {{\n  to = {change.address}\n  id = {hcl_string(change.name)}\n}}\n" for change in changes]
    return "\n".join(dict.fromkeys(blocks))


def adoption_hint(changes: Iterable[Change]) -> str:
    """Return what to do about repositories that exist, with the blocks that can be pasted."""
    return (
        f"if they are this list's, put these lines into {IMPORTS_FILE}, run `mirrorgen plan` and `mirrorgen apply`, "
        f"and remove the file again; if Terraform's state was lost, restore it first\n\n{import_blocks(changes)}"
    )
