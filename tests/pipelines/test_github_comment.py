"""What the comment on a pull request says of several targets: the shell of its step, with files in place of plans."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mirrorgen.reporting.views import COMMENT_BYTES
from mirrorgen.starting.contents import pipeline_files
from mirrorgen.starting.setup import Setup

MOST = 65_536
"""Characters that GitHub takes. Source: the answer of its API to more, `body is too long`."""

GH = """\
#!/bin/sh
for word; do case $word in body=@*) cp "${word#body=@}" "$RUNNER_TEMP/said.md" ;; esac; done
"""


@pytest.fixture
def comment(tmp_path: Path) -> Callable[..., str]:
    """What is written of plans by target, for targets in an order."""
    workflow = yaml.safe_load(pipeline_files(Setup())[".github/workflows/image-check.yaml"])
    (step,) = [step for step in workflow["jobs"]["comment"]["steps"] if "run" in step]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gh").write_text(GH)
    (tmp_path / "bin/gh").chmod(0o755)
    (tmp_path / "plan").mkdir()

    def write(targets: str, plans: dict[str, str], change: str = "") -> str:
        for target, plan in plans.items():
            (tmp_path / "plan" / (f"{target}.plan.md" if target else "plan.md")).write_text(plan)
        if change:
            (tmp_path / "plan/change.md").write_text(change)
        given = {"NUMBER": "1", "COMMIT": "c" * 40, "PLAN": "success", "TARGETS": targets, "RUNNER_TEMP": str(tmp_path)}
        names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
        env = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", **dict.fromkeys(names, "x"), **given}
        subprocess.run(["bash", "-euo", "pipefail", "-c", step["run"]], env=env, check=True)
        return (tmp_path / "said.md").read_text()

    return write


def test_plans_stand_in_the_order_of_the_list_and_a_missing_one_is_said(comment: Callable[..., str]) -> None:
    said = comment("eu us ap", {"ap": "of ap", "eu": "of eu"}, change="what changes")
    assert said == (
        "<!-- mirrorgen: image-check -->\n## What this pull request does\n\nwhat changes\n\n"
        "## What apply and sync will do then (eu)\n\nof eu\n\n"
        "## What apply and sync will do then (us)\n\nThere is no plan.\n\n"
        "## What apply and sync will do then (ap)\n\nof ap\n\n"
        f"Planned for {'c' * 40} in [this run](x/x/actions/runs/x): success.\n"
    )


def test_a_list_with_one_target_has_one_plan_without_a_name(comment: Callable[..., str]) -> None:
    assert "## What apply and sync will do then\n\nthe plan\n\nPlanned for " in comment("", {"": "the plan"})


def test_what_does_not_fit_is_counted_and_the_comment_is_taken(comment: Callable[..., str]) -> None:
    full = "x" * COMMENT_BYTES
    said = comment("eu us ap", dict.fromkeys(("eu", "us", "ap"), full), change=full)
    assert len(said) <= MOST
    assert said.count(full) == 2
    assert "(eu)" in said
    assert "Left out here: the plans of 2 more targets. The pages of their jobs have them.\n" in said
