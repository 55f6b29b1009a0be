"""The hooks of a repository that `init` has started where nobody knows where mirrorgen can be installed from."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import yaml

from tests.checkout import ROOT
from tests.conftest import RunCli
from tests.hooks.test_pre_commit import Scratch


@pytest.fixture
def started(tmp_path: Path, run_cli: RunCli) -> Scratch:
    assert run_cli("init", str(tmp_path), "--provider", "none").exit_code == 0
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return Scratch(tmp_path, PRE_COMMIT_HOME=str(tmp_path / ".venv"), PATH=path)


def test_the_first_commit_passes_and_a_wrong_list_does_not(started: Scratch) -> None:
    started.git("add", ".")
    for hook in ("mirrorgen-validate", "mirrorgen-generate"):
        passed = started.run_hook(hook)
        assert passed.returncode == 0, passed.stdout
    assert {line[:2] for line in started.git("status", "--porcelain").splitlines()} == {"A "}

    started.write("images.yaml", (started.folder / "images.yaml").read_text().replace('"1.25"', "1.10"))
    failed = started.run_hook("mirrorgen-validate")
    assert failed.returncode == 1
    assert "error[tag-not-text]" in failed.stdout


def test_a_list_that_was_edited_is_rendered_again(started: Scratch) -> None:
    started.git("add", ".")
    started.write("images.yaml", (started.folder / "images.yaml").read_text().replace('"1.25"', '"1.26"'))
    assert started.run_hook("mirrorgen-generate").returncode == 1
    assert r"1\.26" in (started.folder / "regsync.yaml").read_text()


def test_they_are_those_that_mirrorgen_publishes(started: Scratch) -> None:
    published = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (config,) = yaml.safe_load((started.folder / ".pre-commit-config.yaml").read_text())["repos"]
    # What names images is in other repositories than the list.
    same = [{**hook, "language": "system"} for hook in published if hook["id"] != "mirrorgen-covers"]
    for hook in same:
        del hook["description"]
    assert config["hooks"] == same
