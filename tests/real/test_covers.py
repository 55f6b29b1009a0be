"""covers --live: the target is asked for every platform, as a node would, and not for the index alone."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.real.conftest import ACCOUNT, REGION, Project

SOURCE = "quay.io/org/covered"


@pytest.fixture
def mirrored(project: Project) -> Project:
    """A project whose images are in ECR, and a file that names one by its tag and one by its digest."""
    digests = project.serve({SOURCE: ["v1.0.0", "v1.1.0"]})
    project.write({SOURCE: ["v1.0.0", "v1.1.0"]})
    project.create_repositories()
    assert project.run("lock").returncode == 0
    assert project.run("sync").returncode == 0
    names = [f"{SOURCE}:v1.0.0", f"{SOURCE}@{digests[SOURCE, 'v1.1.0']}"]
    (project.folder / "images.txt").write_text("\n".join(names))
    return project


def covers(project: Project, *args: str) -> tuple[int, Any]:
    result = project.run("covers", "images.txt", "--format", "json", *args)
    assert not re.search("error|bug", result.stderr), result.stderr
    return result.returncode, json.loads(result.stdout)


def platforms(project: Project, tag: str) -> dict[str, str]:
    """Digest by platform, of what ECR's index names."""
    (image,) = project.client().batch_get_image(
        repositoryName=f"{project.prefix}/quay/org/covered",
        imageIds=[{"imageTag": tag}],
        acceptedMediaTypes=["application/vnd.oci.image.index.v1+json"],
    )["images"]
    named = json.loads(image["imageManifest"])["manifests"]
    return {f"{each['platform']['os']}/{each['platform']['architecture']}": each["digest"] for each in named}


def delete(project: Project, *digests: str) -> None:
    ids = [{"imageDigest": digest} for digest in digests]
    answer = project.client().batch_delete_image(repositoryName=f"{project.prefix}/quay/org/covered", imageIds=ids)
    assert not answer["failures"]


def test_all_platforms_are_there(mirrored: Project) -> None:
    code, document = covers(mirrored, "--live")
    assert (code, [image["absent"] for image in document["images"]]) == (0, ["", ""])
    assert "2 tags" not in mirrored.run("covers", "images.txt").stdout


def test_an_index_without_one_of_its_platforms_is_not_enough(mirrored: Project) -> None:
    delete(mirrored, platforms(mirrored, "v1.0.0")["linux/amd64"])
    # By the list alone everything is as it should be.
    assert covers(mirrored)[0] == 0
    code, document = covers(mirrored, "--live")
    assert code == 3
    assert [image["absent"] for image in document["images"]] == ["ECR has its index, and not linux/amd64", ""]
    text = mirrored.run("covers", "images.txt", "--live").stdout
    assert (
        "By the list in ECR, and not there:\n"
        f"  images.txt:1:1: {SOURCE}:v1.0.0: ECR has its index, and not linux/amd64\n"
    ) in text
    shown = mirrored.run("covers", "images.txt", "--live", "--format", "github").stdout
    assert shown.startswith("::error file=images.txt,line=1,col=1,title=image-not-held::")


def test_what_is_gone_and_what_has_moved(mirrored: Project) -> None:
    name = f"{mirrored.prefix}/quay/org/covered"
    held = mirrored.held("quay/org/covered")
    client = mirrored.client()
    client.put_image_tag_mutability(repositoryName=name, imageTagMutability="MUTABLE")
    (other,) = client.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "v1.1.0"}])["images"]
    client.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "v1.0.0"}])
    client.put_image(
        repositoryName=name, imageManifest=other["imageManifest"], imageTag="v1.0.0",
        imageManifestMediaType="application/vnd.oci.image.index.v1+json",
    )  # fmt: skip
    first = covers(mirrored, "--live")[1]["images"][0]
    assert first["absent"] == f"ECR has {held['v1.1.0']}, and the list or its lock {held['v1.0.0']}"

    delete(mirrored, held["v1.1.0"])
    code, document = covers(mirrored, "--live")
    assert (code, [image["absent"] for image in document["images"]]) == (3, ["ECR does not have it"] * 2)


def test_a_mirror_that_does_not_answer_is_no_mirror_without_images(mirrored: Project, closed_port: int) -> None:
    mirrored.variables = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port}", "AWS_MAX_ATTEMPTS": "1"}
    result = mirrored.run("covers", "images.txt", "--live", "--format", "json")
    assert result.returncode == 5
    document = json.loads(result.stdout)
    assert [image["absent"] for image in document["images"]] == [None, None]
    (failure,) = document["failures"]
    assert (failure["kind"], "Could not connect" in failure["reason"]) == ("unavailable", True)


def test_images_are_covered_by_their_names_in_the_target_and_foreign_ones_are_not(mirrored: Project) -> None:
    host = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    (mirrored.folder / "images.txt").write_text(
        f"{host}/{mirrored.prefix}/quay/org/covered:v1.0.0\n{host}/team/app:1\nregistry.example.com:5000/private:1\n"
    )
    code, document = covers(mirrored, "--live")
    assert (code, [image["absent"] for image in document["images"]]) == (3, ["", None, None])
    assert [image["lack"] for image in document["images"]] == [None, "source", "source"]


def test_without_credentials_nothing_is_called_missing(mirrored: Project) -> None:
    mirrored.variables = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}
    result = mirrored.run("covers", "images.txt", "--live")
    assert (result.returncode, result.stdout) == (2, "")
    assert "there are no AWS credentials" in result.stderr
