"""regsync has no limit of its own: what holds it up is cut off, and all else is copied.

The limits here are those of mirrorgen, but for seconds and bytes: nobody waits for five minutes.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest

from mirrorgen.demo.upstreams import CONFIG_TYPE, INDEX_TYPE, LAYER_TYPE, MANIFEST_TYPE, Content
from mirrorgen.operations.stand_in import path_prefix
from tests.real.conftest import Project
from tests.real.hostile_registry import Answer, HostileRegistry, dripping, hostile_registry, says

# What is cut off although it gets on, as the machine is busy, is done again alone. There it has the time for it.
STALLED_S, ALONE_S = 2.0, 5.0
PROGRAM = """
import dataclasses, json, sys
from mirrorgen.tools import limits
limits.SYNC_LIMITS = dataclasses.replace(limits.SYNC_LIMITS, **json.loads(sys.argv.pop(1)))
from mirrorgen.cli import main
main()
"""
GOOD = {"docker.io/library/nginx": ["1.25"], "quay.io/org/good": ["v1.0.0", "v1.1.0"]}


@pytest.fixture
def registry(project: Project) -> Iterator[HostileRegistry]:
    """Answers for quay.io: as the emulator does, unless a test says otherwise."""
    with hostile_registry() as running:
        running.behind = project.ecr.address
        prefix = path_prefix("quay.io")
        project.registries = {"quay.io": {"hostname": running.address, "tls": "disabled", "path_prefix": prefix}}
        yield running


def answer_for(registry: HostileRegistry, name: str, answer: Answer) -> None:
    registry.answers[f"{path_prefix('quay.io')}/{name}"] = answer


def copy(
    project: Project, bad: Mapping[str, list[str]], *, command: str = "sync", more: str = "", **limits: Any
) -> tuple[dict[str, Any], float]:
    """Copy good images and bad ones; return what was said, and how long it took."""
    project.serve({source: list(tags) for source, tags in GOOD.items()})
    settings = {"referrers": True} if more == "referrers" else {}
    project.write({**bad, **GOOD}, settings=settings)
    if command == "sync":
        project.create_repositories()
    given = json.dumps({"stalled_s": STALLED_S, "alone_s": ALONE_S, **limits})
    options = ["--retries", "0"] if command == "sync" else []
    argv = [sys.executable, "-c", PROGRAM, given, command, "--format", "json", *options]
    start = time.monotonic()
    run = subprocess.run(
        argv, cwd=project.folder, env=project.env, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 5, run.stderr
    return json.loads(run.stdout), time.monotonic() - start


def reasons(said: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        f"{failure['source']}:{failure['tag']}": (failure["kind"], failure["reason"]) for failure in said["failures"]
    }


def require_good(project: Project) -> None:
    assert sorted(project.held("quay/org/good")) == ["v1.0.0", "v1.1.0"]
    assert sorted(project.held("docker-hub/nginx")) == ["1.25"]


def test_dripping_listings_hold_up_nothing_else(project: Project, registry: HostileRegistry) -> None:
    """They take all connections to their registry that regsync has, so that its good ones wait behind them."""
    for name in ("a", "b", "c"):
        answer_for(registry, f"drip/{name}", Answer(dripping))
    bad = {f"quay.io/drip/{name}": ["v1"] for name in ("a", "b", "c")}
    said, _ = copy(project, bad)
    found = reasons(said)
    assert found.keys() == {f"{source}:v1" for source in bad}
    assert {kind for kind, _ in found.values()} == {"unavailable"}
    assert all(reason.startswith("regsync made no progress for 5 s") for _, reason in found.values())
    require_good(project)


def pages(_path: str) -> Iterable[bytes]:
    yield json.dumps({"name": "bad", "tags": [f"v0.{number}" for number in range(100)]}).encode()


def endless(_path: str) -> Iterable[bytes]:
    yield b'{"name": "bad", "tags": ["v1"'
    while True:
        yield b" " * 1_000_000


NEXT = '</v2/upstream/quay.io/bad/tags/list?last=v0>; rel="next"'


@pytest.mark.parametrize(
    ("answer", "limits", "said"),
    [
        (Answer(pages, headers=lambda _path: {"Link": NEXT}), {}, "regsync made no progress for 5 s"),
        (
            Answer(pages, headers=lambda _path: {"Link": NEXT}),
            {"stalled_s": 60, "alone_s": 60, "log_bytes": 200_000},
            "regsync made no progress in 200000 bytes of its log",
        ),
        (
            Answer(endless),
            {"stalled_s": 60, "alone_s": 60, "memory_bytes": 300_000_000},
            "regsync ran out of memory",
        ),
    ],
    ids=["endless pages", "many pages", "endless body"],
)
def test_a_listing_without_end_fails_its_source_alone(
    answer: Answer, limits: dict[str, Any], said: str, project: Project, registry: HostileRegistry
) -> None:
    answer_for(registry, "bad", answer)
    result, _ = copy(project, {"quay.io/bad": ["v1", "v2"]}, **limits)
    assert reasons(result) == dict.fromkeys(["quay.io/bad:v1", "quay.io/bad:v2"], ("unavailable", said))
    require_good(project)


def test_an_image_under_way_is_copied_when_another_source_ends_the_run(
    project: Project, registry: HostileRegistry
) -> None:
    """Its layer comes to a halt until regsync has run out of memory over a listing, and is served at once then."""
    content, digest, layer = large_image(2_000_000)
    is_under_way, has_ended = threading.Event(), threading.Event()

    def halting(path: str) -> Iterable[bytes]:
        data = content[path.rpartition("/")[2]].data
        yield data[:1000]
        if len(data) == len(layer.data) and not has_ended.is_set():
            is_under_way.set()
            has_ended.wait(60)
        yield data[1000:]

    def endless_beside_it(path: str) -> Iterable[bytes]:
        is_under_way.wait(60)
        try:
            yield from endless(path)
        finally:
            has_ended.set()

    answer_for(registry, "large", served(content, {"v1": digest}, lambda _path: None))
    answer_for(registry, "large/blobs", Answer(halting))
    answer_for(registry, "bad", Answer(endless_beside_it))
    bad = {"quay.io/bad": ["v1"], "quay.io/large": ["v1"]}
    said, _ = copy(project, bad, memory_bytes=300_000_000, stalled_s=60, alone_s=60)
    assert reasons(said) == {"quay.io/bad:v1": ("unavailable", "regsync ran out of memory")}
    assert sorted(project.held("quay/large")) == ["v1"]
    require_good(project)


def served(content: Mapping[str, Content], tags: Mapping[str, str], other: Callable[[str], bytes | None]) -> Answer:
    """Serve manifests and blobs by digest, and tags; `other` may answer first, by path."""

    def found(path: str) -> Content:
        name = path.rpartition("/")[2]
        body = other(path)
        if body is not None:
            return Content(INDEX_TYPE, body)
        if "/tags/list" in path:
            return Content("application/json", json.dumps({"name": "bad", "tags": list(tags)}).encode())
        return content[tags.get(name, name)]

    def headers(path: str) -> dict[str, str]:
        return {"Content-Type": found(path).media_type, "Docker-Content-Digest": found(path).digest}

    return Answer(lambda path: [found(path).data], headers=headers)


def index(note: str) -> Content:
    text = json.dumps({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [], "annotations": {"note": note}})
    return Content(INDEX_TYPE, text.encode())


def test_referrers_that_name_each_other_fail_their_image_alone(project: Project, registry: HostileRegistry) -> None:
    """regsync waits for the copy of one that waits for the copy of the other."""
    image, first, second = (index(note) for note in ("image", "first", "second"))
    refers = {image: (first, second), first: (second,), second: (first,)}

    def referrers(path: str) -> bytes | None:
        if "/referrers/" not in path:
            return None
        subject = next(item for item in refers if path.endswith(item.digest))
        listed = [item.descriptor() for item in refers[subject]]
        return json.dumps({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": listed}).encode()

    content = {item.digest: item for item in refers}
    answer_for(registry, "bad", served(content, {"v1": image.digest}, referrers))
    said, _ = copy(project, {"quay.io/bad": ["v1"]}, more="referrers")
    assert reasons(said) == {"quay.io/bad:v1": ("unavailable", "regsync made no progress for 5 s")}
    require_good(project)


def large_image(size: int) -> tuple[dict[str, Content], str, Content]:
    """An image with one layer of so many bytes: its content by digest, the digest of its manifest, and the layer."""
    layer = Content(LAYER_TYPE, hashlib.shake_128(b"layer").digest(size))
    config = Content(CONFIG_TYPE, b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}')
    text = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": config.descriptor(),
        "layers": [layer.descriptor()],
    }
    manifest = Content(MANIFEST_TYPE, json.dumps(text).encode())
    return {item.digest: item for item in (layer, config, manifest)}, manifest.digest, layer


@pytest.mark.parametrize(("part", "is_copied"), [(50_000, True), (100, False)], ids=["slow", "as good as still"])
def test_a_slow_layer_is_copied_if_it_gets_on(
    part: int, is_copied: bool, project: Project, registry: HostileRegistry
) -> None:
    content, digest, layer = large_image(2_000_000)

    def slowly(path: str) -> Iterable[bytes]:
        data = content[path.rpartition("/")[2]].data
        for start in range(0, len(data), part):
            time.sleep(0.15 if len(data) == len(layer.data) else 0)
            yield data[start : start + part]

    answer_for(registry, "bad", served(content, {"v1": digest}, lambda _path: None))
    answer_for(registry, "bad/blobs", Answer(slowly))
    # A tag that nobody has, so that the run fails in both cases.
    said, seconds = copy(project, {"quay.io/bad": ["v1", "v2"]}, moved_bytes=100_000)
    cut = {"quay.io/bad:v1": ("unavailable", "regsync made no progress for 5 s")}
    found = reasons(said)
    assert found.pop("quay.io/bad:v2")[0] == "not-upstream"
    assert found == ({} if is_copied else cut)
    assert ("v1" in project.held("quay/bad")) is is_copied
    assert seconds > (5 if is_copied else STALLED_S)
    require_good(project)


def test_an_error_of_many_megabytes_is_read_in_part(project: Project, registry: HostileRegistry) -> None:
    answer_for(registry, "bad", says(b"x" * 50_000_000, status=403))
    said, _ = copy(project, {"quay.io/bad": ["v1"]}, stalled_s=60)
    ((kind, reason),) = reasons(said).values()
    assert kind == "unauthorized"
    assert len(reason) < 100_000
    require_good(project)


def test_a_plan_goes_on_behind_a_dripping_listing(project: Project, registry: HostileRegistry) -> None:
    """`regsync check` looks at one entry after the other."""
    answer_for(registry, "bad", Answer(dripping))
    said, _ = copy(project, {"quay.io/bad": ["v1"]}, command="plan")
    assert reasons(said) == {"quay.io/bad:v1": ("unavailable", "regsync made no progress for 5 s")}
    assert sorted(ref["tag"] for ref in said["copy"]) == ["1.25", "v1.0.0", "v1.1.0"]
