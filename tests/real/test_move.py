"""Repositories of another name in the list, with the real Terraform and regsync, an emulated ECR and no upstream."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any

import pytest

from mirrorgen.demo.upstreams import CONFIG_TYPE, MANIFEST_TYPE, Content
from tests.real.conftest import Project

IMAGES = {
    "quay.io/org/app": ["v1.0.0", "v1.1.0", "latest"],
    "quay.io/org/other": ["v1.0.0"],
    "quay.io/org/third": ["v1.0.0"],
}
NAMES = ("app", "other", "third")
# Others come and go in the same change of the list, and are no business of a move.
BEFORE = {**IMAGES, "quay.io/org/gone": ["v1.0.0"]}
AFTER = {**IMAGES, "quay.io/org/late": ["v1.0.0"]}

Held = dict[str, list[str]] | None


@pytest.fixture
def renamed(project: Project) -> Project:
    """A mirror that is filled, and whose prefix has changed since in the list."""
    project.serve({**BEFORE, **AFTER})
    project.write(BEFORE)
    assert project.run("plan").returncode == 3
    assert project.run("apply").returncode == 0
    assert project.run("sync").returncode == 0
    project.prefix += "-new"
    project.write(AFTER)
    return project


def old(project: Project, name: str) -> str:
    return f"{project.prefix.removesuffix('-new')}/quay/org/{name}"


def new(project: Project, name: str) -> str:
    return f"{project.prefix}/quay/org/{name}"


def held(project: Project, repository: str) -> Held:
    """Tags by digest of all that ECR holds; None for a repository that does not exist."""
    client = project.client()
    try:
        pages = list(client.get_paginator("describe_images").paginate(repositoryName=repository))
    except client.exceptions.RepositoryNotFoundException:
        return None
    return {
        image["imageDigest"]: sorted(image.get("imageTags", [])) for page in pages for image in page["imageDetails"]
    }


def old_ones(project: Project) -> dict[str, Held]:
    return {name: held(project, old(project, name)) for name in NAMES}


def new_ones(project: Project) -> dict[str, Held]:
    return {name: held(project, new(project, name)) for name in NAMES}


def push(project: Project, repository: str, text: str, *, tag: str = "", lost: bool = False, **more: Any) -> str:
    """Push an image that upstream knows nothing of, and maybe lose what it consists of; return its digest."""
    config = Content(CONFIG_TYPE, json.dumps({"made": text}).encode())
    document = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config.descriptor(), "layers": [], **more}
    manifest = Content(MANIFEST_TYPE, json.dumps(document).encode())
    if lost:
        project.client().put_image(repositoryName=repository, imageManifest=manifest.data.decode(), imageTag=tag)
        return manifest.digest
    connection = HTTPConnection("127.0.0.1", project.ecr.port)
    for method, path, content in (
        ("POST", f"blobs/uploads/?digest={config.digest}", config),
        ("PUT", f"manifests/{tag or manifest.digest}", manifest),
    ):
        connection.request(method, f"/v2/{repository}/{path}", content.data, {"Content-Type": content.media_type})
        answer = connection.getresponse()
        assert answer.status == 201, answer.read()
        answer.read()
    connection.close()
    return manifest.digest


def planned(project: Project) -> Mapping[str, Any]:
    plan = project.run("plan", "--format", "json")
    assert plan.returncode == 3, plan.stdout + plan.stderr
    return dict(json.loads(plan.stdout))


def without_upstream(project: Project, port: int) -> None:
    project.registries["quay.io"] = {"hostname": f"127.0.0.1:{port}", "tls": "disabled"}
    project.write(AFTER)


def killed_when_it_says(project: Project, sentence: str) -> None:
    """Run a move with all its steps up to a sentence, and end it there at once."""
    argv = project.argv("move", "--allow-destroy")
    with subprocess.Popen(argv, cwd=project.folder, env=project.env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert any(line.startswith(sentence) for line in process.stderr)
        process.kill()


def test_renamed_repositories_move_whole_and_without_upstream(renamed: Project, closed_port: int) -> None:
    app = old(renamed, "app")
    tagged = renamed.client().describe_images(repositoryName=app, imageIds=[{"imageTag": "v1.0.0"}])
    signed = tagged["imageDetails"][0]["imageDigest"]
    subject = {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": signed, "size": 1}
    signature = push(renamed, app, "a signature", artifactType="application/x-signature", subject=subject)
    push(renamed, app, "a signature as cosign keeps it", tag=f"{signed.replace(':', '-')}.sig")
    push(renamed, app, "what a tag named before")
    before = old_ones(renamed)
    assert before["app"]
    assert before["app"][signature] == []
    assert sum(map(len, before["app"].values())) == 4

    plan = renamed.run("plan")
    assert plan.returncode == 3, plan.stdout + plan.stderr
    assert f"  {app} (images: 4) -> {new(renamed, 'app')} (to be created)\n" in plan.stdout
    refused = renamed.run("apply")
    assert refused.returncode == 1
    assert f"`mirrorgen move` keeps the images of {app}, {old(renamed, 'other')}" in refused.stderr

    without_upstream(renamed, closed_port)
    moved = renamed.run("move")
    assert moved.returncode == 0, moved.stdout + moved.stderr
    assert moved.stdout.endswith("The old ones stay until `mirrorgen move --allow-destroy`.\n")
    # The emulator does not say that it knows what refers to an image, as ECR does; regsync then keeps a tag for it.
    (listing,) = ({*(new_ones(renamed)["app"] or ())} - {*before["app"]},)
    renamed.client().batch_delete_image(
        repositoryName=new(renamed, "app"), imageIds=[{"imageDigest": digest} for digest in listing]
    )
    assert new_ones(renamed) == before
    assert old_ones(renamed) == before

    # A sync has brought the moving tag another image since.
    later = push(renamed, new(renamed, "app"), "a later one", tag="latest")
    ended = renamed.run("move", "--allow-destroy", "--format", "json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert json.loads(ended.stdout)["destroyed"] == [old(renamed, name) for name in NAMES]
    assert old_ones(renamed) == dict.fromkeys(NAMES)
    after = new_ones(renamed)
    assert after["app"]
    assert after["app"].pop(later) == ["latest"]
    assert {name: set(images or ()) for name, images in after.items()} == {
        name: set(images or ()) for name, images in before.items()
    }

    del renamed.registries["quay.io"]
    renamed.write(AFTER)
    left = {action: names for action, names in planned(renamed)["repositories"].items() if names}
    assert left == {"create": [new(renamed, "late")], "destroy": [old(renamed, "gone")]}
    again = renamed.run("move")
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("Nothing to move:")


def test_what_stands_in_the_way_of_a_move_is_said_and_nothing_goes(renamed: Project, closed_port: int) -> None:
    planned(renamed)
    without_upstream(renamed, closed_port)
    late = push(renamed, old(renamed, "other"), "late", tag="late")
    refused = renamed.run("move", "--allow-destroy")
    assert refused.returncode == 1
    assert f"{old(renamed, 'other')} holds images that the plan does not list: {late}" in refused.stderr
    assert new_ones(renamed) == dict.fromkeys(NAMES)

    del renamed.registries["quay.io"]
    push(renamed, old(renamed, "third"), "its layers are lost", tag="broken", lost=True)
    renamed.write(AFTER)
    planned(renamed)
    before = old_ones(renamed)
    created = renamed.run("move", "--step", "create")
    assert created.returncode == 0, created.stderr
    assert new_ones(renamed) == {name: {} for name in NAMES}
    # Nothing but the state knows of the move, where it is planned anew.
    assert [move["images_there"] for move in planned(renamed)["moves"]] == [0, 0, 0]
    other = push(renamed, new(renamed, "app"), "another image", tag="v1.0.0")
    differs = renamed.run("move", "--allow-destroy", "--format", "json")
    assert differs.returncode == 5, differs.stdout + differs.stderr
    (failure,) = json.loads(differs.stdout)["failures"]
    assert (failure["repository"], failure["tag"], failure["kind"]) == (new(renamed, "app"), "v1.0.0", "differs")
    assert failure["reason"].startswith(f"it names {other} in {new(renamed, 'app')}, and ")
    assert new_ones(renamed) == {"app": {other: ["v1.0.0"]}, "other": {}, "third": {}}

    renamed.client().batch_delete_image(repositoryName=new(renamed, "app"), imageIds=[{"imageDigest": other}])
    broken = renamed.run("move", "--allow-destroy")
    assert broken.returncode == 5, broken.stdout + broken.stderr
    assert f"{new(renamed, 'third')}:broken: " in broken.stdout
    assert "destroyed: 0" in broken.stdout
    assert old_ones(renamed) == before
    after = new_ones(renamed)
    assert (after["app"], after["other"]) == (before["app"], before["other"])


def test_a_move_that_was_killed_goes_on_where_it_was(renamed: Project, closed_port: int) -> None:
    before = old_ones(renamed)
    # Terraform was killed before it could write down what it had made.
    encryption = {"encryptionType": "KMS"}
    renamed.client().create_repository(repositoryName=new(renamed, "third"), encryptionConfiguration=encryption)
    assert renamed.run("adopt").returncode == 3
    without_upstream(renamed, closed_port)
    killed_when_it_says(renamed, "regsync once")
    assert old_ones(renamed) == before
    killed_when_it_says(renamed, "deleting the images of")
    assert new_ones(renamed) == before
    ended = renamed.run("move", "--allow-destroy")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert old_ones(renamed) == dict.fromkeys(NAMES)
    assert new_ones(renamed) == before
