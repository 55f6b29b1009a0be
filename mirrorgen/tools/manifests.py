"""What manifests say of each other. A registry wrote them: nothing in them is taken to be there, or to be what it is
called.

Sources: the image index and the descriptor of the OCI image specification (image-index.md, descriptor.md), and the
media types of regclient (types/mediatype).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mirrorgen.errors import RegistryFailed
from mirrorgen.outcomes import Kind

# https://github.com/opencontainers/image-spec/blob/main/descriptor.md#registered-algorithms
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")

_INDEXES = frozenset(
    {"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"}
)
_IMAGES = frozenset(
    {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.artifact.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    }
)
# What regclient copies as a blob where an index names it (imageCopyOpt in image.go).
_BLOBS = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
        "application/vnd.buildkit.cacheconfig.v0",
    }
)


@dataclass(frozen=True, slots=True)
class Named:
    """What an index names, or a tag.

    Attributes:
        digest: of it; nothing where a registry did not give any.
        media_type: as it is called.
        platform: `os/architecture`, with a variant behind it or without; nothing for none.
    """

    digest: str
    media_type: str
    platform: str = ""

    @property
    def is_index(self) -> bool:
        """Whether it names others."""
        return self.media_type in _INDEXES

    @property
    def is_blob(self) -> bool:
        """Whether it is no manifest, but content of one."""
        return self.media_type in _BLOBS

    @property
    def is_known(self) -> bool:
        """Whether the media type is one that regclient knows."""
        return self.media_type in _INDEXES | _IMAGES | _BLOBS


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a tag names.

    Attributes:
        digest: names it.
        named: what it names in turn; nothing for an image that is no index.
    """

    digest: str
    named: tuple[Named, ...]

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms it holds; none for an image that is no index."""
        return tuple(item.platform for item in self.named if item.platform)


def read_manifest(body: str) -> Manifest:
    """Read the raw body of a manifest; its digest is the hash of exactly these bytes.

    Raises:
        RegistryFailed: it cannot be read.
    """
    document = _parsed(body)
    if not isinstance(document, dict):
        raise _unreadable("it is no object")
    return Manifest(f"sha256:{hashlib.sha256(body.encode()).hexdigest()}", _all_named(document.get("manifests") or ()))


def read_descriptors(text: str) -> tuple[Named, ...]:
    """Read a list of descriptors.

    Raises:
        RegistryFailed: it cannot be read.
    """
    return _all_named(_parsed(text) or ())


def read_descriptor(text: str) -> Named:
    """Read one descriptor, which may be without a digest.

    Raises:
        RegistryFailed: it cannot be read.
    """
    document = _parsed(text)
    if not isinstance(document, dict):
        raise _unreadable("it is no object")
    return _named(document) if document.get("digest") else Named("", _text(document, "mediaType"))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    # Numbers of thousands of digits, and what is nested as deep.
    except (ValueError, RecursionError) as error:
        raise _unreadable("it is no JSON that can be read") from error


def _all_named(items: Any) -> tuple[Named, ...]:
    if not isinstance(items, list | tuple):
        raise _unreadable("what it names is no list")
    return tuple(map(_named, items))


def _named(item: Any) -> Named:
    if not isinstance(item, dict):
        raise _unreadable("it names something that is no object")
    digest = _text(item, "digest")
    if not _DIGEST.fullmatch(digest):
        raise _unreadable("it names something without a digest")
    return Named(digest, _text(item, "mediaType"), _platform(item.get("platform")))


def _platform(said: Any) -> str:
    if not isinstance(said, dict):
        return ""
    parts = (_text(said, key) for key in ("os", "architecture", "variant"))
    return "/".join(filter(None, parts))


def _text(item: Mapping[str, Any], key: str) -> str:
    said = item.get(key)
    return said if isinstance(said, str) else ""


def _unreadable(why: str) -> RegistryFailed:
    return RegistryFailed(f"the registry's answer is no manifest: {why}", Kind.UNSUPPORTED)
