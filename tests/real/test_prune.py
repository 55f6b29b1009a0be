"""prune: what the list no longer asks for goes, in two steps, and nothing else ever does."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.real.conftest import Project

SOURCE = "quay.io/org/pruned"
TAGS = ["v1.0.0", "v1.1.0", "v2.0.0", "old"]


@pytest.fixture
def mirrored(project: Project) -> Project:
    """ECR holds four tags, of which the list now asks for two."""
    project.serve({SOURCE: TAGS})
    project.write({SOURCE: TAGS})
    project.create_repositories()
    assert project.run("sync").returncode == 0
    project.write({SOURCE: ["v1.1.0", "v2.0.0"]})
    return project


def plan(project: Project, *args: str) -> tuple[int, list[str]]:
    result = project.run("prune", "--plan", "prune.json", *args)
    document = json.loads((project.folder / "prune.json").read_text())
    return result.returncode, [one["tag"] for one in document["delete"]]


def held(project: Project) -> list[str]:
    return sorted(project.held("quay/org/pruned"))


def test_a_plan_deletes_nothing_and_apply_deletes_exactly_that(mirrored: Project) -> None:
    assert plan(mirrored, "--older-than", "0") == (3, ["old", "v1.0.0"])
    assert held(mirrored) == sorted(TAGS)

    result = mirrored.run("prune", "--apply", "prune.json", "--older-than", "0", "--format", "json")
    assert result.returncode == 0, result.stderr
    assert [one["tag"] for one in json.loads(result.stdout)["deleted"]] == ["old", "v1.0.0"]
    assert held(mirrored) == ["v1.1.0", "v2.0.0"]
    assert plan(mirrored, "--older-than", "0") == (0, [])
    assert mirrored.run("sync").returncode == 0


def test_what_is_young_stays(mirrored: Project) -> None:
    assert plan(mirrored) == (0, [])


def test_nothing_goes_if_the_list_has_changed_since(mirrored: Project) -> None:
    plan(mirrored, "--older-than", "0")
    mirrored.write({SOURCE: ["v1.0.0", "v1.1.0", "v2.0.0"]})
    result = mirrored.run("prune", "--apply", "prune.json", "--older-than", "0")
    assert result.returncode == 1
    assert f"has changed since the plan was made: {mirrored.prefix}/quay/org/pruned:v1.0.0" in result.stderr
    assert held(mirrored) == sorted(TAGS)


def test_nothing_goes_if_a_tag_names_something_else_by_now(mirrored: Project) -> None:
    plan(mirrored, "--older-than", "0")
    copy(mirrored, "v2.0.0", "old")
    assert mirrored.run("prune", "--apply", "prune.json", "--older-than", "0").returncode == 1
    assert "v1.0.0" in held(mirrored)


def test_an_image_that_a_wanted_tag_names_too_stays(mirrored: Project) -> None:
    copy(mirrored, "v2.0.0", "alias")
    assert plan(mirrored, "--older-than", "0") == (3, ["old", "v1.0.0"])


def test_signatures_of_what_stays_stay(mirrored: Project) -> None:
    digests = mirrored.held("quay/org/pruned")
    for content, tag in (("v1.0.0", "v2.0.0"), ("old", "old")):
        copy(mirrored, content, f"sha256-{digests[tag].removeprefix('sha256:')}.sig")
    signature_of_old = f"sha256-{digests['old'].removeprefix('sha256:')}.sig"
    assert plan(mirrored, "--older-than", "0") == (3, sorted(["old", signature_of_old]))


def test_a_repository_that_the_list_does_not_have_is_left_alone(mirrored: Project) -> None:
    mirrored.serve({"quay.io/org/other": ["v1.0.0"]})
    mirrored.write({"quay.io/org/other": ["v1.0.0"]})
    mirrored.create_repositories()
    assert plan(mirrored, "--older-than", "0") == (0, [])
    assert held(mirrored) == sorted(TAGS)


def test_without_a_lock_what_fits_the_rule_stays_and_an_idle_rule_takes_nothing_away(mirrored: Project) -> None:
    mirrored.write({SOURCE: {"semver": [">=1.1"]}})
    assert plan(mirrored, "--older-than", "0") == (3, ["old", "v1.0.0"])
    mirrored.write({SOURCE: {"semver": [">=7"]}})
    assert plan(mirrored, "--older-than", "0") == (1, [])


def test_with_a_lock_what_it_does_not_have_goes(mirrored: Project) -> None:
    document: Any = {SOURCE: {"semver": [">=1"], "newest": 1}}
    with pytest.raises(AssertionError):
        mirrored.write(document)  # render needs the lock
    assert mirrored.run("lock").returncode == 0
    assert plan(mirrored, "--older-than", "0") == (3, ["old", "v1.0.0", "v1.1.0"])


@pytest.mark.parametrize("args", [[], ["--plan", "a", "--apply", "b"], ["--plan", "a", "--older-than", "-1"]])
def test_wrong_usage(args: list[str], mirrored: Project) -> None:
    assert mirrored.run("prune", *args).returncode == 2


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 3}'])
def test_a_file_that_is_no_plan(text: str, mirrored: Project) -> None:
    (mirrored.folder / "prune.json").write_text(text)
    result = mirrored.run("prune", "--apply", "prune.json", "--older-than", "0")
    assert result.returncode == 1
    assert "prune.json is not a plan" in result.stderr
    assert held(mirrored) == sorted(TAGS)


def copy(project: Project, tag: str, new: str) -> None:
    """Give an image in the mirror one more tag."""
    repository = f"{project.ecr.address}/{project.prefix}/quay/org/pruned"
    argv = ["regctl", "--host", f"reg={project.ecr.address},tls=disabled", "image", "copy"]
    argv += [f"{repository}:{tag}", f"{repository}:{new}"]
    subprocess.run(argv, env=project.tool_env, check=True, capture_output=True)
