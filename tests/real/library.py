"""A registry whose images are made in memory: nested, signed, with or without the API of referrers; with an access log.

It answers as https://github.com/opencontainers/distribution-spec/blob/main/spec.md says, and lies where it is told to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.serving import answering

INDEX = "application/vnd.oci.image.index.v1+json"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"

Descriptor = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


@dataclass
class Library:
    """What one repository holds.

    Attributes:
        has_referrers: whether it answers the API of referrers; otherwise they stand under tags.
        names_digests: whether an answer to HEAD names the digest.
        failing: tells by path which status a GET fails with, 0 for none; asked for each.
        log: method and path of each request, without the query.
    """

    has_referrers: bool = True
    names_digests: bool = True
    failing: Callable[[str], int] = lambda _path: 0
    log: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""
    bodies: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    referring: dict[str, list[Descriptor]] = field(default_factory=dict)

    @property
    def pulls(self) -> int:
        """GET requests for manifests."""
        return sum(method == "GET" and "/manifests/" in path for method, path in self.log)

    def put(self, media_type: str, body: bytes, tag: str = "") -> Descriptor:
        self.bodies[digest_of(body)] = (media_type, body)
        if tag:
            self.tags[tag] = digest_of(body)
        return {"mediaType": media_type, "digest": digest_of(body), "size": len(body)}

    def image(self, name: str, *, tag: str = "", subject: Descriptor | None = None) -> Descriptor:
        """Make an image without layers, which refers to another where there is a subject."""
        document = {"schemaVersion": 2, "mediaType": IMAGE, "config": self.put(CONFIG, f'{{"x":"{name}"}}'.encode())}
        document |= {"layers": []} if subject is None else {"layers": [], "subject": subject}
        made = self.put(IMAGE, json.dumps(document).encode(), tag)
        if subject is not None:
            self.referring.setdefault(subject["digest"], []).append({**made, "artifactType": "application/x-signature"})
            if not self.has_referrers:
                self.index(self.referring[subject["digest"]], tag=subject["digest"].replace(":", "-"))
        return made

    def index(self, named: Sequence[Descriptor], *, tag: str = "", **more: Any) -> Descriptor:
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(named), **more}
        return self.put(INDEX, json.dumps(document).encode(), tag)

    def platforms(self, name: str, *names: str, tag: str = "") -> Descriptor:
        """Make an index of an image for each platform."""
        return self.index([on(self.image(f"{name} {platform}"), platform) for platform in names], tag=tag)

    def answer(self, method: str, url: str) -> Answer:
        path = urlsplit(url).path
        self.log.append((method, path))
        kind, _, reference = path.rpartition("/")
        kind = kind.rpartition("/")[2]
        if path == "/v2/":
            return 200, {}, b"{}"
        if kind == "tags":
            return 200, {}, json.dumps({"name": "app", "tags": sorted(self.tags)}).encode()
        if kind == "referrers" and self.has_referrers:
            found = {"schemaVersion": 2, "mediaType": INDEX, "manifests": self.referring.get(reference, [])}
            return 200, {"Content-Type": INDEX}, json.dumps(found).encode()
        failing = self.failing(path) if method == "GET" else 0
        if failing:
            return failing, {}, b""
        media_type, body = self.bodies.get(self.tags.get(reference, reference), ("", b""))
        if not media_type or kind == "referrers":
            return 404, {}, b"{}"
        is_named = self.names_digests or method == "GET"
        return (
            200,
            {"Content-Type": media_type, **({"Docker-Content-Digest": digest_of(body)} if is_named else {})},
            body,
        )


def on(descriptor: Descriptor, platform: str) -> Descriptor:
    """Name a descriptor for a platform."""
    return {**descriptor, "platform": dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))}


@contextmanager
def serving(library: Library) -> Iterator[Library]:
    """Serve on a free loopback port."""

    with answering(lambda method, path: library.answer(method, path)) as port:
        library.address = f"127.0.0.1:{port}"
        yield library
