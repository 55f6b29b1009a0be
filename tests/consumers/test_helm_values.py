"""`mirrorgen rewrite helm-values`: which values lead a chart's images to the mirror."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import RunCli
from tests.consumers.mirror import DIGESTS, HOST, LIST, NGINX, PROMETHEUS, B, C, complaints, write_list


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    write_list(in_folder)
    return in_folder


def test_what_stays_keeps_the_registry_that_was_given_for_all(run_cli: RunCli, folder: Path) -> None:
    (folder / "values.yaml").write_text(
        "global: {imageRegistry: docker.io}\n"
        "web: {image: {repository: nginx, tag: 1.25.3}}\n"
        "a: {image: {registry: quay.io, repository: busybox, tag: '1'}}\n"
        "b: {image: {repository: busybox, tag: '1'}}\n"
        "c: {image: {repository: quay.io/org/busybox, tag: '1'}}\n"
    )
    result = run_cli("rewrite", "helm-values", "values.yaml")
    assert result.exit_code == 3
    assert yaml.safe_load(result.stdout) == {
        "web": {"image": {"repository": NGINX}},
        "a": {"image": {"registry": "docker.io"}},
        "b": {"image": {"repository": "docker.io/busybox"}},
        "global": {"imageRegistry": ""},
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("image: {repository: nginx, tag: 1.25.3, pullPolicy: Always}", {"image": {"repository": NGINX}}),
        (
            "image: {registry: docker.io, repository: library/nginx, tag: 1.25.3}",
            {"image": {"registry": HOST, "repository": "mirror/docker-hub/nginx"}},
        ),
        ("server: {image: 'nginx:1.25.3'}", {"server": {"image": f"{NGINX}:1.25.3"}}),
        ("sidecarImage: quay.io/prometheus/prometheus:v2.48.0", {"sidecarImage": f"{PROMETHEUS}:v2.48.0"}),
        (f"a: {{b: {{image: {{repository: nginx, digest: '{C}'}}}}}}", {"a": {"b": {"image": {"repository": NGINX}}}}),
        (
            "{global: {imageRegistry: ''}, image: {repository: nginx, tag: latest}}",
            {"image": {"repository": NGINX}},
        ),
        (
            "{global: {imageRegistry: quay.io}, "
            "m: {image: {registry: x.io, repository: prometheus/prometheus, tag: v2.48.0}}}",
            {
                "m": {"image": {"registry": HOST, "repository": "mirror/quay/prometheus/prometheus"}},
                "global": {"imageRegistry": ""},
            },
        ),
        (
            "{global: {imageRegistry: docker.io}, web: {repository: nginx, tag: latest}, "
            "image: {repository: quay.io/prometheus/prometheus, tag: v2.48.0}}",
            {
                "web": {"repository": NGINX},
                "image": {"repository": PROMETHEUS},
                "global": {"imageRegistry": ""},
            },
        ),
        # Other names of the parts, and none of them for something else.
        ("es: {image: quay.io/prometheus/prometheus, imageTag: v2.48.0}", {"es": {"image": PROMETHEUS}}),
        (
            "{a: {image: {name: nginx, tag: 1.25.3}}, b: {registry: docker.io, image: nginx, tag: 1.25.3}}",
            {
                "a": {"image": {"name": NGINX}},
                "b": {"registry": HOST, "image": "mirror/docker-hub/nginx"},
            },
        ),
        (
            "a: {registry: docker.io, image: 'library/nginx:1.25.3'}",
            {"a": {"registry": HOST, "image": "mirror/docker-hub/nginx:1.25.3"}},
        ),
        (
            "{a: {image: nginx, registry: {port: 5000}}, b: {image: nginx, name: web}}",
            {"a": {"image": NGINX}, "b": {"image": NGINX}},
        ),
        (
            f"image: {{repository: nginx, tag: 1.19, sha: {C.partition(':')[2]}}}",
            {"image": {"repository": NGINX}},
        ),
        (f"image: {{repository: {NGINX}, tag: 1.25.3}}", {}),
        ("{image: {repository: '', tag: ''}, repository: 'https://git.example.com/x', pullPolicy: Always}", {}),
        ("{defaultImage: default, registry: {repository: 'https://charts.example.com', tag: v1}}", {}),
    ],
)
def test_only_what_must_differ_is_written(values: str, expected: dict[str, Any], run_cli: RunCli, folder: Path) -> None:
    write_list(folder, LIST, DIGESTS)
    (folder / "values.yaml").write_text(values)
    result = run_cli("rewrite", "helm-values", "values.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert yaml.safe_load(result.stdout) == expected


def test_a_tag_that_is_left_out_is_the_version_of_the_application(run_cli: RunCli, folder: Path) -> None:
    (folder / "values.yaml").write_text("image: {repository: nginx, tag: ''}\n")
    result = run_cli("rewrite", "helm-values", "values.yaml")
    assert (result.exit_code, yaml.safe_load(result.stdout)) == (3, {})
    reason = "its tag is the version of the application; give the chart's Chart.yaml, too"
    assert result.stderr == f"values.yaml:1:21: nginx: {reason}\n"
    (folder / "Chart.yaml").write_text("{apiVersion: v2, name: web, version: 0.1.0, appVersion: 1.25.3}\n")
    result = run_cli("rewrite", "helm-values", "values.yaml", "Chart.yaml")
    assert (result.exit_code, yaml.safe_load(result.stdout)) == (0, {"image": {"repository": NGINX}})
    (folder / "Chart.yaml").write_text("{apiVersion: v2, name: web, version: 0.1.0, appVersion: 1.19.0}\n")
    assert "'1.19.0'" in run_cli("rewrite", "helm-values", "values.yaml", "Chart.yaml").stderr


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ("image: {repository: busybox, tag: 1}", "busybox:1: the list has no entry for docker.io/library/busybox"),
        ("image: {repository: nginx, tag: 1.19}", "nginx:1.19: the list does not ask for the tag '1.19'"),
        ("web: {image: nginx, tag: 1.19}", "nginx:1.19: the list does not ask for the tag '1.19'"),
        ("web: {image: nginx, registry: ghcr.io, tag: latest}", "ghcr.io/nginx:latest: the list has no entry for"),
        (f"image: {{repository: nginx, tag: 1.25.3, sha: {'1' * 64}}}", f"nginx:1.25.3@sha256:{'1' * 64}: neither the"),
        ("images: [{image: 'nginx:1.25.3'}]", "nginx:1.25.3: it stands in a list, which other values replace"),
        ("image: '{{ .Values.x }}:1'", "{{ .Values.x }}:1: it is a template that nobody has filled in"),
    ],
)
def test_what_stays_is_named(values: str, reason: str, run_cli: RunCli, folder: Path) -> None:
    (folder / "values.yaml").write_text(f"{values}\n")
    result = run_cli("rewrite", "helm-values", "values.yaml")
    assert (result.exit_code, yaml.safe_load(result.stdout)) == (3, {})
    assert reason in complaints(result)[0]


def test_a_digest_goes_where_the_chart_has_one(run_cli: RunCli, folder: Path) -> None:
    write_list(folder, LIST, DIGESTS)
    (folder / "values.yaml").write_text(
        "a: {image: {repository: nginx, tag: 1.25.3, digest: ''}}\nb: {image: {repository: nginx, tag: 1.25.3}}\n"
        "c: {image: 'nginx:1.25.3'}\nd: {image: {repository: nginx, tag: 1.25.3, sha: ''}}\n"
    )
    result = run_cli("rewrite", "helm-values", "--digest", "values.yaml")
    assert yaml.safe_load(result.stdout) == {
        "a": {"image": {"repository": NGINX, "digest": B}},
        "b": {"image": {"repository": NGINX}},
        "c": {"image": f"{NGINX}:1.25.3@{B}"},
        "d": {"image": {"repository": NGINX, "sha": B.removeprefix("sha256:")}},
    }
    said = "values.yaml:2:25: nginx:1.25.3: it is not pinned: the chart has no digest here"
    assert (result.exit_code, complaints(result)) == (3, [said])


@pytest.mark.parametrize("files", [["a.yaml", "b.yaml"], ["Chart.yaml"]])
def test_only_one_chart_at_a_time(files: list[str], run_cli: RunCli, folder: Path) -> None:
    (folder / "a.yaml").write_text("a: 1\n")
    (folder / "b.yaml").write_text("b: 1\n")
    (folder / "Chart.yaml").write_text("{apiVersion: v2, name: web, version: 0.1.0}\n")
    result = run_cli("rewrite", "helm-values", *files)
    assert (result.exit_code, result.stdout) == (2, "")


def test_values_that_are_no_yaml_are_named(run_cli: RunCli, folder: Path) -> None:
    (folder / "values.yaml").write_text("image: {{ x }}: y\n")
    result = run_cli("rewrite", "helm-values", "values.yaml")
    assert (result.exit_code, complaints(result)[0].partition(":")[0]) == (3, "values.yaml")
