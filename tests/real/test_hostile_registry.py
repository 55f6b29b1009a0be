"""What a registry answers is looked at before it counts: bounded in time and size, and every tag a tag.

regctl itself takes whatever comes: `{}` for a listing, tags of any characters, bodies and pages without end.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import pytest
import yaml

from mirrorgen.destinations.registry.destination import RegistryDestination
from mirrorgen.destinations.registry.target import RegistryTarget
from mirrorgen.errors import RegistryFailed, RegistryGivenUp
from mirrorgen.outcomes import ExitCode, Kind
from mirrorgen.tools.limits import LIMITS, Limits
from mirrorgen.tools.regctl import Host, Regctl
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.versions import find_tool
from tests.real.conftest import ACCOUNT, REGION, Project
from tests.real.hostile_registry import Answer, HostileRegistry, dripping, hostile_registry, says
from tests.real.paper_registry import INDEX

GOOD = says(json.dumps({"name": "good", "tags": ["v1.0.0", "v1.1.0"]}).encode())


@pytest.fixture
def registry() -> Iterator[HostileRegistry]:
    with hostile_registry() as running:
        running.answers["good"] = GOOD
        yield running


@pytest.fixture
def regctl(registry: HostileRegistry, base_env: dict[str, str]) -> Regctl:
    tool = find_tool("regctl", ProcessRunner(), base_env).usable()
    return Regctl(tool, ProcessRunner(), base_env, (Host(registry.address, tls="disabled"),))


def listing(*tags: str) -> Answer:
    return says(json.dumps({"name": "bad", "tags": tags}).encode())


def naming(digest: str) -> Callable[[str], dict[str, str]]:
    """Return the headers of answers about manifests."""
    return lambda path: {} if "/tags/" in path else {"Content-Type": INDEX, "Docker-Content-Digest": digest}


def with_tags(project: Project, registry: HostileRegistry) -> dict[str, dict[str, object]]:
    """Ask for the tags of a good and a bad repository; return the failures by source."""
    document = {
        "target": {"account_id": ACCOUNT, "region": REGION},
        "registries": {"quay.io": {"hostname": registry.address, "tls": "disabled"}},
        "images": [
            {"source": "quay.io/bad", "tags": {"semver": [">=0"], "exclude": [".*beta.*"], "newest": 2}},
            {"source": "quay.io/good", "tags": {"semver": [">=1"]}},
        ],
    }
    (project.folder / "images.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    result = project.run("tags", "--format", "json")
    assert result.returncode == 5, result.stderr
    said = json.loads(result.stdout)
    assert [tag["tag"] for tag in said["tags"]] == ["v1.0.0", "v1.1.0"]
    assert result.stdout.isascii()
    return {failure["source"]: failure for failure in said["failures"]}


@pytest.mark.parametrize(
    ("tag", "shown"),
    [
        ("v1.0.0|.*", "'v1.0.0|.*'"),
        ("v1.0.0\nlatest", r"'v1.0.0\nlatest'"),
        ("v1.0.0 latest", "'v1.0.0 latest'"),
        ("\x1b[31m::error::", r"'\x1b[31m::error::'"),
        ("-v1.0.0", "'-v1.0.0'"),
        ("", "''"),
        ("v" * 1_000_000, f"'{'v' * 60}'"),
        ("1." + "9" * 5000, f"'1.{'9' * 58}'"),
    ],
    ids=["pattern", "line break", "space", "escape", "option", "empty", "1 MB", "5,000 digits"],
)
def test_what_is_no_tag_fails_its_source_alone(
    tag: str, shown: str, project: Project, registry: HostileRegistry
) -> None:
    registry.answers["bad"] = listing("v0.1.0", tag)
    (failure,) = with_tags(project, registry).values()
    assert (failure["source"], failure["kind"]) == ("quay.io/bad", "unsupported")
    assert failure["reason"] == f"the registry lists a tag that cannot be one: {shown}"


@pytest.mark.parametrize("body", [b"{}", b"null", b"[]", b"<html>", b'{"name": "bad", "tags": [1]}'])
def test_what_is_no_listing_fails_its_source_alone(body: bytes, project: Project, registry: HostileRegistry) -> None:
    registry.answers["bad"] = says(body)
    assert list(with_tags(project, registry)) == ["quay.io/bad"]


def test_a_repository_without_tags_is_an_answer(regctl: Regctl, registry: HostileRegistry) -> None:
    registry.answers["bad"] = says(b'{"name": "bad", "tags": null}')
    assert regctl.tags(f"{registry.address}/bad") == ()


def test_a_digest_that_is_none_fails_its_source_alone(project: Project, registry: HostileRegistry) -> None:
    registry.answers["bad"] = replace(listing("v1.0.0"), headers=naming("sha512:" + "a" * 128))
    registry.answers["good"] = replace(GOOD, headers=naming("sha256:" + "a" * 64))
    document = {
        "target": {"account_id": ACCOUNT, "region": REGION},
        "registries": {"quay.io": {"hostname": registry.address, "tls": "disabled"}},
        "images": [{"source": f"quay.io/{name}", "tags": ["v1.0.0"]} for name in ("bad", "good")],
    }
    (project.folder / "images.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    result = project.run("lock", "--format", "json")
    assert result.returncode == 5
    (failure,) = json.loads(result.stdout)["failures"]
    assert (failure["source"], failure["tag"], failure["kind"]) == ("quay.io/bad", "v1.0.0", "unsupported")
    assert "quay.io/good" in (project.folder / "images.lock.yaml").read_text()


MANIFESTS = {
    "5,000 deep": b'"x": ' + b"[" * 5000 + b"]" * 5000,
    "5,000 digits": b'"x": ' + b"9" * 5000,
    "no os": b'"manifests": [{"digest": "sha256:%s", "size": 1, "platform": {"architecture": "arm"}}]' % (b"a" * 64),
    "no platform": b'"manifests": [{"digest": "sha256:%s", "size": 1, "platform": null}]' % (b"a" * 64),
    "no manifests": b'"manifests": null',
    "a number": b'"manifests": 1',
    "not UTF-8": b'"x": "\xff"',
}


def manifest(content: bytes) -> Answer:
    """Answer whatever is asked of a repository with one manifest, and its listing with one tag."""
    body = b'{"schemaVersion": 2, "mediaType": "%s", %s}' % (INDEX.encode(), content)
    listed = b'{"name": "bad", "tags": ["v1.0.0"]}'
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    return Answer(lambda path: [listed if "/tags/" in path else body], headers=naming(digest))


@pytest.mark.parametrize("content", MANIFESTS.values(), ids=MANIFESTS.keys())
def test_a_strange_manifest_is_counted_or_refused(content: bytes, regctl: Regctl, registry: HostileRegistry) -> None:
    registry.answers["bad"] = manifest(content)
    said: object
    try:
        said = len(regctl.manifest(f"{registry.address}/bad:v1.0.0").named)
    except RegistryFailed as error:
        said = error.kind
    assert said in {0, 1, Kind.UNSUPPORTED, Kind.CORRUPTED, Kind.OTHER}


@pytest.mark.parametrize("content", MANIFESTS.values(), ids=MANIFESTS.keys())
def test_a_strange_manifest_fails_its_image_alone(content: bytes, project: Project, registry: HostileRegistry) -> None:
    """Where it is asked for: by a sync that counts pulls, and by a lock and a status of one platform."""
    good = project.serve({"docker.io/org/good": ["v1.0.0"]})
    registry.answers["bad"] = manifest(content)
    project.registries = {"quay.io": {"hostname": registry.address, "tls": "disabled", "pulls_per_six_hours": 100}}
    tags = {"docker.io/org/good": ["v1.0.0"], "quay.io/bad": ["v1.0.0"]}
    project.write(tags)
    project.create_repositories()
    synced = project.run("sync", "--retries", "0", "--format", "json")
    assert failing(synced) <= {("quay.io/bad", "v1.0.0")}
    assert list(project.held("docker-hub/org/good").values()) == list(good.values())
    project.write(tags, settings={"platforms": "linux/amd64"})
    for command in ("lock", "status --upstream"):
        assert failing(project.run(*command.split(), "--format", "json")) <= {("quay.io/bad", "v1.0.0")}


def failing(run: subprocess.CompletedProcess[str]) -> set[tuple[str, str]]:
    """What failed in a run that has said so, and has come to its end."""
    assert run.returncode in {ExitCode.OK, ExitCode.DIFFERENT, ExitCode.FAILED}, run.stderr
    failures = json.loads(run.stdout)["failures"]
    assert (run.returncode == ExitCode.FAILED) is bool(failures)
    return {(failure["source"], failure["tag"]) for failure in failures}


def test_a_long_error_is_quoted_in_part(regctl: Regctl, registry: HostileRegistry) -> None:
    registry.answers["bad"] = says(b"\x1b[31m" + b"x" * 100_000, status=403)
    with pytest.raises(RegistryFailed) as caught:
        regctl.tags(f"{registry.address}/bad")
    assert len(caught.value.message) <= 500
    assert caught.value.message.isprintable()


def endless(_path: str) -> Iterable[bytes]:
    yield b'{"name": "bad", "tags": ["v1"'
    while True:
        yield b" " * 1_000_000


def page(_path: str) -> Iterable[bytes]:
    yield json.dumps({"name": "bad", "tags": [f"v1.{number}" for number in range(1000)]}).encode()


NEXT = {"Link": '</v2/bad/tags/list?last=v1>; rel="next"'}


@pytest.mark.parametrize(
    ("answer", "limits", "said"),
    [
        (Answer(dripping), Limits(seconds=1), "regctl did not end within 1 s"),
        (Answer(page, headers=lambda _path: NEXT), Limits(seconds=2), "regctl did not end within 2 s"),
        (
            Answer(endless),
            Limits(memory_bytes=200_000_000),
            "the answer takes more memory than regctl may use",
        ),
        (says(b"x" * 50_000_000, status=403), LIMITS, "regctl printed more than 16777216 bytes"),
        (Answer(page), Limits(output_bytes=5000), "regctl printed more than 5000 bytes"),
        (Answer(page), Limits(tags=999), "the registry lists 1,000 tags; 999 are looked at"),
    ],
    ids=["slow drip", "endless pages", "endless body", "50 MB error", "long answer", "many tags"],
)
def test_an_answer_that_is_too_much_is_given_up(
    answer: Answer, limits: Limits, said: str, regctl: Regctl, registry: HostileRegistry
) -> None:
    registry.answers["bad"] = answer
    bounded = replace(regctl, limits=limits)
    with pytest.raises(RegistryGivenUp) as caught:
        bounded.tags(f"{registry.address}/bad")
    assert caught.value.message == said
    assert caught.value.kind in {Kind.UNAVAILABLE, Kind.UNSUPPORTED}
    assert bounded.tags(f"{registry.address}/good") == ("v1.0.0", "v1.1.0")


def repositories(path: str) -> Iterable[bytes]:
    """A page of repositories that no other page has."""
    last = int(path.rpartition("last=")[2].rpartition("-")[2]) if "last=" in path else 0
    yield json.dumps({"repositories": [f"mirror-{last + number}" for number in range(1, 101)]}).encode()


@pytest.mark.parametrize(
    ("answer", "limits", "said"),
    [
        (Answer(dripping), Limits(seconds=1), "regctl did not end within 1 s"),
        (Answer(endless), Limits(memory_bytes=200_000_000), "the answer takes more memory than regctl may use"),
        (Answer(repositories), Limits(seconds=1), "the list of repositories did not end within 1 s"),
        (Answer(repositories), Limits(repositories=350), "the registry lists more than 350 repositories"),
    ],
    ids=["slow drip", "endless body", "endless pages", "many repositories"],
)
def test_a_list_of_repositories_that_is_too_much_is_given_up(
    answer: Answer, limits: Limits, said: str, regctl: Regctl, registry: HostileRegistry
) -> None:
    registry.answers["_catalog"] = answer
    bounded = replace(regctl, limits=limits)
    with pytest.raises(RegistryGivenUp) as caught:
        bounded.repositories(registry.address)
    assert caught.value.message == said
    target = RegistryTarget(registry.address, "mirror")
    assert RegistryDestination(target, bounded, lambda _said: None).strays(()) is None
