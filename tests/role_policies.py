"""What `terraform/modules/role-policies` computes, asked of Terraform itself; no provider is needed for it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.documents import ROOT

ROLES = ("plan", "apply", "sync", "destroy")
ONLY = "only"
"""Of who has one role for all but destroying."""


def role_policies(folder: Path, **variables: Any) -> tuple[dict[str, str], str]:
    """Return the policy of each role, `ONLY` among them, and the boundary of all, as JSON.

    Args:
        folder: an empty one to work in.
        variables: of the module.
    """
    shutil.copytree(ROOT / "terraform/modules/role-policies", folder, dirs_exist_ok=True)
    (folder / "terraform.tfvars.json").write_text(json.dumps(variables))
    said = ""
    for args in (["init", "-input=false"], ["apply", "-auto-approve", "-input=false"], ["output", "-json"]):
        argv = ["terraform", f"-chdir={folder}", *args]
        said = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120).stdout
    outputs = json.loads(said)
    return {**outputs["policies"]["value"], ONLY: outputs["only_policy"]["value"]}, outputs["boundary"]["value"]


def table_of(policies: Mapping[str, str]) -> str:
    """Return a table in Markdown of which role may do what."""
    granted = {
        role: {
            (action, _about(resource))
            for statement in json.loads(policies[role])["Statement"]
            if statement["Effect"] == "Allow"
            for action in statement["Action"]
            for resource in statement["Resource"]
        }
        for role in ROLES
    }
    rows = ["| action | on | " + " | ".join(ROLES) + " |", "|---|---|" + "---|" * len(ROLES)]
    for action, about in sorted(set().union(*granted.values())):
        marks = " | ".join("yes" if (action, about) in granted[role] else "" for role in ROLES)
        rows.append(f"| `{action}` | {about} | {marks} |")
    return "\n".join(rows) + "\n"


def _about(resource: str) -> str:
    if resource == "*" or resource.endswith(":repository/*"):
        return "everything" if resource == "*" else "all repositories"
    if ":repository/" in resource:
        return "repositories"
    if ":s3:" in resource:
        return "lock" if resource.endswith(".tflock") else "state" if "/" in resource else "bucket"
    return "key of the state" if resource.endswith("/state") else "keys of repositories"
