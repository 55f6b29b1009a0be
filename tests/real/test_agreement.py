"""An exit code and what is printed never contradict each other: not 0 exactly where something is shown as wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.real.conftest import Project

APP, TOOL = "quay.io/org/app", "gcr.io/org/tool"

Found = Callable[[dict[str, Any]], bool]


def lists(*keys: str) -> Found:
    return lambda said: any(said[key] for key in keys)


def relocked(said: dict[str, Any]) -> bool:
    changed = [entry for entry in said["entries"] if entry["change"] in {"added", "removed", "rule-changed"}]
    return bool(said["differences"] or changed or said["failures"])


COMMANDS: dict[tuple[str, ...], Found] = {
    ("validate",): lambda said: any(problem["severity"] == "error" for problem in said["problems"]),
    ("tags",): lists("failures"),
    ("lifecycle",): lists("expiring"),
    ("sync", "--dry-run"): lists("missing", "compare", "failures"),
    ("sync", "--retries", "0"): lists("failures"),
    ("status",): lambda said: not said["in_sync"] or bool(said["failures"]),
    ("status", "--upstream"): lambda said: not said["in_sync"] or bool(said["failures"]),
    ("prune", "--older-than", "0", "--plan", "prune.json"): lists("delete", "failures"),
    # The last: an entry that the lock does not have makes the list unusable.
    ("lock",): lists("failures"),
    ("lock", "--check"): relocked,
}

EXACT = {"exact": ["v1.0.0"]}
CIRCUMSTANCES: dict[str, dict[str, Any]] = {
    "all is well": {APP: EXACT, TOOL: {"semver": [">=1"], "moving": "none"}},
    "a tag is absent": {APP: {"exact": ["v9.9.9"]}, TOOL: EXACT},
    "a rule chooses nothing": {APP: EXACT, TOOL: {"semver": [">=9"], "moving": "none"}},
    "an upstream is down": {APP: EXACT, TOOL: EXACT, "quay.invalid/org/gone": EXACT},
}


@pytest.mark.parametrize("circumstance", CIRCUMSTANCES)
def test_an_exit_code_is_0_exactly_where_nothing_is_found(circumstance: str, project: Project) -> None:
    project.serve({APP: ["v1.0.0"], TOOL: ["v1.0.0", "v1.1.0"]})
    images = CIRCUMSTANCES[circumstance]
    if "quay.invalid/org/gone" in images:
        # Nobody listens on port 1.
        project.registries["quay.invalid"] = {"hostname": "127.0.0.1:1", "tls": "disabled"}
    project.write(images)
    project.create_repositories()
    codes = {}
    for command, found in COMMANDS.items():
        result = project.run(*command, "--format", "json")
        is_wrong = found(json.loads(result.stdout)) if result.stdout else "error" in result.stderr
        assert is_wrong == (result.returncode != 0), (command, result)
        codes[command] = result.returncode
    work = [codes[command] for command in (("tags",), ("sync", "--retries", "0"), ("lock",))]
    assert any(work) == (circumstance in {"a tag is absent", "a rule chooses nothing", "an upstream is down"})
