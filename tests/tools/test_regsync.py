"""What regsync's log lines mean; they are copied from real runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.tools.manifests import read_manifest
from mirrorgen.tools.regsync import Event, EventKind, Regsync, parse_line
from mirrorgen.tools.runner import Completed
from mirrorgen.tools.secrets import Secrets
from mirrorgen.tools.versions import Tool, tool_specs

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


class KeepingRunner:
    """Runs nothing, and keeps what it was asked to run."""

    secrets = Secrets()

    def __init__(self) -> None:
        self.argv: list[str] = []
        self.stdin: str | None = None

    def run(self, argv: Sequence[str], *, stdin: str | None = None, **_: Any) -> Completed:
        self.argv, self.stdin = list(argv), stdin
        return Completed(tuple(argv), 0, "", "")


def test_of_a_line_that_was_cut_the_beginning_is_understood() -> None:
    line = json.dumps(
        {"msg": "Failed to sync", "target": "ecr/a:1", "source": "quay.io/a:1", "error": 'no "way"\n' * 9},
        separators=(",", ":"),
    )
    whole = parse_line(line)
    assert whole
    for end in range(line.index('"error"') + 10, len(line)):
        cut = parse_line(line[:end])
        assert cut
        assert (cut.kind, cut.source, cut.target) == (EventKind.FAILED, "quay.io/a:1", "ecr/a:1")
        assert whole.reason.startswith(cut.reason)
    assert parse_line('{"msg":"Failed to sync","target":"ecr/a') == Event(EventKind.FAILED, "")


def test_a_redirect_to_what_is_no_address_is_no_evidence() -> None:
    said = {"msg": "reg http request", "req-method": "HEAD", "req-url": "http://[::1%25/v2/a/manifests/1"}
    assert parse_line(json.dumps(said)) is None


@pytest.mark.parametrize(("command", "verbosity"), [("check", "debug"), ("once", "trace")])
def test_the_configuration_comes_on_standard_input(command: str, verbosity: str) -> None:
    runner = KeepingRunner()
    regsync = Regsync(Tool(tool_specs()["regsync"], Path("/bin/regsync"), "0.11.5"), runner, {})
    getattr(regsync, command)("version: 1\n")
    assert runner.argv == ["/bin/regsync", command, "-c", "-", "--logopt", "json", "-v", verbosity]
    assert runner.stdin == "version: 1\n"


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (
            '{"time":"2026-01-01T00:00:00Z","level":"INFO","msg":"Image sync needed",'
            '"source":"docker.io/library/nginx:1.24",'
            f'"target":"{ECR}/mirror/docker-hub/nginx:1.24"}}',
            Event(EventKind.NEEDED, "docker.io/library/nginx:1.24", f"{ECR}/mirror/docker-hub/nginx:1.24"),
        ),
        (
            '{"level":"DEBUG","msg":"Image matches","source":"quay.io/a/b:1","target":"ecr/a:1"}',
            Event(EventKind.MATCHES, "quay.io/a/b:1", "ecr/a:1"),
        ),
        (
            '{"level":"ERROR","msg":"Failed to sync","target":"ecr/a:1","source":"quay.io/a/b:1",'
            '"error":"not found [http 404]"}',
            Event(EventKind.FAILED, "quay.io/a/b:1", "ecr/a:1", "not found [http 404]"),
        ),
        (
            '{"level":"ERROR","msg":"Failed getting source tags","source":"gcr.io/a/b:latest","error":"refused"}',
            Event(EventKind.FAILED, "gcr.io/a/b", "", "refused"),
        ),
        (
            '{"level":"INFO","msg":"Skipping unsupported media type","ref":"quay.io/a/b:1","mediaType":"x/y",'
            '"allowed":[]}',
            Event(EventKind.SKIPPED, "quay.io/a/b:1", "", "media type x/y is not supported"),
        ),
        ('{"level":"INFO","msg":"Copy layer","source":"quay.io/a/b:1","target":"ecr/a:1"}', None),
        ("failed to list tags for gcr.io/a/b:latest", None),
        ("[1, 2]", None),
        ("", None),
    ],
)
def test_a_log_line(line: str, event: Event | None) -> None:
    assert parse_line(line) == event


def test_the_digest_of_a_manifest_is_that_of_its_bytes() -> None:
    arm = {"digest": f"sha256:{1:064x}", "platform": {"os": "linux", "architecture": "arm", "variant": "v7"}}
    body = json.dumps({"manifests": [arm, {"digest": f"sha256:{2:064x}"}]})
    manifest = read_manifest(body)
    assert manifest.platforms == ("linux/arm/v7",)
    assert manifest.digest == f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"


def test_requests_for_manifests_of_tags_name_digests() -> None:
    """Lines of regsync 0.11.5, shortened."""

    def request(method: str, tag: str, status: str = "200 OK", *, digests: list[str]) -> str:
        url = f"http://{ECR}/v2/mirror/quay/org/app/manifests/{tag}"
        said = {"level": "DEBUG-4", "msg": "reg http request", "req-method": method, "req-url": url}
        return json.dumps({**said, "resp-status": status, "resp-headers": {"Docker-Content-Digest": digests}})

    digest = f"sha256:{1:064x}"
    target = f"{ECR}/mirror/quay/org/app:latest"
    assert parse_line(request("HEAD", "latest", digests=[digest])) == Event(EventKind.SEEN, "", target, digest=digest)
    assert parse_line(request("PUT", "latest", "201 Created", digests=[digest])) == Event(
        EventKind.STORED, "", target, digest=digest
    )
    assert parse_line(request("GET", "latest", digests=[digest])) is None
    assert parse_line(request("HEAD", "latest", "404 Not Found", digests=[digest])) is None
    assert parse_line(request("HEAD", digest, digests=[digest])) is None
    stored = parse_line(request("PUT", "latest", "201 Created", digests=[]))
    assert stored
    assert (stored.kind, stored.digest) == (EventKind.STORED, ""), "a registry need not name what it has stored"
