"""regctl: what a registry says about one image."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from mirrorgen.tools.runner import Runner
from mirrorgen.tools.versions import Tool


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a tag names: its digest, and the platforms it holds (none for an image that is no index)."""

    digest: str
    platforms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Regctl:
    """regctl for one registry that speaks plain HTTP, such as an emulator.

    Attributes:
        tool: the program.
        runner: runs it.
        env: its whole environment.
        host: `host:port` of the registry.
    """

    tool: Tool
    runner: Runner
    env: Mapping[str, str]
    host: str

    def manifest(self, repository: str, tag: str) -> Manifest:
        """Ask for the manifest of a tag.

        Raises:
            ToolFailed: there is none, or the registry cannot be asked.
        """
        return read_manifest(self._run("get", "--format", "raw-body", repository=repository, tag=tag))

    def digest(self, repository: str, tag: str, *, platform: str | None = None) -> str:
        """Ask for the digest of a tag, or of one platform of it.

        Raises:
            ToolFailed: there is none, or the registry cannot be asked.
        """
        wanted = ["--platform", platform] if platform else []
        return self._run("head", *wanted, repository=repository, tag=tag).strip()

    def _run(self, *arguments: str, repository: str, tag: str) -> str:
        host = ["--host", f"reg={self.host},tls=disabled"]
        argv = [str(self.tool.path), "manifest", *arguments, *host, f"{self.host}/{repository}:{tag}"]
        return self.runner.run(argv, env=self.env).stdout


def read_manifest(body: str) -> Manifest:
    """Read the raw body of a manifest; its digest is the hash of exactly these bytes."""
    entries = json.loads(body).get("manifests", [])
    platforms = [entry["platform"] for entry in entries if "platform" in entry]
    names = ("/".join(filter(None, (item["os"], item["architecture"], item.get("variant")))) for item in platforms)
    return Manifest(f"sha256:{hashlib.sha256(body.encode()).hexdigest()}", tuple(names))
