"""docs/getting-started.md, command by command, as somebody with an empty folder follows it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrorgen.demo.emulator import Emulator
from mirrorgen.starting.account import ROLES
from tests.checkout import ROOT, tracked_files
from tests.documents import blocks_of, text_of
from tests.real.conftest import ACCOUNT, Project, empty_account

GUIDE = ROOT / "docs/getting-started.md"
BLOCKS = blocks_of(GUIDE, "sh")
ON_AWS = [block for block in BLOCKS if "mirrorgen bootstrap" in block]
# Where the guide says that mirrorgen is, and the repository that somebody makes.
COPY, OWN = "https://git.example.com/platform/mirrorgen", "https://github.com/OWNER/REPOSITORY"


@pytest.fixture(scope="session")
def ecr(base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An account of its own: the identity provider and the roles are there once."""
    with empty_account(base_env, tmp_path_factory.mktemp("account")) as running:
        yield running


def git(folder: Path, *args: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    argv = ["git", *identity, *args]
    return subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """An empty repository, as the one that somebody makes at GitHub."""
    folder = tmp_path / "remote.git"
    git(tmp_path, "init", "--quiet", "--bare", str(folder))
    return folder


@pytest.fixture
def home(tmp_path: Path, remote: Path) -> Path:
    """A home in which both addresses are on this machine; mirrorgen's has what is in git here, and what has changed."""
    copy, home = tmp_path / "copy", tmp_path / "home"
    for name in tracked_files():
        place = copy / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, place)
    git(copy, "init", "--quiet")
    git(copy, "add", "--all", "--force")
    git(copy, "commit", "--quiet", "--message", "all")
    home.mkdir()
    (home / ".gitconfig").write_text(
        f'[user]\n  name = test\n  email = test@example.com\n[url "file://{copy}"]\n  insteadOf = {COPY}\n'
        f'[url "file://{remote}"]\n  insteadOf = {OWN}\n'
    )
    return home


def test_from_an_empty_folder_to_what_is_pushed(
    tmp_path: Path, home: Path, remote: Path, base_env: dict[str, str]
) -> None:
    followed = "\n".join(["set -eux", *(block for block in BLOCKS if block not in ON_AWS), "git status --porcelain"])
    empty = tmp_path / "empty"
    empty.mkdir()
    run = subprocess.run(
        ["bash", "-c", followed],
        cwd=empty,
        env={**base_env, "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=540,
    )
    assert run.returncode == 0, run.stderr[-5000:]
    assert "All 2 images are in ECR, with the digests upstream has." in run.stdout
    assert "check the image list" in run.stderr
    own = empty / "mirror"
    head = git(remote, "rev-parse", "main")
    assert head == git(own, "rev-parse", "HEAD")
    pushed = git(remote, "ls-tree", "-r", "--name-only", "main").splitlines()
    assert {".github/workflows/image-check.yaml", ".github/workflows/image-sync.yaml", "regsync.yaml"} < set(pushed)
    commit = git(tmp_path / "copy", "rev-parse", "HEAD").strip()
    assert json.loads((own / ".mirrorgen-init.json").read_text())["source"] == f"{COPY}@{commit}"

    # And a list with a mistake is not committed.
    (own / "images.yaml").write_text((own / "images.yaml").read_text().replace('"1.25"', "1.10"))
    env = {**base_env, "HOME": str(home)}
    argv = ["git", "commit", "--all", "--message", "wrong"]
    refused = subprocess.run(argv, cwd=own, env=env, check=False, capture_output=True, text=True, timeout=300)
    assert refused.returncode == 1
    assert "error[tag-not-text]" in refused.stderr
    assert git(own, "rev-parse", "HEAD") == head


def test_what_it_sets_up_in_aws(project: Project) -> None:
    (commands,) = ON_AWS
    begun = project.run("init", ".", "--provider", "github", "--from", f"{COPY}@{'0' * 40}")
    assert begun.returncode == 0, begun.stderr
    env = {**project.env, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{project.env['PATH']}"}
    argv = ["bash", "-ux", "-c", commands]
    run = subprocess.run(argv, cwd=project.folder, env=env, capture_output=True, text=True, check=False, timeout=500)
    assert run.returncode == 0, run.stderr[-5000:]
    assert set(json.loads((project.folder / "bootstrap/account.json").read_text())["roles"]) == set(ROLES)
    workflow = (project.folder / ".github/workflows/image-sync.yaml").read_text()
    assert f"vars.AWS_SYNC_ROLE || 'arn:aws:iam::{ACCOUNT}:role/image-sync-role'" in workflow


def test_every_command_of_the_guide_is_run_here() -> None:
    """What is not in a block of the shell is no command that somebody is told to run."""
    assert len(ON_AWS) == 1
    spans = re.findall(
        r"`(mirrorgen [^`]+)`", re.sub(r"^```.*?^```$", "", text_of(GUIDE), flags=re.DOTALL | re.MULTILINE)
    )
    # `bootstrap` stands in a block, too. Other providers have tests/real/test_pipelines.py, and `tools lock`, which
    # needs a registry of providers, has a test of its own.
    assert {span.split()[1] for span in spans} == {"bootstrap", "init", "tools"}
