"""`init` beside a list whose rules need a lock: it asks upstream once, as `generate` does."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.real.conftest import Project
from tests.real.paper_registry import PaperRegistry, digest_of, paper_registry


@pytest.fixture
def registry() -> Iterator[PaperRegistry]:
    with paper_registry({"init/app": ["v1.0.0", "v1.1.0"]}) as running:
        yield running


def init(project: Project, registry: PaperRegistry, folder: Path, rule: object) -> subprocess.CompletedProcess[str]:
    document = {
        "registries": {"quay.io": {"hostname": registry.address, "tls": "disabled"}},
        "images": [{"source": "quay.io/init/app", "tags": rule}],
    }
    folder.mkdir(exist_ok=True)
    (folder / "images.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return project.run("init", str(folder), "--provider", "none")


def test_the_lock_is_written_with_what_is_rendered_from_it(
    project: Project, registry: PaperRegistry, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    started = init(project, registry, new, {"semver": [">=1"], "newest": 1})
    assert started.returncode == 0, started.stderr
    (image,) = yaml.safe_load((new / "images.lock.yaml").read_text())["images"]
    assert image["tags"]["v1.1.0"]["digest"] == digest_of("init/app:v1.1.0")
    assert r"v1\.1\.0" in (new / "regsync.yaml").read_text()
    assert project.run("render", "--check", str(new / "images.yaml")).returncode == 0

    lock = (new / "images.lock.yaml").read_bytes()
    registry.requests.clear()
    again = project.run("init", str(new))
    assert again.returncode == 0
    assert (new / "images.lock.yaml").read_bytes() == lock
    assert not registry.requests


def test_what_cannot_be_locked_writes_nothing(project: Project, registry: PaperRegistry, tmp_path: Path) -> None:
    new = tmp_path / "new"
    refused = init(project, registry, new, {"semver": [">=2"]})
    assert refused.returncode == 1
    assert [path.name for path in new.iterdir()] == ["images.yaml"]
