"""Stand-ins for the upstream registries: small real images, served by the emulator that also plays ECR."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import itertools
import json
import struct
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from mirrorgen.demo.emulator import Emulator
from mirrorgen.errors import ToolFailed
from mirrorgen.operations.stand_in import path_prefix

PLATFORMS = ("linux/amd64", "linux/arm64")
REGION = "upstream-1"
"""Region of the upstream repositories: apart from every real one, so that no list of a region's mirrors shows them."""

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"

_CREATED = "1970-01-01T00:00:00Z"
_BLOCK_BYTES = 512
_CONNECTIONS = 4
_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes a registry stores under their digest."""

    media_type: str
    data: bytes

    @property
    def digest(self) -> str:
        """The digest, `sha256:` and 64 hexadecimal digits."""
        return _digest(self.data)

    def descriptor(self) -> dict[str, Any]:
        """How a manifest or an index refers to this content."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data)}


@dataclass(frozen=True, slots=True)
class Image:
    """A multi-platform image: what a tag names is the index, which names the manifests, which name the blobs."""

    index: Content
    manifests: tuple[Content, ...]
    blobs: tuple[Content, ...]


def make_image(source: str, tag: str, *, platforms: Sequence[str] = PLATFORMS) -> Image:
    """Make the image that plays `source:tag`: the same bytes on every machine, different for every tag.

    Args:
        source: canonical reference of the repository.
        tag: the tag.
        platforms: `os/architecture` or `os/architecture/variant`.
    """
    blobs: list[Content] = []
    manifests: list[Content] = []
    entries = []
    for platform in platforms:
        described = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
        archive = _tar("mirrorgen-demo", f"{source}:{tag} {platform}\n".encode())
        layer = Content(LAYER_TYPE, _gzip(archive))
        config = _json_content(
            CONFIG_TYPE,
            {
                "created": _CREATED,
                **described,
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [_digest(archive)]},
                "history": [{"created": _CREATED, "created_by": "mirrorgen demo"}],
            },
        )
        manifest = _json_content(
            MANIFEST_TYPE,
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "config": config.descriptor(),
                "layers": [layer.descriptor()],
            },
        )
        entries.append({**manifest.descriptor(), "platform": described})
        blobs += [config, layer]
        manifests.append(manifest)
    index = _json_content(INDEX_TYPE, {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries})
    return Image(index, tuple(manifests), tuple(blobs))


def repository(source: str) -> str:
    """Name of the emulator's repository that plays `source`, a canonical reference with host and without tag."""
    host, _, path = source.partition("/")
    return f"{path_prefix(host)}/{path}"


def populate(
    emulator: Emulator, images: Mapping[str, Sequence[str]], *, platforms: Sequence[str] = PLATFORMS
) -> dict[tuple[str, str], str]:
    """Make and push an image for every tag of every source, into repositories created where they are missing.

    Args:
        emulator: where to push.
        images: tags of each source; a source is a canonical reference without tag (`docker.io/library/nginx`).
        platforms: of every image.

    Returns:
        The digest each (source, tag) now has, computed from what was made and not asked from the registry.

    Raises:
        ToolFailed: the emulator refused something, or went away.
    """
    _create_repositories(emulator, sorted({repository(source) for source in images}))
    wanted = [(source, tag) for source, tags in images.items() for tag in tags]
    shares = [wanted[start::_CONNECTIONS] for start in range(_CONNECTIONS)]
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        pushed = dict(
            itertools.chain.from_iterable(pool.map(lambda share: _push_all(emulator, share, platforms), shares))
        )
    return {key: pushed[key] for key in wanted}


def _create_repositories(emulator: Emulator, names: Iterable[str]) -> None:
    # The emulator reads account and region from the signature's scope and does not check the signature. A real one
    # would take an SDK, which the user's profiles and proxies would reach into.
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.CreateRepository",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={emulator.account_id}/19700101/{REGION}/ecr/aws4_request",
    }
    with _connected(emulator) as connection:
        for name in names:
            body = json.dumps({"repositoryName": name}).encode()
            _send(connection, "POST", "/", headers, body, harmless=b"RepositoryAlreadyExistsException")


def clear(emulator: Emulator) -> None:
    """Make the emulator forget every repository, and with it every image.

    Deleting a repository by ECR's API leaves manifests behind, which a later push then finds and does not send.

    Raises:
        ToolFailed: the emulator refused, or went away.
    """
    with _connected(emulator) as connection:
        _send(connection, "POST", "/_ministack/reset", {}, b"")


@contextlib.contextmanager
def _connected(emulator: Emulator) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=_TIMEOUT_S)
    try:
        yield connection
    finally:
        connection.close()


def _push_all(
    emulator: Emulator, wanted: Iterable[tuple[str, str]], platforms: Sequence[str]
) -> list[tuple[tuple[str, str], str]]:
    with _connected(emulator) as connection:
        return [
            ((source, tag), _push(connection, repository(source), tag, make_image(source, tag, platforms=platforms)))
            for source, tag in wanted
        ]


def _push(connection: http.client.HTTPConnection, name: str, tag: str, image: Image) -> str:
    base = f"/v2/{name}"
    for blob in image.blobs:
        headers = {"Content-Type": "application/octet-stream"}
        _send(connection, "POST", f"{base}/blobs/uploads/?digest={blob.digest}", headers, blob.data)
    for manifest, name in [*((manifest, manifest.digest) for manifest in image.manifests), (image.index, tag)]:
        _send(connection, "PUT", f"{base}/manifests/{name}", {"Content-Type": manifest.media_type}, manifest.data)
    return image.index.digest


def _send(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: Mapping[str, str],
    data: bytes,
    *,
    harmless: bytes | None = None,
) -> None:
    try:
        connection.request(method, path, body=data, headers=dict(headers))
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ToolFailed(f"the emulator went away during {method} {path}: {error}") from error
    if harmless and harmless in answer:
        return
    if response.status not in (http.client.OK, http.client.CREATED):
        text = answer.decode("utf-8", "replace")
        raise ToolFailed(f"the emulator answered {response.status} to {method} {path}: {text}")


def _tar(name: str, data: bytes) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    padding = -len(data) % _BLOCK_BYTES
    return info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(padding + 2 * _BLOCK_BYTES)


def _gzip(data: bytes) -> bytes:
    """One stored block: what a compressor makes differs between zlib's versions, and digests must not."""
    header = b"\x1f\x8b\x08\x00" + struct.pack("<I", 0) + b"\x00\xff"
    block = b"\x01" + struct.pack("<HH", len(data), len(data) ^ 0xFFFF) + data
    return header + block + struct.pack("<II", zlib.crc32(data), len(data))


def _json_content(media_type: str, value: dict[str, Any]) -> Content:
    return Content(media_type, json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
