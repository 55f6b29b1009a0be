"""Terraform's state gets another place: what a run says of it, and that what it says works."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from mirrorgen.errors import ToolFailed
from mirrorgen.tools.environments import environment
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.terraform import Terraform
from mirrorgen.tools.versions import find_tool


@pytest.fixture
def terraform(tmp_path: Path, base_env: dict[str, str]) -> Terraform:
    """Terraform in a module whose state is a file, and knows something."""
    module = tmp_path / "terraform"
    module.mkdir()
    (module / "main.tf").write_text('resource "terraform_data" "kept" {}\n')
    env = environment("terraform", {**base_env, "HOME": str(tmp_path)})
    found = Terraform(find_tool("terraform", ProcessRunner(), env).usable(), module, ProcessRunner(), env)
    found.init()
    plan = tmp_path / "plan"
    assert found.plan(plan).is_applicable
    found.apply(plan)
    return found


def known(terraform: Terraform) -> str:
    argv = [str(terraform.tool.path), f"-chdir={terraform.module}", "state", "list"]
    return subprocess.run(argv, env=dict(terraform.env), capture_output=True, text=True, check=True).stdout


def test_a_backend_that_is_added_to_a_state_in_a_file_is_no_dead_end(terraform: Terraform) -> None:
    backend = 'terraform {\n  backend "local" {\n    path = "elsewhere/state"\n  }\n}\n'
    (terraform.module / "backend.tf").write_text(backend)
    with pytest.raises(ToolFailed) as caught:
        terraform.init()
    said = re.search(r"`terraform (-chdir=terraform .*)`", caught.value.hint)
    assert said, caught.value.hint

    # As somebody does what was said; on a terminal Terraform asks whether it may copy.
    argv = [str(terraform.tool.path), *shlex.split(said[1])]
    env = dict(terraform.env)
    subprocess.run(
        argv, cwd=terraform.module.parent, env=env, input="yes\n", text=True, check=True, capture_output=True
    )
    assert (terraform.module / "elsewhere/state").exists()
    assert terraform.init() == ()
    assert known(terraform) == "terraform_data.kept\n"
