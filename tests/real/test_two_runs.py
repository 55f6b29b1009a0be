"""Two runs at once in the folder of one list."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mirrorgen.operations.repositories.saved import WorkFolder
from tests.real.conftest import Project

IMAGES = {"quay.io/org/app": ["v1.0.0", "v2.0.0"], "quay.io/org/other": ["v1.0.0"]}


def start(project: Project, *args: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        project.argv(*args), cwd=project.folder, env=project.env, stdout=pipe, stderr=pipe, text=True
    )


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_while_one_is_at_work_the_other_stops_at_once(project: Project, command: str) -> None:
    project.write(IMAGES)
    with WorkFolder(project.folder).turn("mirrorgen apply", wait=False, say=print):
        result = project.run(command)
    assert result.returncode == 5
    assert "error: `mirrorgen apply` (process " in result.stderr
    assert "terraform" not in result.stderr.replace(str(project.folder), "")


def test_two_plans_that_wait_come_to_the_same_end(project: Project) -> None:
    project.serve(IMAGES)
    project.write(IMAGES)
    ended = [(run.communicate(timeout=300), run.returncode) for run in [start(project, "plan", "--wait") for _ in "12"]]
    assert [code for _, code in ended] == [3, 3]
    assert ended[0][0][0] == ended[1][0][0]
    assert project.run("apply").returncode == 0


def test_two_syncs_copy_everything_and_both_say_so(project: Project) -> None:
    project.serve(IMAGES)
    project.write(IMAGES)
    project.create_repositories(immutable=True)
    before = files(project.folder)
    runs = [start(project, "sync", "--retries", "0") for _ in "12"]
    for run in runs:
        out, error = run.communicate(timeout=300)
        assert run.returncode == 0, out + error
    assert sorted(project.held("quay/org/app")) == ["v1.0.0", "v2.0.0"]
    # So it works in a checkout that is read-only, and nobody has to wait for it.
    assert files(project.folder) == before


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "home" not in path.relative_to(folder).parts}
