"""The plan that mirrorgen has saved: what it keeps of it, and what Terraform itself says is in it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from typing import Any

from mirrorgen.tools.terraform import read_plan
from mirrorgen.tools.terraform_providers import with_providers
from tests.real.conftest import Project


def terraform_shows(project: Project) -> Any:
    """Return what Terraform says of the saved plan, having seen that mirrorgen has kept the same of it."""
    argv = ["terraform", f"-chdir={project.folder / 'terraform'}", "show", "-json", ".mirrorgen/plan.tfplan"]
    said = subprocess.run(argv, env=with_providers(project.tool_env), check=True, capture_output=True, text=True)
    document = json.loads(said.stdout)
    kept = json.loads((project.folder / "terraform/.mirrorgen/plan.json").read_text())["shown"]["plan"]
    assert kept == json.loads(json.dumps(asdict(read_plan(document))))
    return document
