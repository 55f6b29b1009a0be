"""`demo --keep`, and then a project of one's own, unchanged, in a shell that leads every run to the stand-in."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrorgen.operations.stand_in import VARIABLE

LIST = """\
target: {account_id: "210987654321", region: eu-central-1, auth: environment}
registries:
  docker.io:
    credentials: {username_env: DOCKER_USER, password_env: DOCKER_TOKEN}
    rate_limit: {min: 50}
images:
  - source: docker.io/library/nginx
    tags: ["1.25", "latest"]
  - source: quay.io/prometheus/prometheus
    tags: ["v2.48.0"]
"""
# Whoever was signed in before: nothing of it may count, or all of these runs would fail.
SIGNED_IN = {"AWS_PROFILE": "production", "AWS_ENDPOINT_URL_ECR": "http://127.0.0.1:9", "TF_WORKSPACE": "live"}
BACKEND = 'terraform {\n  backend "s3" {\n    bucket = "real"\n    key    = "state"\n    region = "eu-west-1"\n  }\n}\n'


def run(folder: Path, env: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "mirrorgen", *args]
    return subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=600)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def own(tmp_path: Path, base_env: dict[str, str]) -> Path:
    """A folder of one's own, with the list of a real account and a state in S3."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "images.yaml").write_text(LIST)
    assert run(folder, base_env, "init", "--provider", "none").returncode == 0
    (folder / "terraform/backend.tf").write_text(BACKEND)
    return folder


@pytest.fixture
def shell(own: Path, base_env: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a shell that has evaluated what `demo --keep` prints; the demo is ended as it says."""
    env = {**base_env, **SIGNED_IN, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    kept = run(own, env, "demo", "--keep")
    assert kept.returncode == 0, kept.stderr
    end = re.search(r"^To end it: (kill .+)$", kept.stderr, re.MULTILINE)
    assert end, kept.stderr
    argv = ["sh", "-c", 'eval "$1"; env -0', "sh", kept.stdout]
    printed = subprocess.run(argv, env=env, capture_output=True, text=True, check=True).stdout
    shell = dict(line.split("=", 1) for line in printed.split("\0") if line)
    assert {name for name in shell if env.get(name) != shell[name]} - {"_", "PWD"} == {VARIABLE}
    try:
        yield shell | {"END": end[1]}
    finally:
        subprocess.run(["sh", "-c", end[1]], env=env, capture_output=True, check=False)


def test_every_command_runs_against_the_stand_in_and_says_so(own: Path, shell: dict[str, str], tmp_path: Path) -> None:
    before, report = contents(own), tmp_path / "report.json"
    found = {}
    for command, code in {
        ("plan",): 3,
        ("apply",): 0,
        ("sync", "--report", str(report)): 0,
        ("status", "--upstream"): 0,
        ("tags", "nginx"): 0,
        ("plan", "--format", "json"): 0,
        ("status", "--format", "html"): 0,
        ("status", "--format", "prometheus"): 2,
        ("lock",): 2,
        ("tags", "--save", "tags.json"): 2,
    }.items():
        ended = found[command] = run(own, shell, *command)
        assert ended.returncode == code, (command, ended.stdout, ended.stderr)
        assert VARIABLE in ended.stderr, command
        assert not ended.stdout or "stand-in" in ended.stdout.replace("_", "-"), command
    address = json.loads(Path(shell[VARIABLE]).read_text())["address"]
    assert json.loads(report.read_text())["run"]["stand_in"] == address
    assert json.loads(found["plan", "--format", "json"].stdout)["stand_in"] == address
    # Nothing of it is kept where it would be taken for the real thing: no state, no plan, no generated file.
    assert contents(own) == before
    hand_edited = own / "regsync.yaml"
    hand_edited.write_text(hand_edited.read_text() + "# mine\n")
    assert run(own, shell, "plan").returncode == 1
    sync = run(own, shell, "sync")
    assert (sync.returncode, "regsync.yaml is not what the list asks for" in sync.stderr) == (0, True)

    subprocess.run(["sh", "-c", shell["END"].partition("; unset")[0]], check=True)
    for name in ("plan", "apply", "sync", "status", "tags"):
        ended = run(own, shell, name)
        assert (ended.returncode, "cannot be read" in ended.stderr) == (2, True), (name, ended.stderr)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("mirrorgen-demo")]
