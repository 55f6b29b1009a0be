"""What `mirrorgen rewrite helm-values` writes, given to the real helm beside a chart as people write them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.versions import find_tool
from tests.conftest import RunCli
from tests.consumers.mirror import DIGESTS, LIST, NGINX, PROMETHEUS, B, write_list

VALUES = """\
global: {imageRegistry: ""}
image: {registry: docker.io, repository: library/nginx, tag: "", digest: ""}
metrics: {image: {repository: quay.io/prometheus/prometheus, tag: v2.48.0}}
hook: {image: "nginx:latest"}
"""
# The first is how charts with `global.imageRegistry` join the parts.
TEMPLATE = """\
{{- $image := .Values.image }}
{{- $registry := .Values.global.imageRegistry | default $image.registry }}
web: {{ $registry }}/{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- with $image.digest }}@{{ . }}{{ end }}
metrics: "{{ .Values.metrics.image.repository }}:{{ .Values.metrics.image.tag }}"
hook: {{ .Values.hook.image | quote }}
"""


@pytest.fixture
def helm(base_env: dict[str, str], request: pytest.FixtureRequest) -> str:
    found = find_tool("helm", ProcessRunner(), base_env)
    if found.trouble and not request.config.getoption("--soak"):
        pytest.skip(f"helm {found.trouble}; `mirrorgen tools install helm` builds it")
    return str(found.usable().path)


@pytest.fixture(autouse=True)
def chart(in_folder: Path) -> Path:
    write_list(in_folder, LIST, DIGESTS)
    (in_folder / "web/templates").mkdir(parents=True)
    (in_folder / "web/Chart.yaml").write_text("{apiVersion: v2, name: web, version: 0.1.0, appVersion: 1.25.3}\n")
    (in_folder / "web/values.yaml").write_text(VALUES)
    (in_folder / "web/templates/all.yaml").write_text(TEMPLATE)
    return in_folder


def rendered(helm: str, *options: str) -> list[str]:
    argv = [helm, "template", "web", "web", *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return re.findall(r'^(?:web|metrics|hook): "?([^"\n]+)', done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ([], [f"{NGINX}:1.25.3", f"{PROMETHEUS}:v2.48.0", f"{NGINX}:latest"]),
        (["--digest"], [f"{NGINX}:1.25.3@{B}", f"{PROMETHEUS}:v2.48.0", f"{NGINX}:latest"]),
    ],
    ids=["by tag", "by digest"],
)
def test_the_chart_names_the_images_of_the_mirror(
    option: list[str], expected: list[str], helm: str, run_cli: RunCli, chart: Path
) -> None:
    assert rendered(helm) == ["docker.io/library/nginx:1.25.3", "quay.io/prometheus/prometheus:v2.48.0", "nginx:latest"]
    result = run_cli("rewrite", "helm-values", *option, "web/values.yaml", "web/Chart.yaml")
    (chart / "mirror.yaml").write_text(result.stdout)
    assert rendered(helm, "-f", "mirror.yaml") == expected
