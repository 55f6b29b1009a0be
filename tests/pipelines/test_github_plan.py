"""Which plans let the check of a pull request pass: the shell of its step, with a program that ends as told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from mirrorgen.operations.repositories.saved import WorkFolder
from mirrorgen.starting.contents import pipeline_files
from mirrorgen.starting.setup import Setup

MIRRORGEN = """\
#!/bin/sh
echo "what would be done"
if [ -n "$SAVED" ]; then mkdir -p "${SAVED%/*}" && : > "$SAVED"; fi
exit "$CODE"
"""


@pytest.mark.parametrize(
    ("code", "source", "is_saved", "passes"),
    [
        (0, "upstream", True, True),
        (3, "first", True, True),
        (5, "upstream", True, False),
        # What is new to the list is not yet in the first target.
        (5, "first", True, True),
        # What apply would fail at has no saved plan, wherever images come from.
        (5, "first", False, False),
        (4, "first", False, False),
        (1, "first", True, False),
    ],
)
def test_a_plan_passes_with_what_the_first_target_is_yet_to_get_and_not_with_what_apply_would_fail_at(
    tmp_path: Path, code: int, source: str, is_saved: bool, passes: bool
) -> None:
    workflow = yaml.safe_load(pipeline_files(Setup())[".github/workflows/image-check.yaml"])
    (step,) = [step for step in workflow["jobs"]["plan"]["steps"] if step["name"] == "Plan"]
    program = tmp_path / "bin/mirrorgen"
    program.parent.mkdir()
    program.write_text(MIRRORGEN)
    program.chmod(0o755)
    said = {"CODE": str(code), "SAVED": str(WorkFolder(tmp_path, "us").plan_file) if is_saved else ""}
    given = {"FROM": source, "MIRRORGEN_TARGET": "us", "RUNNER_TEMP": str(tmp_path)}
    env = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", **given, **said}
    argv = ["bash", "-eo", "pipefail", "-c", step["run"]]
    run = subprocess.run(argv, cwd=tmp_path, env=env, check=False, capture_output=True)
    assert run.returncode == (0 if passes else code)
    # Whatever it says is kept, for the comment.
    assert (tmp_path / "plan/us.plan.md").read_text() == "what would be done\n"
