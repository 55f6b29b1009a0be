"""docs/consumers.md against the program: what it tells people to run is run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.documents import ROOT, blocks_of

CONSUMERS = ROOT / "docs/consumers.md"
LIST = """\
target: {account_id: "123456789012", region: eu-west-1}
images:
  - {source: docker.io/library/nginx, tags: ["1.25.3"]}
"""
POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: nginx:1.25.3}]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository of deployments, with the list in a folder beside."""
    for name in ("deploy", "mirror"):
        (tmp_path / name).mkdir()
    (tmp_path / "mirror/images.yaml").write_text(LIST)
    (tmp_path / "deploy/a.yaml").write_text(POD)
    return tmp_path


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", line], cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_step_of_a_pipeline(folder: Path) -> None:
    (line,) = [
        step["run"]
        for block in blocks_of(CONSUMERS, "yaml")
        for step in (yaml.safe_load(block).get("steps") or ())
        if "mirrorgen covers" in step.get("run", "")
    ]
    assert shell(line, folder).returncode == 0
    (folder / "deploy/b.yaml").write_text(POD.replace("1.25.3", "1.26"))
    failed = shell(line, folder)
    assert (failed.returncode, failed.stdout) == (
        3,
        "::error file=deploy/b.yaml,line=3,col=29,title=image-not-mirrored::"
        "nginx:1.26: the list does not ask for the tag '1.26' of docker.io/library/nginx\n",
    )


def test_what_is_read(folder: Path) -> None:
    """Every line of the first block, with files of these names, and a program in the place of kubectl."""
    (folder / "mirror/images.yaml").rename(folder / "images.yaml")
    (folder / "compose.yaml").write_text("services: {web: {image: 'nginx:${TAG}'}}\n")
    (folder / ".env").write_text("TAG=1.25.3\n")
    (folder / "Dockerfile").write_text("ARG TAG=1.25.3\nFROM nginx:$TAG AS first\nFROM first\n")
    (folder / "task.json").write_text('{"containerDefinitions": [{"name": "a", "image": "nginx:1.25.3"}]}')
    (block,) = [block for block in blocks_of(CONSUMERS, "sh") if block.startswith("mirrorgen covers deploy")]
    kubectl = "kubectl() { cat deploy/a.yaml; }\n"
    lines = [line for line in block.splitlines() if "--chart" not in line]
    assert len(lines) == 4
    for line in lines:
        done = shell(kubectl + line, folder)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Images mirrored: " in done.stdout
