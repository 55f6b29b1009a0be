"""A tag counts as done only with evidence of its own: registries that lie, and a target that changes meanwhile."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from benchmarks.counting import Answer, StandIn, Tamper, counting_proxy
from mirrorgen.demo import upstreams
from tests.real.conftest import Project

SOURCE, REPOSITORY = "quay.io/org/proven", "quay/org/proven"
TAGS = ["v1.0.0", "latest"]


@pytest.fixture
def mirrored(project: Project) -> Project:
    """A project whose tags are in ECR; upstream has moved the moving one since."""
    project.serve({SOURCE: TAGS})
    project.write({SOURCE: TAGS})
    project.create_repositories()
    assert project.run("sync").returncode == 0
    upstreams.populate(project.ecr, {SOURCE: ["latest"]}, platforms=("linux/amd64",))
    return project


@contextmanager
def between(
    project: Project, where: str, tamper: Tamper | None = None, *, stand_in: StandIn | None = None
) -> Iterator[None]:
    """Let a proxy stand before the upstream or before the target's registry."""
    key = {"upstream": "hostname: ", "target": "endpoint: http://"}[where]
    with counting_proxy(project.ecr.address, lambda *_: "all", tamper, stand_in=stand_in) as proxy:
        path = project.folder / "images.yaml"
        path.write_text(path.read_text().replace(f"{key}{project.ecr.address}", f"{key}{proxy.address}"))
        assert proxy.address in path.read_text()
        assert project.run("render").returncode == 0
        yield


def sync(project: Project, *args: str) -> tuple[int, dict[str, str]]:
    """Exit code, and the kind of each failure by tag."""
    result = project.run("sync", "--format", "json", "--retries", "0", *args)
    assert "bug in mirrorgen" not in result.stderr
    document: Any = json.loads(result.stdout)
    return result.returncode, {failure["tag"]: failure["kind"] for failure in document["failures"]}


def is_manifest(path: str, tag: str) -> bool:
    return path.endswith(f"/manifests/{tag}")


@pytest.mark.parametrize("listing", [b"{}", b"null", b'{"tags": null}', b'{"tags": ["v1.0.0"]}'])
def test_a_moving_tag_that_upstream_does_not_list_is_not_up_to_date(mirrored: Project, listing: bytes) -> None:
    def omitting(_method: str, path: str, answer: Answer) -> Answer:
        return Answer(200, {"Content-Type": "application/json"}, listing) if "/tags/list" in path else answer

    with between(mirrored, "upstream", omitting):
        assert sync(mirrored) == (5, {"latest": "not-upstream"})
        plan = mirrored.run("plan", "--format", "json")
    assert plan.returncode == 5
    kinds = {failure["tag"]: failure["kind"] for failure in json.loads(plan.stdout)["failures"]}
    assert kinds["latest"] == "not-upstream"


def test_an_acknowledged_push_that_is_not_stored(mirrored: Project) -> None:
    held = mirrored.held(REPOSITORY)

    def acknowledging(method: str, path: str) -> Answer | None:
        return Answer(201, {}, b"") if method == "PUT" and is_manifest(path, "latest") else None

    with between(mirrored, "target", stand_in=acknowledging):
        assert sync(mirrored) == (5, {"latest": "unavailable"})
    assert mirrored.held(REPOSITORY) == held


def test_a_target_whose_head_says_what_its_list_does_not(mirrored: Project) -> None:
    moved = upstreams.populate(mirrored.ecr, {SOURCE: ["latest"]}, platforms=("linux/amd64",))[SOURCE, "latest"]

    def stale(method: str, path: str, answer: Answer) -> Answer:
        if method == "HEAD" and is_manifest(path, "latest") and answer.status == 200:
            answer.headers["Docker-Content-Digest"] = moved
        return answer

    with between(mirrored, "target", stale):
        assert sync(mirrored) == (5, {"latest": "unavailable"})


def test_a_tag_that_somebody_deletes_in_ecr_meanwhile(mirrored: Project) -> None:
    name = f"{mirrored.prefix}/{REPOSITORY}"

    def deleting(method: str, path: str, answer: Answer) -> Answer:
        if method == "PUT" and is_manifest(path, "latest"):
            mirrored.client().batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "v1.0.0"}])
        return answer

    with between(mirrored, "target", deleting):
        assert sync(mirrored) == (5, {"v1.0.0": "unavailable"})


def test_what_went_meanwhile_is_brought_back_by_the_next_attempt(mirrored: Project) -> None:
    name = f"{mirrored.prefix}/{REPOSITORY}"
    gone: list[str] = []

    def deleting(method: str, path: str, answer: Answer) -> Answer:
        if method == "PUT" and is_manifest(path, "latest") and not gone:
            gone.append("v1.0.0")
            mirrored.client().batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "v1.0.0"}])
        return answer

    with between(mirrored, "target", deleting):
        result = mirrored.run("sync", "--retries", "1", "--retry-wait", "0")
    assert result.returncode == 0
    assert sorted(mirrored.held(REPOSITORY)) == sorted(TAGS)


def test_a_fixed_tag_that_upstream_has_changed_is_found_by_verify_alone(mirrored: Project) -> None:
    upstreams.populate(mirrored.ecr, {SOURCE: ["v1.0.0"]}, platforms=("linux/amd64",))
    assert sync(mirrored) == (0, {})
    held = mirrored.held(REPOSITORY)
    assert sync(mirrored, "--verify") == (5, {"v1.0.0": "differs"})
    assert mirrored.held(REPOSITORY) == held


def test_one_platform_is_compared_by_its_own_digest(project: Project) -> None:
    project.serve({SOURCE: ["v1.0.0"]})
    project.write({SOURCE: ["v1.0.0"]}, settings={"platforms": "linux/arm64"})
    project.create_repositories()
    assert sync(project) == (0, {})
    assert sync(project, "--verify") == (0, {})
    assert project.run("status", "--upstream").stdout.count("digest differs") == 0
    upstreams.populate(project.ecr, {SOURCE: ["v1.0.0"]}, platforms=("linux/arm64/v8",))
    assert sync(project, "--verify") == (5, {"v1.0.0": "differs"})
    assert "digest differs" in project.run("status", "--upstream").stdout


def test_a_platform_that_upstream_lacks_is_unsupported_even_if_ecr_has_something(project: Project) -> None:
    project.serve({SOURCE: TAGS})
    project.write({SOURCE: TAGS}, settings={"platforms": "linux/arm64"})
    project.create_repositories()
    assert sync(project) == (0, {})
    upstreams.populate(project.ecr, {SOURCE: TAGS}, platforms=("linux/amd64",))
    assert sync(project) == (5, {"latest": "unsupported"})
    assert sync(project, "--verify") == (5, {"latest": "unsupported", "v1.0.0": "unsupported"})


def test_killed_after_one_failure_nothing_else_is_taken_for_done(project: Project, fake_tool: Any) -> None:
    project.serve({SOURCE: TAGS})
    project.write({SOURCE: TAGS})
    project.create_repositories()
    failed = '{"msg":"Failed to sync","source":"%s:latest","target":"x/%s:latest","error":"connection refused"}'
    line = failed % (SOURCE, f"{project.prefix}/{REPOSITORY}")
    version = 'case "$1" in version) exec regsync "$@";; esac'
    killed = fake_tool("regsync", f"{version}\necho '{line}' >&2\nkill -9 $$")
    code, kinds = sync(project, "--regsync-bin", str(killed))
    assert (code, sorted(kinds)) == (5, sorted(TAGS))


def test_what_is_masked_in_words_is_not_masked_in_what_is_read(project: Project) -> None:
    """A user name that is part of every reference hides nothing of what regsync says."""
    project.serve({SOURCE: TAGS})
    names = {"username_env": "DOCKER_USER", "password_env": "DOCKER_TOKEN"}
    project.write({SOURCE: TAGS})
    path = project.folder / "images.yaml"
    path.write_text(path.read_text().replace("tls: disabled", f"tls: disabled\n    credentials: {json.dumps(names)}"))
    project.variables = {"DOCKER_USER": REPOSITORY, "DOCKER_TOKEN": project.prefix}
    assert project.run("render").returncode == 0
    project.create_repositories()
    assert sync(project) == (0, {})
    upstreams.populate(project.ecr, {SOURCE: ["latest"]}, platforms=("linux/amd64",))
    text = path.read_text()
    path.write_text(re.sub("endpoint: .*", "endpoint: http://127.0.0.1:9", text))
    code, kinds = sync(project)
    assert (code, list(kinds)) == (5, ["latest"])
