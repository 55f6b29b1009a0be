"""regctl: what registries say about images."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mirrorgen.errors import LimitExceeded, RegistryFailed, RegistryGivenUp
from mirrorgen.outcomes import Kind
from mirrorgen.tools.bounds import Bounds
from mirrorgen.tools.limits import GRACE_S, LIMITS, OUT_OF_MEMORY, Limits
from mirrorgen.tools.runner import Completed, Runner
from mirrorgen.tools.versions import Tool
from mirrorgen.tools.words import kind_of, quoted

_LISTING = '{"name": {{json .Name}}, "tags": {{json .Tags}}}'


@dataclass(frozen=True, slots=True)
class Host:
    """How to reach a registry; the fields are those of regclient's config/host.go.

    Attributes:
        name: as it stands in references.
        hostname: where it really is; None for `name` itself.
        tls: `enabled`, `disabled` or `insecure`.
        path_prefix: put before every repository name.
        username, password: None to leave signing in to Docker's configuration.
        requests_per_second: the pace of one process.
    """

    name: str
    hostname: str | None = None
    tls: str = "enabled"
    path_prefix: str | None = None
    username: str | None = None
    password: str | None = None
    requests_per_second: float | None = None

    def document(self) -> dict[str, Any]:
        """Return what regctl's configuration says of this host."""
        fields = {
            "hostname": self.hostname,
            "tls": self.tls,
            "pathPrefix": self.path_prefix,
            "user": self.username,
            "pass": self.password,
            "reqPerSec": self.requests_per_second,
        }
        return {key: value for key, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a tag names.

    Attributes:
        digest: names it.
        platforms: those it holds; none for an image that is no index.
        manifests: how many it names with its own; those of an index in an index are not known.
    """

    digest: str
    platforms: tuple[str, ...]
    manifests: int


@dataclass(frozen=True, slots=True)
class Regctl:
    """regctl with its registries.

    Its configuration goes through standard input: a password must not stand in a file or an argument.

    Attributes:
        tool: the program.
        runner: runs it.
        env: its whole environment.
        hosts: the registries that need settings.
        limits: how much each answer may be.
    """

    tool: Tool
    runner: Runner
    env: Mapping[str, str]
    hosts: tuple[Host, ...] = ()
    limits: Limits = LIMITS

    def tags(self, repository: str) -> tuple[str, ...]:
        """List the tags of a repository, in the registry's order and with its very words: they may be no tags at all.

        regctl takes any JSON object for a listing, also one without a name, as an error page or a proxy may send it.

        Args:
            repository: reference without tag.

        Raises:
            RegistryFailed: the registry cannot be asked.
        """
        listing = json.loads(self._run("tag", "ls", "--format", _LISTING, repository))
        if listing["tags"] is None and not listing["name"]:
            raise RegistryFailed("the registry's answer is no listing of tags", Kind.UNSUPPORTED)
        tags = tuple(listing["tags"] or ())
        if len(tags) > self.limits.tags:
            message = f"the registry lists {len(tags):,} tags; {self.limits.tags:,} are looked at"
            raise RegistryGivenUp(message, Kind.UNSUPPORTED)
        return tags

    def manifest(self, reference: str) -> Manifest:
        """Ask for the manifest of a tag.

        Raises:
            RegistryFailed: there is none, or the registry cannot be asked.
        """
        return read_manifest(self._run("manifest", "get", "--format", "raw-body", reference))

    def digest(self, reference: str, *, platform: str | None = None) -> str:
        """Ask for the digest of a tag, with a HEAD request, or of one platform of it, which takes its manifest.

        Raises:
            RegistryFailed: there is none, or the registry cannot be asked.
        """
        wanted = ["--platform", platform] if platform else []
        return self._run("manifest", "head", *wanted, reference).strip()

    def repositories(self, registry: str) -> tuple[str, ...]:
        """List the repositories of a registry, page by page; no page is asked for after the time of one question.

        Raises:
            RegistryFailed: the registry cannot be asked, or has no such list, or one that does not come to its end.
        """
        deadline = time.monotonic() + self.limits.seconds
        found: dict[str, None] = {}
        while True:
            after = ["--last", next(reversed(found))] if found else []
            page = self._run("repo", "ls", *after, registry).split()
            # A registry that does not know pages says the same again.
            if found.keys() >= set(page):
                return tuple(found)
            found |= dict.fromkeys(page)
            if len(found) > self.limits.repositories:
                message = f"the registry lists more than {self.limits.repositories:,} repositories"
                raise RegistryGivenUp(message, Kind.UNSUPPORTED)
            if time.monotonic() > deadline:
                message = f"the list of repositories did not end within {self.limits.seconds:g} s"
                raise RegistryGivenUp(message, Kind.UNAVAILABLE)

    def delete_tag(self, reference: str) -> None:
        """Delete a tag, and not the image that it names.

        Raises:
            RegistryFailed: the registry refuses.
        """
        self._run("tag", "delete", reference)

    def _run(self, *arguments: str) -> str:
        config = json.dumps({"hosts": {host.name: host.document() for host in self.hosts}})
        env = {**self.env, "REGCTL_CONFIG": "/dev/stdin"}
        argv = [str(self.tool.path), *arguments]
        try:
            completed = self.runner.run(
                argv,
                env=env,
                stdin=config,
                success_codes=None,
                timeout_s=self.limits.seconds,
                bounds=Bounds(self.limits.output_bytes, memory_bytes=self.limits.memory_bytes, grace_s=GRACE_S),
            )
        except LimitExceeded as error:
            raise RegistryGivenUp(error.message.partition("\n")[0], Kind.UNAVAILABLE) from error
        if completed.code:
            raise _failure(completed, arguments[-1])
        return completed.stdout


def _failure(completed: Completed, reference: str) -> RegistryFailed:
    if OUT_OF_MEMORY.search(completed.stderr):
        return RegistryGivenUp("the answer takes more memory than regctl may use", Kind.UNAVAILABLE)
    lines = completed.stderr.strip().splitlines()
    said = lines[-1] if lines else f"regctl ended with exit code {completed.code}"
    return RegistryFailed(quoted(completed.secrets.redact(said)), kind_of(said, [reference]))


def read_manifest(body: str) -> Manifest:
    """Read the raw body of a manifest; its digest is the hash of exactly these bytes.

    Raises:
        RegistryFailed: it is none. Of what it holds, regctl has only looked at what it needs.
    """
    try:
        entries = json.loads(body).get("manifests") or []
        platforms = [_platform_name(entry["platform"]) for entry in entries if "platform" in entry]
    # Numbers and depths that Python gives up at are errors of the value, too.
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise RegistryFailed("the registry's answer is no manifest that can be read", Kind.UNSUPPORTED) from error
    digest = hashlib.sha256(body.encode()).hexdigest()
    return Manifest(f"sha256:{digest}", tuple(platforms), 1 + len(entries))


def _platform_name(platform: Mapping[str, str]) -> str:
    return "/".join(filter(None, (platform["os"], platform["architecture"], platform.get("variant"))))
