"""What the workflows may do, and what their jobs install."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
# What a release may do is held in tests/test_release.py.
WORKFLOWS = sorted(set((ROOT / ".github/workflows").glob("*.yaml")) - {ROOT / ".github/workflows/release.yaml"})
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")


def jobs_of(workflow: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"])


JOBS = {f"{workflow.stem}-{name}": job for workflow in WORKFLOWS for name, job in jobs_of(workflow).items()}
each_job = pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)


@each_job
def test_a_token_for_aws_only_where_the_role_is_used(job: dict[str, Any]) -> None:
    signs_in = any("configure-aws-credentials" in step.get("uses", "") for step in job["steps"])
    assert (job["permissions"].get("id-token") == "write") is signs_in
    assert job["permissions"] == {"contents": "read", **({"id-token": "write"} if signs_in else {})}


@each_job
def test_secrets_are_those_of_an_environment(job: dict[str, Any]) -> None:
    assert "secrets." not in yaml.safe_dump(job) or job["environment"] == "image-sync"


@each_job
def test_nothing_that_runs_comes_from_a_cache(job: dict[str, Any]) -> None:
    assert not [step for step in job["steps"] if "actions/cache" in step.get("uses", "")]
    assert all("cache" not in step.get("with", {}) or step["with"]["cache"] is False for step in job["steps"])


def test_what_signs_in_to_aws_installs_only_what_the_lock_has() -> None:
    for job in jobs_of(ROOT / ".github/workflows/image-sync.yaml").values():
        commands = "\n".join(step.get("run", "") for step in job["steps"])
        assert re.findall(r"pip install (.*)", commands) == [
            "--require-hashes -r requirements.txt",
            "--no-deps --no-build-isolation .",
        ]


def test_the_lock_has_all_that_is_asked_for_with_hashes() -> None:
    entries = re.findall(r"^([\w.-]+)==(\S+)[^\n]*((?:\\\n    --hash=sha256:[0-9a-f]{64} ?)+)$", LOCK, re.MULTILINE)
    locked = {canonicalize_name(name): version for name, version, _ in entries}
    assert locked.keys() == set(map(canonicalize_name, re.findall(r"^([\w.-]+)", LOCK, re.MULTILINE)))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["aws"]]
    for requirement in map(Requirement, [*asked, *project["build-system"]["requires"]]):
        assert locked[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_the_lock_names_no_place_to_fetch_from() -> None:
    assert "://" not in LOCK
    assert "index-url" not in LOCK
