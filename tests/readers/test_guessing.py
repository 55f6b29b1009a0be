"""What a file is guessed to be where its words are those of another format, too."""

from __future__ import annotations

import pytest

from mirrorgen.readers.contract import Around
from mirrorgen.readers.formats import read

COMPOSE = """\
services:
  auth:
    image: quay.io/keycloak/keycloak:26.0
  web:
    image: nginx:1.27
    volumes: ["images:/data"]
volumes:
  images:
"""

HELM_RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
  values:
    auth:
      enabled: true
    images:
      app: {repository: ghcr.io/org/app, tag: "1.2"}
"""

CLUSTER = """\
{
    "apiVersion": "v1",
    "items": [
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "status": {
            "sync": {"status": "Synced"}}},
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {
            "target": {"type": "Utilization"}}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": {
            "containers": [{"name": "web", "image": "nginx:1.27"}]}}}}
    ],
    "kind": "List"
}
"""

WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-24.04
    services:
      db:
        image: postgres:16
    steps: [{run: make}]
"""

IMAGE_SYNCER = """\
# what goes where
auth: # by variables
  quay.io: {username: "${USER}", password: "${PASSWORD}"}
images:
  quay.io/org/app:1.2: registry.example.com/org/app
"""


@pytest.mark.parametrize(
    ("text", "file", "format", "named"),
    [
        pytest.param(COMPOSE, "compose.yaml", "compose", 2, id="a service called auth and a volume called images"),
        pytest.param(HELM_RELEASE, "release.yaml", "kubernetes", 1, id="values called auth and images"),
        pytest.param(CLUSTER, "all.json", "kubernetes", 1, id="a sync of Argo CD and a target of an autoscaler"),
        pytest.param(IMAGE_SYNCER, "config.yaml", "image-syncer", 1, id="auth and images at the left"),
    ],
)
def test_words_of_another_format_below_the_top_are_no_mark_of_it(text: str, file: str, format: str, named: int) -> None:
    reading = read(text, Around(file))

    assert (reading.format, len(reading.images)) == (format, named)


@pytest.mark.parametrize(
    ("text", "file"),
    [
        pytest.param("hunter2\n", "password.txt", id="a password"),
        pytest.param("fastapi\nuvicorn\n", "requirements.txt", id="names of packages"),
        pytest.param("8\n5\n26\n", "data.txt", id="numbers"),
        pytest.param(WORKFLOW, "ci.yml", id="a workflow, whose jobs have services"),
        pytest.param("linters:\n  enable:\n    - govet\n    - github.com/x/y\n    - lll\n", ".golangci.yml", id="YAML"),
    ],
)
def test_words_that_may_be_anything_are_not_guessed_to_be_images(text: str, file: str) -> None:
    reading = read(text, Around(file))

    assert (reading.format, reading.images) == ("", ())
    assert [str(refused.place) for refused in reading.refused] == [file]
    assert "hunter2" not in str(reading)


def test_words_are_images_where_one_line_can_hardly_be_anything_else() -> None:
    assert [str(image.source) for image in read("busybox\nnginx:1.27\n", Around("list.txt")).images] == [
        "docker.io/library/busybox",
        "docker.io/library/nginx",
    ]
