"""Charts, rendered by the real helm; it takes minutes to build, so only `make soak` insists on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.versions import find_tool

LIST = """\
target: {account_id: "123456789012", region: eu-west-1}
images:
  - {source: docker.io/library/nginx, tags: ["1.25.3"]}
"""
CHART = {
    "Chart.yaml": "{apiVersion: v2, name: web, version: 1.0.0, dependencies: [{name: cache, version: 1.0.0}]}\n",
    "values.yaml": "image: {repository: nginx, tag: 1.25.3}\n",
    "templates/deploy.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  template:
    spec:
      containers:
        - name: web
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        {{- if .Values.sidecar }}
        - {name: side, image: "{{ .Values.sidecar }}"}
        {{- end }}
""",
    "templates/hook.yaml": """\
apiVersion: batch/v1
kind: Job
metadata: {name: hook, annotations: {helm.sh/hook: pre-install}}
spec: {template: {spec: {containers: [{name: h, image: "busybox:1.36"}]}}}
""",
    "charts/cache/Chart.yaml": "{apiVersion: v2, name: cache, version: 1.0.0}\n",
    "charts/cache/templates/pod.yaml": """\
apiVersion: v1
kind: Pod
metadata: {name: cache}
spec: {containers: [{name: c, image: "redis:{{ .Values.tag | default "7" }}"}]}
""",
}


@pytest.fixture(autouse=True)
def helm(base_env: dict[str, str], request: pytest.FixtureRequest) -> None:
    found = find_tool("helm", ProcessRunner(), base_env)
    if found.trouble and not request.config.getoption("--soak"):
        pytest.skip(f"helm {found.trouble}; `mirrorgen tools install helm` builds it")
    found.usable()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in CHART.items():
        path = tmp_path / "web" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "images.yaml").write_text(LIST)
    return tmp_path


def covers(folder: Path, env: dict[str, str], *args: str) -> tuple[int, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "mirrorgen", "covers", "--chart", "web", "--format", "json", *args],
        cwd=folder, env={**env, "HOME": str(folder)}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_hooks_and_charts_in_charts_are_looked_at(folder: Path, base_env: dict[str, str]) -> None:
    code, document = covers(folder, base_env)
    assert code == 3
    assert sorted((image["file"], image["image"], image["mirrored"]) for image in document["images"]) == [
        ("web/charts/cache/templates/pod.yaml", "redis:7", False),
        ("web/templates/deploy.yaml", "nginx:1.25.3", True),
        ("web/templates/hook.yaml", "busybox:1.36", False),
    ]
    assert document["refused"] == []


def test_values_decide_what_is_deployed(folder: Path, base_env: dict[str, str]) -> None:
    (folder / "first.yaml").write_text("sidecar: quay.io/side:1\nimage: {tag: 1.26}\n")
    (folder / "second.yaml").write_text("cache: {tag: 7.2}\nimage: {tag: 1.27}\n")
    _, document = covers(folder, base_env, "--values", "first.yaml", "--values", "second.yaml")
    images = {image["image"] for image in document["images"]}
    assert images == {"nginx:1.27", "quay.io/side:1", "redis:7.2", "busybox:1.36"}


def test_a_packed_chart_is_one_too(folder: Path, base_env: dict[str, str]) -> None:
    helm = find_tool("helm", ProcessRunner(), base_env).usable()
    subprocess.run([helm.path, "package", "web"], cwd=folder, env=base_env, check=True, capture_output=True)
    _, document = covers(folder, base_env, "--chart", "web-1.0.0.tgz")
    assert len(document["images"]) == 3


def test_what_a_chart_makes_in_a_pipe_is_read_as_well(folder: Path, base_env: dict[str, str]) -> None:
    helm = find_tool("helm", ProcessRunner(), base_env).usable()
    rendered = subprocess.run(
        [helm.path, "template", "web"], cwd=folder, env=base_env, check=True, capture_output=True, text=True
    ).stdout
    done = subprocess.run(
        [sys.executable, "-m", "mirrorgen", "covers", "-", "--format", "json"],
        cwd=folder, env={**base_env, "HOME": str(folder)}, input=rendered, capture_output=True, text=True, check=False,
    )  # fmt: skip
    piped = {image["image"] for image in json.loads(done.stdout)["images"]}
    assert piped == {image["image"] for image in covers(folder, base_env)[1]["images"]}


def test_a_chart_learns_nothing_of_a_cluster_and_asks_no_name_server(folder: Path, base_env: dict[str, str]) -> None:
    (folder / "web/templates/spy.yaml").write_text(
        """\
apiVersion: v1
kind: Pod
metadata: {name: spy}
spec:
  containers:
    - name: s
      {{- $names := getHostByName "localhost" }}
      image: 'seen/{{ len (lookup "v1" "Namespace" "" "") }}{{ $names }}:{{ len (.Files.Glob "../*") }}'
"""
    )
    _, document = covers(folder, {**base_env, "KUBECONFIG": os.devnull})
    assert "seen/0:0" in {image["image"] for image in document["images"]}
