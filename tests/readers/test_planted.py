"""Every image that a made-up file names comes out once, with the place where it stands, among what else is there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.readers import formats
from mirrorgen.readers.contract import Around, NamedImage

DIGEST = "sha256:" + "0123456789abcdef" * 4
HOSTS = st.sampled_from(["", "docker.io/", "quay.io/", "registry.example.com:5000/", "localhost/"])
WORDS = st.text("abcdefg0123", max_size=5).map("i{}".format)
PATHS = st.lists(WORDS, min_size=1, max_size=3).map("/".join)
TAGS = st.sampled_from(["", ":1", ":1.10", ":v2.0.0-rc.1", ":latest", f":1@{DIGEST}", f"@{DIGEST}"])
REFERENCES = st.builds("{}{}{}".format, HOSTS, PATHS, TAGS)
OTHER = st.dictionaries(WORDS, st.text(max_size=8).filter(str.isprintable) | st.integers() | st.none(), max_size=2)


def check(text: str, planted: Iterable[str], name: str, *, quotes: str = "\"'") -> tuple[NamedImage, ...]:
    """Compare with what was planted, by the text alone: what is written, and what stands at each place."""
    reading = formats.read(text, Around("file"), name)
    assert reading.refused == ()
    assert Counter(image.written for image in reading.images) == Counter(planted)
    lines = text.split("\n")
    for image in reading.images:
        assert lines[image.place.line - 1][image.place.column - 1 :].lstrip(quotes).startswith(image.written)
        assert image.written.endswith((image.source.path.rpartition("/")[2], *filter(None, (image.tag, image.digest))))
    return reading.images


def container(image: str, more: dict[str, Any]) -> dict[str, Any]:
    return {"name": "c", **more, "image": image}


def workload(kind: str, images: list[str], more: dict[str, Any]) -> dict[str, Any]:
    """An object of a kind with a Pod of these images, in every sort of container."""
    keys = ["containers", "initContainers", "ephemeralContainers"]
    spec: dict[str, Any] = {key: [container(image, more) for image in images[at::3]] for at, key in enumerate(keys)}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": {"template": {"spec": spec}}}}
    elif kind != "Pod":
        spec = {"template": {"metadata": {"labels": {"image": "quay.io/not/taken:1"}}, "spec": spec}}
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": "x"},
        "spec": spec,
        "status": {"image": "not/taken:1"},
    }


KINDS = st.sampled_from(["Pod", "Deployment", "CronJob", "DaemonSet", "SomethingCustom"])
WORKLOADS = st.lists(st.tuples(KINDS, st.lists(REFERENCES, max_size=5), OTHER), min_size=1, max_size=5)


@given(WORKLOADS, st.booleans(), st.booleans())
def test_images_of_workloads(drawn: list[tuple[str, list[str], dict[str, Any]]], in_list: bool, flow: bool) -> None:
    objects = [workload(*each) for each in drawn]
    planted = [image for _, images, _ in drawn for image in images]
    documents = [{"apiVersion": "v1", "kind": "List", "items": objects}] if in_list else objects
    check(yaml.safe_dump_all(documents, default_flow_style=flow, width=10_000), planted, "kubernetes")
    if in_list:
        check(json.dumps(documents[0], indent=2), planted, "kubernetes")


@given(st.lists(st.lists(REFERENCES, min_size=1, max_size=3), min_size=1, max_size=4), st.integers(0, 4))
def test_images_of_pods_with_what_runs(pods: list[list[str]], unknown: int) -> None:
    items, planted, running = [], [], 0
    for number, images in enumerate(pods):
        names = [f"c{index}" for index in range(len(images))]
        known = names if number != unknown else []
        statuses = [
            {"name": each, "image": "x", "imageID": f"docker-pullable://x@{DIGEST}"} for each in reversed(known)
        ]
        spec = {"containers": [{"image": image, "name": each} for each, image in zip(names, images, strict=True)]}
        metadata = {"name": f"p{number}", "namespace": "n"}
        pod = {"kind": "Pod", "metadata": metadata, "spec": spec, "status": {"containerStatuses": statuses}}
        items.append({"apiVersion": "v1", **pod})
        planted += images
        running += len(known)
    found = check(json.dumps({"apiVersion": "v1", "items": items, "kind": "List"}), planted, "pods")
    assert sum(image.running == DIGEST for image in found) == running
    assert {image.consumer for image in found} == {f"n/p{number}" for number in range(len(pods))}


@given(st.lists(st.tuples(REFERENCES, OTHER, st.booleans()), max_size=6))
def test_images_of_services(drawn: list[tuple[str, dict[str, Any], bool]]) -> None:
    services = {
        f"s{number}": {**more, **({"build": "."} if is_built else {"image": image})}
        for number, (image, more, is_built) in enumerate(drawn)
    }
    planted = [image for image, _, is_built in drawn if not is_built]
    text = yaml.safe_dump({"services": services, "x-image": {"image": "not/taken:1"}}, width=10_000)
    check(text, planted, "compose")


@given(st.lists(st.tuples(REFERENCES, OTHER), max_size=6), st.booleans())
def test_images_of_task_definitions(drawn: list[tuple[str, dict[str, Any]]], described: bool) -> None:
    definition = {"containerDefinitions": [container(*each) for each in drawn], "family": "f"}
    text = json.dumps({"taskDefinition": definition} if described else definition, indent=4)
    check(text, [image for image, _ in drawn], "ecs")


@st.composite
def dockerfiles(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A Dockerfile with images and stages, continued lines, comments and here-documents, and the images of it."""
    lines, planted = ["# a comment"], []
    for stage in range(draw(st.integers(1, 6))):
        image = draw(REFERENCES)
        word = draw(st.sampled_from(["FROM", "from", "From"]))
        if stage and draw(st.booleans()):
            lines.append(f"{word} stage{draw(st.integers(0, stage - 1))} AS stage{stage}")
        else:
            planted.append(image)
            lines.append(f"{word} {draw(st.sampled_from(['', '--platform=linux/amd64 ']))}{image} as Stage{stage}")
        image = draw(REFERENCES)
        lines += {
            "copy": [f"COPY --from={image} /a /b"],
            "stage": [f"COPY --chown=1 --from=stage{stage} /a /b", "COPY --from=0 /a /b"],
            "mount": ["RUN --mount=type=cache,target=/x \\", "  # between", f"  --mount=from={image},target=/y true"],
            "here": ["RUN <<EOF", "FROM not/taken:1", "COPY --from=not/taken:2 /a /b", "EOF"],
            "continued": ["RUN true \\", "FROM not/taken:1"],
            "nothing": ["", "  # FROM not/taken:1"],
        }[kind := draw(st.sampled_from(["copy", "stage", "mount", "here", "continued", "nothing"]))]
        planted += [image] if kind in {"copy", "mount"} else []
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines), planted


@given(dockerfiles())
def test_images_of_dockerfiles(drawn: tuple[str, list[str]]) -> None:
    check(*drawn, "dockerfile")


@given(st.lists(st.tuples(REFERENCES, st.sampled_from(["", "  ", "- ", "docker://"]), st.sampled_from(["", "  # x"]))))
def test_images_of_a_list(drawn: list[tuple[str, str, str]]) -> None:
    text = "\n".join(f"{before}{image}{after}" for image, before, after in drawn)
    planted = [f"{before}{image}" if "docker" in before else image for image, before, _ in drawn]
    check(text, planted, "plain")
