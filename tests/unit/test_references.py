"""Names of images: what is a reference, and what it is in full."""

from __future__ import annotations

import re

import botocore.session
import pytest

from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.registry.target import RegistryTarget
from mirrorgen.model.references import Reference, Source, is_tag, normalize_host, parse_reference, parse_source
from mirrorgen.problems import Problem

DIGEST = f"sha256:{'0a' * 32}"


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("nginx", "docker.io", "library/nginx"),
        ("library/nginx", "docker.io", "library/nginx"),
        ("grafana/grafana", "docker.io", "grafana/grafana"),
        ("docker.io/nginx", "docker.io", "library/nginx"),
        ("index.docker.io/library/nginx", "docker.io", "library/nginx"),
        ("registry-1.docker.io/library/nginx", "docker.io", "library/nginx"),
        ("quay.io/prometheus/prometheus", "quay.io", "prometheus/prometheus"),
        ("Quay.IO/prometheus/prometheus", "quay.io", "prometheus/prometheus"),
        ("localhost/app", "localhost", "app"),
        ("localhost:5000/app", "localhost:5000", "app"),
        ("registry:5000/a/b/c", "registry:5000", "a/b/c"),
        ("[::1]:5000/app", "[::1]:5000", "app"),
        ("gcr.io/a.b/c_d/e__f/g-h", "gcr.io", "a.b/c_d/e__f/g-h"),
    ],
)
def test_a_source_in_its_full_form(text: str, host: str, path: str) -> None:
    assert parse_source(text, ()) == Source(host, path)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nginx:1.25", "reference-has-tag"),
        ("redis:7", "reference-has-tag"),
        ("localhost:5000/app:1", "reference-has-tag"),
        ("nginx@sha256:" + "a" * 64, "reference-has-digest"),
        ("nginx:1.25@sha256:" + "a" * 64, "reference-has-digest"),
        ("https://quay.io/a/b", "bad-reference"),
        ("quay.io/A/b", "bad-reference"),
        ("quay.io/a b", "bad-reference"),
        ("quay.io/", "bad-reference"),
        ("/nginx", "bad-reference"),
        ("quay.io/a..b", "bad-reference"),
        ("quay.io/-a", "bad-reference"),
        ("-quay.io/a", "bad-reference"),
        ("a" * 64, "bad-reference"),
        ("quay.io/" + "a" * 255, "bad-reference"),
        ("user:password@quay.io/a", "bad-reference"),
        ("nginx@", "bad-reference"),
        ("localhost", "bad-reference"),
        ("[a:b:::c]:443/app", "bad-reference"),
    ],
)
def test_what_is_no_source(text: str, code: str) -> None:
    problem = parse_source(text, ("images", 0, "source"))
    assert isinstance(problem, Problem)
    assert problem.code == code
    assert problem.path == ("images", 0, "source")


def test_a_host_that_is_one_only_for_its_capitals_is_not_taken_for_a_name_on_docker_hub() -> None:
    problem = parse_source("Nexus/team/app", ())
    assert isinstance(problem, Problem)
    assert problem.message == "'Nexus' in 'Nexus/team/app' would be read as a name on Docker Hub"
    assert problem.hint == "write the host name in full, or with a port: nexus:443/team/app"


@pytest.mark.parametrize("text", ["bob:hunter2@quay.io/a", "https://bob:hunter2@quay.io/a", "hunter2@quay.io/a:1"])
def test_a_password_in_a_source_is_not_repeated(text: str) -> None:
    problem = parse_source(text, ())
    assert isinstance(problem, Problem)
    assert "hunter2" not in problem.message + problem.hint


@pytest.mark.parametrize("tag", ["1", "latest", "_x", "v1.2.3-rc.1", "A_b.C-d", "x" * 128])
def test_a_tag(tag: str) -> None:
    assert is_tag(tag)


@pytest.mark.parametrize("tag", ["", ".x", "-x", "a b", "a/b", "a:b", "é", "x" * 129, "1\n"])
def test_what_is_no_tag(tag: str) -> None:
    assert not is_tag(tag)


@pytest.mark.parametrize("name", ["ab", "a/b", "a.b_c-d/e", "x" * 256, "a__b", "a---b/c"])
def test_a_repository_name_ecr_takes(name: str) -> None:
    assert EcrTarget().name_trouble(name) is None


@pytest.mark.parametrize("name", ["", "a", "A/b", "a___b", "a..b", "a//b", "/a", "a/", "-a", "x" * 257, "ab\n"])
def test_a_repository_name_ecr_refuses(name: str) -> None:
    assert EcrTarget().name_trouble(name)


def test_the_names_that_ecr_takes_are_those_of_its_api() -> None:
    shape = botocore.session.Session().get_service_model("ecr").shape_for("RepositoryName")
    names = ["a.b/c_d/e__f/g---h", "a..b", "a___b", "a_-b", "-a", "a-", "a//b", "0/1"]
    taken = [name for name in names if re.fullmatch(shape.metadata["pattern"], name)]
    assert [name for name in names if EcrTarget().name_trouble(name) is None] == taken
    assert [name for name in taken if EcrTarget().name_doubt(name)] == ["a.b/c_d/e__f/g---h"]


def test_the_host_of_every_region_is_in_the_domain_of_its_partition() -> None:
    loader = botocore.session.Session().get_component("data_loader")
    for partition in loader.load_data("partitions")["partitions"]:
        for region in partition["regions"].keys() - {f"{partition['id']}-global"}:
            host = EcrTarget("123456789012", region).host
            assert host == f"123456789012.dkr.ecr.{region}.{partition['outputs']['dnsSuffix']}"


@pytest.mark.parametrize("name", ["a", "a__b", "a--b/c"])
def test_a_repository_name_a_plain_registry_takes(name: str) -> None:
    assert RegistryTarget("harbor.example.com").name_trouble(name) is None


@pytest.mark.parametrize("name", ["", "A/b", "a//b", "a/", "x" * 255, "ab\n"])
def test_a_repository_name_a_plain_registry_refuses(name: str) -> None:
    assert RegistryTarget("harbor.example.com").name_trouble(name)


def test_a_host_name() -> None:
    assert normalize_host("Registry.Example.com:8443") == "registry.example.com:8443"
    assert normalize_host("https://quay.io") is None
    assert normalize_host("quay.io/a") is None


@pytest.mark.parametrize(
    ("text", "source", "tag", "digest"),
    [
        ("nginx", "docker.io/library/nginx", None, None),
        ("nginx:1.25", "docker.io/library/nginx", "1.25", None),
        ("localhost/app", "localhost/app", None, None),
        ("registry:5000/app", "registry:5000/app", None, None),
        ("registry:5000/app:v1", "registry:5000/app", "v1", None),
        (f"quay.io/a/b@{DIGEST}", "quay.io/a/b", None, DIGEST),
        (f"quay.io/a/b:v1@{DIGEST}", "quay.io/a/b", "v1", DIGEST),
    ],
)
def test_an_image_has_a_source_a_tag_and_a_digest(text: str, source: str, tag: str | None, digest: str | None) -> None:
    reference = parse_reference(text)
    assert isinstance(reference, Reference)
    assert (str(reference.source), reference.tag, reference.digest) == (source, tag, digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":1.25",
        "nginx:",
        "nginx:-1",
        "nginx@",
        "nginx@sha256:12",
        f"nginx@{DIGEST}@{DIGEST}",
        "user:pass@host/app",
        "Nginx",
        "https://quay.io/a",
        "a b",
        "$IMAGE",
        "{{ .Values.image }}",
        "/",
        "a//b",
    ],
)
def test_what_names_no_image_is_a_problem(text: str) -> None:
    assert isinstance(parse_reference(text), Problem)
