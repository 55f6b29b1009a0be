from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import Any

import pytest

from mirrorgen.demo.upstreams import (
    CONFIG_TYPE,
    INDEX_TYPE,
    LAYER_TYPE,
    MANIFEST_TYPE,
    PLATFORMS,
    Content,
    Image,
    make_image,
    repository,
)
from mirrorgen.operations.stand_in import path_prefix

NGINX = "docker.io/library/nginx"


def by_digest(image: Image) -> dict[str, Content]:
    return {content.digest: content for content in (image.index, *image.manifests, *image.blobs)}


def follow(image: Image, descriptor: dict[str, Any], media_type: str) -> Content:
    content = by_digest(image)[descriptor["digest"]]
    assert descriptor["mediaType"] == content.media_type == media_type
    assert descriptor["size"] == len(content.data)
    return content


@pytest.mark.parametrize(
    ("source", "tag", "digest"),
    [
        (NGINX, "1.25", "sha256:b701caaadca9a7f472bbdaaa0d54a2c53be5d7b3fc197809fdba75605ce873d7"),
        (NGINX, "_x", "sha256:5e41698fcb0c2e86ef7f78232508065356f0159a5a0db454faf2927fc3a78c90"),
        (NGINX, "a" * 128, "sha256:61ded15fc943cc0b742845e50711c881ad791d98608b95eb19f4c371b698cda5"),
        (
            "quay.io/prometheus/prometheus",
            "v2.48.0",
            "sha256:66bd39fdcf943f476334d94d75428896cfae642c518b5cb9606c1193d00e2c49",
        ),
    ],
)
def test_digests_never_change(source: str, tag: str, digest: str) -> None:
    assert make_image(source, tag).index.digest == digest


def test_same_bytes_every_time() -> None:
    assert make_image(NGINX, "1.25") == make_image(NGINX, "1.25")


def test_every_source_and_tag_has_contents_of_its_own() -> None:
    images = [make_image(source, tag) for source in (NGINX, "quay.io/library/nginx") for tag in ("1.25", "1.24")]
    digests = [digest for image in images for digest in by_digest(image)]
    assert len(digests) == len(set(digests)) == 4 * 7


def test_index_lists_one_manifest_for_each_platform() -> None:
    index = json.loads(make_image(NGINX, "1.25").index.data)
    assert (index["schemaVersion"], index["mediaType"]) == (2, INDEX_TYPE)
    platforms = [entry["platform"] for entry in index["manifests"]]
    assert [f"{platform['os']}/{platform['architecture']}" for platform in platforms] == list(PLATFORMS)


def test_everything_refers_to_what_is_there() -> None:
    image = make_image(NGINX, "1.25")
    for platform, entry in zip(PLATFORMS, json.loads(image.index.data)["manifests"], strict=True):
        manifest = json.loads(follow(image, entry, MANIFEST_TYPE).data)
        assert (manifest["schemaVersion"], manifest["mediaType"]) == (2, MANIFEST_TYPE)
        config = json.loads(follow(image, manifest["config"], CONFIG_TYPE).data)
        [layer] = [follow(image, descriptor, LAYER_TYPE) for descriptor in manifest["layers"]]
        archive = gzip.decompress(layer.data)
        assert config["rootfs"] == {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(archive).hexdigest()}"]}
        assert f"{config['os']}/{config['architecture']}" == platform
        assert config["created"] == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("tag", ["1.25", "a" * 128])
def test_layer_is_an_archive_that_says_what_it_plays(tag: str) -> None:
    layers = [blob for blob in make_image(NGINX, tag).blobs if blob.media_type == LAYER_TYPE]
    contents = []
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer.data), mode="r:gz") as archive:
            [member] = archive.getmembers()
            assert (member.mtime, member.uid, member.gid, member.isreg()) == (0, 0, 0, True)
            stream = archive.extractfile(member)
            assert stream is not None
            contents.append(stream.read().decode())
    assert contents == [f"{NGINX}:{tag} {platform}\n" for platform in PLATFORMS]


def test_layer_of_a_long_source_is_readable() -> None:
    layer = make_image(f"docker.io/{'a' * 700}", "1").blobs[1]
    with tarfile.open(fileobj=io.BytesIO(layer.data), mode="r:gz") as archive:
        assert archive.getmembers()[0].size > 700


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (NGINX, "upstream/docker.io/library/nginx"),
        ("registry.example.com:5000/a/b", "upstream/registry.example.com-5000/a/b"),
    ],
)
def test_upstream_repository(source: str, name: str) -> None:
    assert repository(source) == name
    assert name.startswith(path_prefix(source.split("/")[0]) + "/")
