"""regctl: what registries say about images."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mirrorgen.errors import LimitExceeded, RegistryFailed, RegistryGivenUp
from mirrorgen.outcomes import Kind
from mirrorgen.tools.bounds import Bounds
from mirrorgen.tools.limits import GRACE_S, LIMITS, OUT_OF_MEMORY, Limits
from mirrorgen.tools.manifests import Manifest, Named, read_descriptor, read_descriptors, read_manifest
from mirrorgen.tools.requests import TRACED, OnPull, Stopped, read_pull
from mirrorgen.tools.runner import Completed, Runner
from mirrorgen.tools.versions import Tool
from mirrorgen.tools.words import kind_of, quoted

_LISTING = '{"name": {{json .Name}}, "tags": {{json .Tags}}}'
# Of what regctl logs, which is not what it says last.
_LOG_LINE = '{"time":'


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
        helper: the program that signs in; None to leave that to the two above, or to Docker's configuration.
    """

    name: str
    hostname: str | None = None
    tls: str = "enabled"
    path_prefix: str | None = None
    username: str | None = None
    password: str | None = None
    requests_per_second: float | None = None
    helper: str | None = None

    def document(self) -> dict[str, Any]:
        """Return what regctl's configuration says of this host."""
        fields = {
            "hostname": self.hostname,
            "tls": self.tls,
            "pathPrefix": self.path_prefix,
            "user": self.username,
            "pass": self.password,
            "reqPerSec": self.requests_per_second,
            "credHelper": self.helper,
        }
        return {key: value for key, value in fields.items() if value is not None}


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
        on_pull: told each pull as it is made; None where nobody counts them.
    """

    tool: Tool
    runner: Runner
    env: Mapping[str, str]
    hosts: tuple[Host, ...] = ()
    limits: Limits = LIMITS
    on_pull: OnPull | None = None

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
        """Ask for the manifest of a tag, or of a digest, with a pull.

        Raises:
            RegistryFailed: there is none, or the registry cannot be asked, or it cannot be read.
        """
        return read_manifest(self._run("manifest", "get", "--format", "raw-body", reference))

    def digest(self, reference: str, *, platform: str | None = None) -> str:
        """Ask for the digest of a tag, with a HEAD request, or of one platform of it, which takes its manifest.

        Raises:
            RegistryFailed: there is none, or the registry cannot be asked.
        """
        wanted = ["--platform", platform] if platform else []
        return self._run("manifest", "head", *wanted, reference).strip()

    def head(self, reference: str) -> Named:
        """Ask what a tag or a digest names, with a HEAD request and never with a pull.

        Raises:
            RegistryFailed: there is none, or the registry cannot be asked.
        """
        return read_descriptor(self._run("manifest", "head", "--format", "{{json .GetDescriptor}}", reference))

    def referrers(self, reference: str) -> tuple[Named, ...]:
        """Ask what refers to an image; that takes a pull where the registry keeps the list under a tag.

        Args:
            reference: with a digest.

        Raises:
            RegistryFailed: the registry cannot be asked.
        """
        return read_descriptors(self._run("artifact", "list", "--format", "{{json .Descriptors}}", reference))

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
        argv = [str(self.tool.path), *(TRACED if self.on_pull else ()), *arguments]
        try:
            completed = self.runner.run(
                argv,
                env=env,
                stdin=config,
                success_codes=None,
                on_stderr_line=self._count if self.on_pull else None,
                timeout_s=self.limits.seconds,
                bounds=Bounds(self.limits.output_bytes, memory_bytes=self.limits.memory_bytes, grace_s=GRACE_S),
            )
        except LimitExceeded as error:
            raise RegistryGivenUp(error.message.partition("\n")[0], Kind.UNAVAILABLE) from error
        except Stopped as error:
            raise RegistryGivenUp("no pulls are left to ask with", Kind.OVER_BUDGET) from error
        if completed.code:
            raise _failure(completed, arguments[-1])
        return completed.stdout

    def _count(self, line: str) -> None:
        pull = read_pull(line)
        if pull and self.on_pull:
            self.on_pull(pull)


def _failure(completed: Completed, reference: str) -> RegistryFailed:
    if OUT_OF_MEMORY.search(completed.stderr):
        return RegistryGivenUp("the answer takes more memory than regctl may use", Kind.UNAVAILABLE)
    lines = [line for line in completed.stderr.strip().splitlines() if not line.startswith(_LOG_LINE)]
    said = lines[-1] if lines else f"regctl ended with exit code {completed.code}"
    return RegistryFailed(quoted(completed.secrets.redact(said)), kind_of(said, [reference]))
