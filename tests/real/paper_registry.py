"""A registry of paper: it lists tags and names digests as it is told, holds no image, and notes every request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.serving import answering

INDEX = "application/vnd.oci.image.index.v1+json"


def digest_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass
class PaperRegistry:
    """Tags by repository; digests are made from the names, unless `digests` says otherwise, also of what is no tag."""

    tags: dict[str, Sequence[str]] = field(default_factory=dict)
    digests: dict[tuple[str, str], str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    unreadable: set[tuple[str, str]] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""

    def digest(self, repository: str, tag: str) -> str:
        return self.digests.get((repository, tag)) or digest_of(f"{repository}:{tag}")

    def answer(self, method: str, path: str) -> tuple[int, Mapping[str, str], bytes]:
        self.requests.append((method, path))
        repository, _, rest = path.removeprefix("/v2/").rpartition("/manifests/")
        if path == "/v2/":
            return 200, {}, b"{}"
        if path.endswith("/tags/list"):
            repository = path.removeprefix("/v2/").removesuffix("/tags/list")
            if repository in self.broken:
                return 500, {}, b""
            if repository in self.tags:
                body = json.dumps({"name": repository, "tags": list(self.tags[repository])}).encode()
                return 200, {"Content-Type": "application/json"}, body
        elif (repository, rest) in self.unreadable:
            return 403, {}, b""
        elif rest in self.tags.get(repository, ()) or (repository, rest) in self.digests:
            headers = {"Content-Type": INDEX, "Docker-Content-Digest": self.digest(repository, rest)}
            return 200, {**headers, "Content-Length": "2"}, b"{}"
        return 404, {}, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}'


@contextmanager
def paper_registry(tags: Mapping[str, Sequence[str]]) -> Iterator[PaperRegistry]:
    """Serve on a free loopback port."""
    registry = PaperRegistry(dict(tags))

    with answering(lambda method, path: registry.answer(method, path.partition("?")[0])) as port:
        registry.address = f"127.0.0.1:{port}"
        yield registry
