"""What `mirrorgen rewrite` writes for kustomize, Flux and Argo CD, applied by the real kustomize."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrorgen.consumers.forms.spelling import spellings
from mirrorgen.model.references import Source
from tests.conftest import RunCli
from tests.consumers.mirror import CUSTOM, DEPLOYMENT, DIGESTS, LIST, NGINX, PROMETHEUS, A, B, C, complaints, write_list
from tests.real.programs import program

KUSTOMIZE = "sigs.k8s.io/kustomize/kustomize/v5@v5.8.0"
# Everywhere that an image can stand in what people have, beside a container.
ODD_PLACES = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 0 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers: [{name: a, image: "nginx:latest"}]
          volumes:
            - {name: in-cron-job, image: {reference: "nginx:latest"}}
---
apiVersion: v1
kind: Pod
metadata: {name: volume}
spec:
  containers: [{name: a, image: "docker.io/nginx@sha256:%s"}]
  volumes: [{name: v, image: {reference: "nginx:latest"}}]
---
apiVersion: example.com/v1
kind: Fleet
metadata: {name: fleet}
spec:
  members:
    - {name: a, image: "nginx:latest"}
    - {name: b, image: "library/nginx:1.24.0"}
  example.com/image: untouched
""" % ("c" * 64)
Apply = Callable[[str], list[str]]


@pytest.fixture
def kustomize(base_env: dict[str, str]) -> Path:
    return program("kustomize", KUSTOMIZE, base_env)


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    write_list(in_folder, LIST, DIGESTS)
    (in_folder / "app").mkdir()
    (in_folder / "app/all.yaml").write_text(f"{DEPLOYMENT}---\n{CUSTOM}---\n{ODD_PLACES}")
    return in_folder


@pytest.fixture
def build(kustomize: Path, folder: Path) -> Callable[..., list[str]]:
    """Build the manifests with what is given beside their resources, and return every image."""

    def run(**given: Any) -> list[str]:
        (folder / "app/kustomization.yaml").write_text(yaml.safe_dump({"resources": ["all.yaml"], **given}))
        argv = [str(kustomize), "build", str(folder / "app")]
        built = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert (built.returncode, built.stderr) == (0, "")
        return sorted(image for document in yaml.safe_load_all(built.stdout) for image in images_in(document))

    return run


def images_in(data: Any) -> Iterator[str]:
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        if key in {"image", "reference"} and isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            yield from images_in(value)


MIRRORED = sorted(
    [
        f"{NGINX}:1.24.0",
        f"{NGINX}:1.24.0",
        f"{NGINX}:1.25.3",
        *[f"{NGINX}:latest"] * 4,
        f"{NGINX}@{C}",
        f"{PROMETHEUS}:v2.48.0",
    ]
)


def test_a_component_renames_every_image_wherever_it_stands(
    run_cli: RunCli, folder: Path, build: Callable[..., list[str]]
) -> None:
    (folder / "app/mirror").mkdir()
    result = run_cli("rewrite", "kustomize", "app/all.yaml")
    assert (result.exit_code, complaints(result)) == (0, [])
    (folder / "app/mirror/kustomization.yaml").write_text(result.stdout)
    assert build(components=["mirror"]) == MIRRORED
    assert not [image for image in build() if image in MIRRORED]


def test_the_names_of_the_list_are_those_that_kustomize_matches(
    run_cli: RunCli, folder: Path, build: Callable[..., list[str]]
) -> None:
    names = [*spellings(Source("docker.io", "library/nginx")), "quay.io/prometheus/prometheus"]
    containers = [{"name": f"c{number}", "image": f"{name}:1"} for number, name in enumerate(names)]
    others = ["nginx2", "docker.io/other/nginx", "quay.io/nginx", "quay.io/prometheus/prometheus/more"]
    containers += [{"name": f"o{number}", "image": f"{name}:1"} for number, name in enumerate(others)]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}}
    (folder / "app/all.yaml").write_text(yaml.safe_dump(pod))
    given = yaml.safe_load(run_cli("rewrite", "kustomize").stdout)["images"]
    assert build(images=given) == sorted([*[f"{NGINX}:1"] * 6, f"{PROMETHEUS}:1", *(f"{other}:1" for other in others)])


def test_a_digest_takes_the_place_of_the_tag(run_cli: RunCli, folder: Path, build: Callable[..., list[str]]) -> None:
    (folder / "app/all.yaml").write_text(DEPLOYMENT)
    given = yaml.safe_load(run_cli("rewrite", "flux", "--digest", "app/all.yaml").stdout)["spec"]["images"]
    assert build(images=given) == [f"{NGINX}@{A}", f"{NGINX}@{B}"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [((), [f"{NGINX}:1.24.0", f"{NGINX}:1.25.3"]), (("--digest",), [f"{NGINX}@{A}", f"{NGINX}@{B}"])],
    ids=["by tag", "by digest"],
)
def test_argo_cd_sets_the_images_one_by_one(
    options: tuple[str, ...], expected: list[str], run_cli: RunCli, folder: Path, kustomize: Path
) -> None:
    """As it does itself: `kustomize edit set image`, util/kustomize/kustomize.go of argo-cd."""
    (folder / "app/all.yaml").write_text(DEPLOYMENT)
    shown = yaml.safe_load(run_cli("rewrite", "argocd", *options, "app/all.yaml").stdout)
    (folder / "app/kustomization.yaml").write_text("resources: [all.yaml]\n")
    argv = [str(kustomize), "edit", "set", "image", *shown["spec"]["source"]["kustomize"]["images"]]
    subprocess.run(argv, cwd=folder / "app", check=True)
    built = subprocess.run([str(kustomize), "build", "app"], capture_output=True, text=True, check=True)
    assert sorted(image for document in yaml.safe_load_all(built.stdout) for image in images_in(document)) == expected
