"""status: the list held against an ECR that holds what a test has put there."""

from __future__ import annotations

import json
import re
from typing import Any

from mirrorgen.demo import upstreams
from tests.real.conftest import Project

SOURCE = "quay.io/org/stated"
SETTINGS = {"ecr": {"tag_mutability": "mutable"}}


def applied(project: Project, tags: list[str], **settings: Any) -> Project:
    """A project whose repositories Terraform has made and whose images are copied."""
    project.serve({SOURCE: [*tags, "old"]})
    project.write({SOURCE: tags}, settings={**SETTINGS, **settings})
    assert project.run("plan").returncode == 3
    assert project.run("apply").returncode == 0
    assert project.run("sync").returncode == 0
    return project


def status(project: Project, *args: str) -> tuple[int, Any]:
    result = project.run("status", "--format", "json", *args)
    assert not re.search("error|bug", result.stderr), result.stderr
    return result.returncode, json.loads(result.stdout)


def test_all_is_as_the_list_asks(project: Project) -> None:
    applied(project, ["v1.0.0", "latest"])
    code, document = status(project, "--upstream")
    assert (code, document["in_sync"]) == (0, True)
    assert document["counts"] == {"present": 2, "missing": 0, "differs": 0, "archived": 0, "extra": 0}
    (repository,) = document["repositories"]
    assert (repository["settings"], repository["untagged"]) == ([], 0)
    digests = project.held("quay/org/stated")
    assert {one["tag"]: one["digest"] for one in repository["tags"]} == digests
    assert all(one["pushed_at"] and one["size_bytes"] for one in repository["tags"])

    text = project.run("status").stdout
    assert text.endswith(
        "Tags present: 2, missing: 0, differs: 0, archived: 0, extra: 0. "
        "Repositories: 1, missing: 0, with other settings: 0. "
        "ECR holds what the list asks for.\n"
    )


def test_what_is_missing_differs_or_is_too_much(project: Project) -> None:
    applied(project, ["v1.0.0", "v1.1.0", "latest", "old"])
    name = f"{project.prefix}/quay/org/stated"
    digest = project.held("quay/org/stated")["v1.1.0"]
    project.client().batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": digest, "imageTag": "v1.1.0"}])
    project.client().put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
    project.client().tag_resource(
        resourceArn=project.client().describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryArn"],
        tags=[{"Key": "Purpose", "Value": "something else"}, {"Key": "aws-own", "Value": "x"}],
    )
    moved = upstreams.populate(project.ecr, {SOURCE: ["latest"]}, platforms=("linux/amd64",))[SOURCE, "latest"]
    project.write({SOURCE: ["v1.0.0", "v1.1.0", "latest"]}, settings=SETTINGS)

    code, document = status(project, "--upstream")
    assert code == 3
    (repository,) = document["repositories"]
    states = {one["tag"]: one["state"] for one in repository["tags"]}
    assert states == {"latest": "differs", "old": "extra", "v1.0.0": "present", "v1.1.0": "missing"}
    assert {one["tag"]: one["wanted_digest"] for one in repository["tags"]}["latest"] == moved
    differing = {one["setting"]: (one["wanted"], one["found"]) for one in repository["settings"]}
    assert differing.keys() == {"tag mutability", "lifecycle", "resource tags"}
    assert differing["tag mutability"] == ("MUTABLE", "IMMUTABLE")
    assert differing["resource tags"] == (
        "ManagedBy=terraform, Purpose=image-mirror",
        "ManagedBy=terraform, Purpose=something else",
    )
    # The rule for the tag that has left the list is still there.
    assert "old" in differing["lifecycle"][1]
    assert "old" not in differing["lifecycle"][0]

    text = project.run("status", "--upstream").stdout
    assert re.search(rf"^tag missing +{name}:v1\.1\.0", text, re.MULTILINE)
    assert re.search(rf"^digest differs +{name}:latest", text, re.MULTILINE)
    assert re.search(rf"^setting +{name} +tag mutability: IMMUTABLE, wanted MUTABLE", text, re.MULTILINE)


def test_without_upstream_a_moving_tag_is_taken_as_it_is(project: Project) -> None:
    applied(project, ["latest"])
    upstreams.populate(project.ecr, {SOURCE: ["latest"]}, platforms=("linux/amd64",))
    assert status(project)[0] == 0
    assert status(project, "--upstream")[0] == 3


def test_a_repository_that_is_not_there(project: Project) -> None:
    project.write({SOURCE: ["v1.0.0"]}, settings=SETTINGS)
    code, document = status(project)
    assert code == 3
    (repository,) = document["repositories"]
    assert (repository["exists"], [one["state"] for one in repository["tags"]]) == (False, ["missing"])
    assert "repository missing" in project.run("status").stdout


def test_an_upstream_that_is_down_is_named_and_the_rest_is_shown(project: Project, closed_port: int) -> None:
    applied(project, ["v1.0.0"])
    path = project.folder / "images.yaml"
    path.write_text(path.read_text().replace(project.ecr.address, f"127.0.0.1:{closed_port}", 2))
    path.write_text(re.sub(r"endpoint: .*", f"endpoint: {project.ecr.endpoint}", path.read_text()))
    result = project.run("status", "--upstream")
    assert result.returncode == 5
    assert re.search(r"^not looked at +\S+:v1\.0\.0 +.*connection refused", result.stdout, re.MULTILINE)
    assert "Could not be looked at: 1." in result.stdout


def test_the_lock_says_what_a_fixed_tag_must_be(project: Project) -> None:
    applied(project, ["v1.0.0"])
    assert project.run("lock").returncode == 0
    assert status(project)[0] == 0
    upstreams.populate(project.ecr, {SOURCE: ["v1.0.0"]}, platforms=("linux/amd64",))
    assert "[not-as-locked]" in project.run("sync", "--full").stdout
    # Whatever upstream has now, it is the lock that says what the list asks for.
    for upstream in ([], ["--upstream"]):
        code, document = status(project, *upstream)
        assert (code, document["counts"]["differs"]) == (3, 1)
