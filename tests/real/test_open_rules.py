"""Plan and sync with rules that no lock has settled: upstream is asked first, then every tag is looked for."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.real.conftest import Project

SOURCE = "quay.io/org/ruled"
TAGS = ["v1.0.0", "v1.1.0", "v1.1.0-rc.1", "v2.0.0", "latest"]
RULE = {"exact": ["latest"], "semver": [">=1 <2"], "exclude": [".*-rc.*"]}
CHOSEN = ["latest", "v1.0.0", "v1.1.0"]


def listed(project: Project, rule: Any = RULE) -> Project:
    project.serve({SOURCE: TAGS})
    project.write({SOURCE: rule})
    return project


def started(project: Project, rule: Any = RULE) -> Project:
    listed(project, rule).create_repositories()
    return project


def test_sync_copies_exactly_what_tags_shows(project: Project) -> None:
    started(project)
    before = json.loads(project.run("tags", "--format", "json").stdout)["tags"]
    assert [(selected["tag"], selected["is_held"]) for selected in before] == [(tag, False) for tag in CHOSEN]

    result = project.run("sync")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "Tags copied: 3, up to date: 0, failed: 0. All 3 tags of the list are in ECR.\n"
    assert sorted(project.held("quay/org/ruled")) == CHOSEN
    after = json.loads(project.run("tags", "--format", "json").stdout)["tags"]
    assert {selected["is_held"] for selected in after} == {True}


def test_the_rendered_file_makes_regsync_copy_the_same(project: Project) -> None:
    started(project)
    rendered = (project.folder / "regsync.yaml").read_text()
    assert "semverRange" in rendered
    argv = ["regsync", "once", "-c", "regsync.yaml"]
    subprocess.run(argv, cwd=project.folder, env=project.tool_env, check=True, capture_output=True)
    assert sorted(project.held("quay/org/ruled")) == CHOSEN


def test_a_rule_that_chooses_nothing_is_an_error_of_plan_and_of_sync(project: Project) -> None:
    listed(project, {"exact": ["latest"], "semver": [">=7"]})
    said = "no tag of quay.io/org/ruled fits this rule now; 5 were looked at"
    plan = project.run("plan")
    assert plan.returncode == 1
    assert f"error[rule-selects-nothing]: {said}" in plan.stderr
    assert "Tags: 1 to copy." in plan.stdout

    project.create_repositories()
    sync = project.run("sync")
    assert sync.returncode == 1
    assert f"{project.prefix}/quay/org/ruled: {said}" in sync.stdout
    assert sorted(project.held("quay/org/ruled")) == ["latest"]


def test_even_a_full_sync_gives_regsync_no_rule_that_chooses_nothing(project: Project) -> None:
    """An empty `allow` would copy every tag there is."""
    other = "quay.io/org/other"
    project.serve({SOURCE: TAGS, other: ["v1.0.0"]})
    project.write({SOURCE: {"semver": [">=7"]}, other: ["v1.0.0"]})
    project.create_repositories()
    result = project.run("sync", "--full")
    assert result.returncode == 1, result.stderr
    assert f"{project.prefix}/quay/org/ruled: no tag of {SOURCE} fits this rule now" in result.stdout
    assert "Tags copied: 1, up to date: 0, failed: 1." in result.stdout
    assert project.held("quay/org/ruled") == {}
    assert list(project.held("quay/org/other")) == ["v1.0.0"]


def test_an_exact_tag_beside_a_rule_must_be_there(project: Project) -> None:
    started(project, {"exact": ["v9.9.9"], "semver": [">=1 <2"]})
    result = project.run("sync")
    assert result.returncode == 5
    assert f"{project.prefix}/quay/org/ruled:v9.9.9: upstream has no such tag" in result.stdout


def test_an_upstream_that_cannot_be_listed_fails_alone(project: Project, closed_port: int) -> None:
    project.registries = {"down.example.com": {"hostname": f"127.0.0.1:{closed_port}", "tls": "disabled"}}
    project.serve({SOURCE: TAGS})
    project.write({SOURCE: RULE, "down.example.com/org/ruled": {"match": ["v.*"]}})
    project.create_repositories()
    result = project.run("sync")
    assert result.returncode == 5
    assert f"{project.prefix}/down.example.com/org/ruled: " in result.stdout
    assert "connection refused" in result.stdout
    assert sorted(project.held("quay/org/ruled")) == CHOSEN


def test_lifecycle_looks_at_what_ecr_holds(project: Project) -> None:
    started(project)
    assert project.run("sync").returncode == 0
    later = project.run("lifecycle", "--live", "--at", "2100-01-01", "--format", "json")
    assert later.returncode == 0, later.stderr
    # The parts of each index are untagged and old by then, but the index names them.
    assert json.loads(later.stdout)["expiring"] == []

    path = project.folder / "images.yaml"
    rule = "{tagStatus: tagged, tagPrefixList: [v], countType: imageCountMoreThan, countNumber: 1}"
    path.write_text(path.read_text() + f"  ecr: {{lifecycle: {{rules: [{{rulePriority: 1, selection: {rule}}}]}}}}\n")
    now = project.run("lifecycle", "--live", "--format", "json")
    # One of the two is the older, and the list's rule chooses both.
    assert now.returncode == 1, now.stderr
    (gone,) = json.loads(now.stdout)["expiring"]
    assert gone["wanted"] == gone["tags"]
    assert gone["tags"] in (["v1.0.0"], ["v1.1.0"])
