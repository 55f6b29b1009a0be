"""What somebody keeps in the repository of a mirror: a list, and the workflows that `init` has written for it."""

from __future__ import annotations

import re
from typing import Any

import yaml

from mirrorgen.starting.contents import pipeline_files
from mirrorgen.starting.setup import Setup
from tests.real.conftest import ACCOUNT, REGION
from tests.real.github_jobs import SLUG, GitHub, Run
from tests.test_workflows import ON_GITHUB

SETUP = Setup(account_id=ACCOUNT, region=REGION, source=ON_GITHUB)

APP, OTHER, THIRD = (f"quay.io/workflows/{name}" for name in ("app", "other", "third"))
DOWN = "gcr.io/workflows/down"
_OWNERS = {APP: "team-app", OTHER: "team-other", DOWN: "team-down"}


def push(github: GitHub, *sources: str, down: int | None = None, **more: Any) -> None:
    """Commit a list of sources that are upstream; with a port, the registry of `DOWN` is where nobody listens."""
    project = github.project
    project.registries = {"gcr.io": {"hostname": f"127.0.0.1:{down}", "tls": "disabled"}} if down else {}
    project.serve({source: ["v1.0.0", "v2.0.0"] for source in sources if not (down and source == DOWN)})
    project.write({source: ["v1.0.0"] for source in sources})
    path = project.folder / "images.yaml"
    document = yaml.safe_load(path.read_text())
    for image in document["images"]:
        image |= {"owner": _OWNERS.get(image["source"], "team-x"), **more}
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    assert project.run("render").returncode == 0
    github.push(pipeline_files(SETUP))


def schedule(github: GitHub) -> Run:
    """Let the time for a run come."""
    return github.run("image-sync", "schedule")


def pull_request(github: GitHub, *, of: str = SLUG) -> Run:
    """Let somebody open a pull request, from a branch of this repository or of a fork."""
    head = {"repo": {"full_name": of}, "sha": "1" * 40}
    return github.run("image-check", "pull_request", {"pull_request": {"number": 1, "head": head}})


def failed(run: Run) -> set[str]:
    """Return the jobs that ran and did not succeed."""
    return {job for job, result in run.jobs.items() if result != "success"}


def headings(text: str) -> list[str]:
    """Return the headings of the third level in Markdown."""
    return re.findall("^### (.*)$", text, re.MULTILINE)
