"""The ECR side held against moto's server, a second implementation of the API that knows nothing of the first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from mirrorgen.destinations.ecr import stored
from mirrorgen.destinations.ecr.access import Pull, repository_policy
from mirrorgen.destinations.ecr.destination import EcrDestination, open_ecr
from mirrorgen.destinations.ecr.settings import EcrSettings, Encryption, Mutability, RepositorySettings
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.errors import UsageError
from mirrorgen.model.images import Copying, Image, TagRule
from mirrorgen.model.references import Source

ACCOUNT, REGION, NAME = "123456789012", "eu-west-1", "mirror/quay/org/image"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def client(server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    client = boto3.client("ecr", region_name=REGION)
    for repository in client.describe_repositories()["repositories"]:
        client.delete_repository(repositoryName=repository["repositoryName"], force=True)
    client.create_repository(repositoryName=NAME)
    return client


def open_it(**environ: str) -> EcrDestination:
    return open_ecr(EcrTarget(), {"AWS_REGION": REGION, **environ}, say=lambda _line: None)


def push(client: Any, tag: str | None, document: dict[str, Any]) -> str:
    text = json.dumps({"schemaVersion": 2, **document})
    tagged = {"imageTag": tag} if tag else {}
    answer = client.put_image(
        repositoryName=NAME, imageManifest=text, imageManifestMediaType=document["mediaType"], **tagged
    )
    digest: str = answer["image"]["imageId"]["imageDigest"]
    return digest


def image(size: int) -> dict[str, Any]:
    blob = {"mediaType": "application/octet-stream", "digest": f"sha256:{size:064x}", "size": size}
    return {"mediaType": MANIFEST, "config": blob, "layers": [blob]}


def test_account_and_region_are_found_and_compared() -> None:
    target = open_it().target
    assert (target.account_id, target.region) == (ACCOUNT, REGION)
    with pytest.raises(UsageError, match=f"AWS_ACCOUNT_ID is 210987654321, .* belong to the account {ACCOUNT}"):
        open_it(AWS_ACCOUNT_ID="210987654321")


def test_what_was_pushed_is_held(client: Any) -> None:
    digest = push(client, "1.0", image(10))
    assert open_it().held({NAME: ["1.0"], "mirror/none": []}) == {NAME: {"1.0": digest}, "mirror/none": None}


def test_an_index_names_its_images(client: Any) -> None:
    parts = [push(client, None, image(size)) for size in (10, 20)]
    entries = [{"mediaType": MANIFEST, "digest": part, "size": 1} for part in parts]
    index = push(client, "1.0", {"mediaType": INDEX, "manifests": entries})
    found = {stored.digest: stored for stored in open_it().images([NAME])[NAME] or ()}
    assert found[index].contains == tuple(parts)
    assert found[index].tags == ("1.0",)


def test_settings_are_read_back(client: Any) -> None:
    asked = RepositorySettings(Mutability("IMMUTABLE"), True, Encryption("AES256"), (), ())
    found = open_it().differences({NAME: asked, "mirror/none": asked})
    assert found["mirror/none"] is None
    assert {difference.setting for difference in found[NAME] or ()} == {"tag mutability", "scan on push"}
    client.put_image_tag_mutability(repositoryName=NAME, imageTagMutability="IMMUTABLE")
    client.put_image_scanning_configuration(repositoryName=NAME, imageScanningConfiguration={"scanOnPush": True})
    assert open_it().differences({NAME: asked})[NAME] == ()


def test_a_scan_that_never_was_and_one_that_found_something(client: Any) -> None:
    digest = push(client, "1.0", image(10))
    (before,) = open_it().images([NAME], findings=True)[NAME] or ()
    assert (before.findings, before.scan) == (None, "not scanned")
    client.start_image_scan(repositoryName=NAME, imageId={"imageDigest": digest})
    (after,) = open_it().images([NAME], findings=True)[NAME] or ()
    assert after.findings
    assert sum(after.findings.values()) > 0


def test_a_repository_below_the_prefix_is_a_stray(client: Any) -> None:
    for name in ("mirror/left", "mirrored/other"):
        client.create_repository(repositoryName=name)
    assert open_it().strays([NAME]) == ("mirror/left",)


def test_a_tag_goes_only_while_it_names_the_digest(client: Any) -> None:
    first, second = (push(client, tag, image(size)) for tag, size in (("1", 10), ("2", 20)))
    refused = open_it().delete(NAME, [("1", first), ("2", first)])
    assert refused.keys() == {"2"}
    assert open_it().held({NAME: []}) == {NAME: {"2": second}}


def test_images_are_deleted_whatever_their_tags_and_indexes_before_what_they_name(client: Any) -> None:
    parts = [push(client, None, image(size)) for size in (1, 2)]
    entries = [{"mediaType": MANIFEST, "digest": digest, "size": 1} for digest in parts]
    inner = push(client, "inner", {"mediaType": INDEX, "manifests": entries})
    outer = push(client, "outer", {"mediaType": INDEX, "manifests": [{"mediaType": INDEX, "digest": inner, "size": 1}]})
    destination = open_it()
    images = destination.images([NAME])[NAME]
    assert images
    assert [sorted(batch) for batch in stored.in_order_of_deletion(images)] == [[outer], [inner], sorted(parts)]

    assert destination.delete_images(NAME, images) == {}
    assert destination.images([NAME]) == {NAME: ()}
    assert destination.delete_images(NAME, images) == {}, "what is gone is deleted"


def test_an_entry_asks_for_the_policy_that_the_list_makes_and_not_for_one_of_this_account_and_region(
    client: Any,
) -> None:
    """Where the list leaves account and region to the credentials, its policies do not name them."""
    asked = EcrSettings(pull=Pull(("210987654321",), to_lambda=True))
    image = Image(0, Source("quay.io", "org/image"), TagRule(exact=("1.0.0",)), Copying(), None, asked, None, None)

    def said(**known: str) -> Any:
        policy = repository_policy(asked.pull, account_id=known.get("account_id"), region=known.get("region"))
        client.set_repository_policy(repositoryName=NAME, policyText=policy)
        described = open_it().describe({NAME: image})[NAME]
        assert described
        assert not described.trouble
        return described.keys["ecr"].get("pull")

    assert said() is None
    assert said(account_id=ACCOUNT, region=REGION) == {
        "accounts": [],
        "organization": None,
        "tags": {},
        "lambda": False,
    }
