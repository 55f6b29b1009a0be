"""What ECR gives to somebody who pulls: each request held against AWS's description, and all of it against moto."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mirrorgen.destinations.port import Pullable
from mirrorgen.errors import ToolFailed
from tests.destinations.stubbed import INDEX, MANIFEST, NAME, OF_REPOSITORY, Ecr, digest
from tests.destinations.test_ecr_on_moto import client, image, open_it, push, server

__all__ = ["client", "server"]  # fixtures
DOCKER = "application/vnd.docker.distribution.manifest"
ACCEPTED = [INDEX, f"{DOCKER}.list.v2+json", MANIFEST, f"{DOCKER}.v2+json"]


def part(number: int, platform: str = "", **others: str) -> dict[str, Any]:
    system, _, architecture = platform.partition("/")
    known = {"platform": {"os": system, "architecture": architecture}} if platform else {}
    return {"mediaType": MANIFEST, "digest": digest(number), **known, **others}


def given(number: int, *parts: dict[str, Any], **known: str) -> dict[str, Any]:
    text = json.dumps({"manifests": list(parts)} if parts else {"config": {}})
    return {"imageId": {"imageDigest": digest(number), **known}, "imageManifest": text}


def asked(ecr: Ecr, *names: dict[str, str], images: Any = (), failures: Any = ()) -> None:
    answer = {"images": list(images), "failures": [{"failureReason": "no", **failure} for failure in failures]}
    ecr.answers("batch_get_image", answer, imageIds=list(names), acceptedMediaTypes=ACCEPTED)


def absent(number: int, code: str = "ImageNotFound") -> dict[str, Any]:
    return {"imageId": {"imageDigest": digest(number)}, "failureCode": code}


def test_every_platform_of_an_index_is_asked_for_and_the_absent_one_is_named(ecr: Ecr) -> None:
    index = given(1, part(2, "linux/amd64"), part(3, "linux/arm64"), part(4), imageTag="1.0")
    asked(ecr, {"imageTag": "1.0"}, images=[index])
    children = [{"imageDigest": digest(number)} for number in (2, 3, 4)]
    asked(ecr, *children, images=[given(3)], failures=[absent(2), absent(4)])
    found = ecr.destination.pullable({NAME: ["1.0"]})
    assert found == {NAME: {"1.0": Pullable(digest(1), ("linux/amd64", digest(4)))}}


def test_an_index_in_an_index_is_followed_and_what_several_name_is_asked_for_once(ecr: Ecr) -> None:
    inner = part(2, "linux/amd64", mediaType=INDEX)
    asked(ecr, {"imageTag": "1.0"}, {"imageDigest": digest(9)},
          images=[given(1, inner, imageTag="1.0"), given(9, inner)])  # fmt: skip
    asked(ecr, {"imageDigest": digest(2)}, images=[given(2, part(3, "linux/amd64"))])
    asked(ecr, {"imageDigest": digest(3)}, failures=[absent(3)])
    found = ecr.destination.pullable({NAME: ["1.0", digest(9)]})[NAME]
    assert [each.lacking for each in found.values()] == [("linux/amd64",), ("linux/amd64",)]


@pytest.mark.parametrize(
    ("code", "reason"), [("ImageNotFound", ""), ("ImageInaccessible", "ECR keeps it where nobody can pull it")]
)
def test_what_is_not_there_or_archived_is_not_given(code: str, reason: str, ecr: Ecr) -> None:
    asked(ecr, {"imageTag": "1.0"}, failures=[{"imageId": {"imageTag": "1.0"}, "failureCode": code}])
    assert ecr.destination.pullable({NAME: ["1.0"]}) == {NAME: {"1.0": Pullable("", reason=reason)}}


def test_a_repository_that_is_not_there_gives_nothing(ecr: Ecr) -> None:
    ecr.refuses("batch_get_image", "RepositoryNotFoundException")
    assert ecr.destination.pullable({NAME: ["1.0"]}) == {
        NAME: {"1.0": Pullable("", reason="ECR has no such repository")}
    }


@pytest.mark.parametrize("failures", [[absent(1, "KmsError")], []])
def test_an_answer_that_leaves_it_open_is_no_answer(failures: list[dict[str, Any]], ecr: Ecr) -> None:
    asked(ecr, {"imageDigest": digest(1)}, failures=failures)
    with pytest.raises(ToolFailed, match=f"cannot ask ECR for {NAME}"):
        ecr.destination.pullable({NAME: [digest(1)]})


def test_what_an_answer_does_not_name_is_asked_for_alone(ecr: Ecr) -> None:
    # A tag and a digest of one image, which is answered once.
    asked(ecr, {"imageTag": "1.0"}, {"imageDigest": digest(1)}, images=[given(1)])
    asked(ecr, {"imageTag": "1.0"}, images=[given(1)])
    found = ecr.destination.pullable({NAME: ["1.0", digest(1)]})[NAME]
    assert {name: each.digest for name, each in found.items()} == {"1.0": digest(1), digest(1): digest(1)}


def test_who_may_not_ask_is_told(ecr: Ecr) -> None:
    ecr.refuses("batch_get_image", "AccessDeniedException")
    with pytest.raises(ToolFailed, match="AccessDenied"):
        ecr.destination.pullable({NAME: ["1.0"]})


def test_more_images_than_one_request_takes(ecr: Ecr) -> None:
    tags = [f"t{number}" for number in range(101)]
    for some in (tags[:100], tags[100:]):
        answers = [given(int(tag[1:]), imageTag=tag) for tag in some]
        ecr.stub.add_response(
            "batch_get_image", {"images": answers},
            {**OF_REPOSITORY, "imageIds": [{"imageTag": tag} for tag in some], "acceptedMediaTypes": ACCEPTED},
        )  # fmt: skip
    found = ecr.destination.pullable({NAME: tags})[NAME]
    assert [found[tag].digest for tag in tags] == [digest(number) for number in range(101)]


def test_on_another_implementation_of_ecr(client: Any) -> None:
    amd64, arm64 = (push(client, None, image(size)) for size in (10, 20))
    parts = [
        {"mediaType": MANIFEST, "digest": found, "size": 1, "platform": {"os": "linux", "architecture": name}}
        for found, name in ((amd64, "amd64"), (arm64, "arm64"))
    ]
    index = push(client, "1.0", {"mediaType": INDEX, "manifests": parts})
    assert open_it().pullable({NAME: ["1.0", index]})[NAME] == dict.fromkeys(["1.0", index], Pullable(index))
    client.batch_delete_image(repositoryName=NAME, imageIds=[{"imageDigest": amd64}])
    assert open_it().pullable({NAME: ["1.0", "2.0"]})[NAME] == {
        "1.0": Pullable(index, ("linux/amd64",)),
        "2.0": Pullable(""),
    }
