"""`mirrorgen covers --chart`, with a program in the place of helm that keeps what it was given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import RunCli

LIST = """\
target: {account_id: "123456789012", region: eu-west-1}
images:
  - {source: docker.io/library/nginx, tags: ["1.25.3"]}
"""
RENDERED = """\
---
# Source: web/charts/cache/templates/pod.yaml
apiVersion: v1
kind: Pod
spec: {containers: [{image: "redis:7"}]}
---
# Source: web/templates/deploy.yaml
apiVersion: v1
kind: Pod
spec:
  containers:
    - image: nginx:1.25.3
    - image: "{{ left }}"
"""
HELM = """\
#!/bin/sh
[ "$1" = version ] && echo v3.19.5 && exit
env > "$0.env"
for word; do echo "$word"; done > "$0.argv"
[ -e "$0.fails" ] && echo "Error: found in Chart.yaml, but missing in charts/ directory: cache" >&2 && exit 1
[ -e "$0.endless" ] && exec yes "# more and more and more"
cat "$0.rendered"
"""


@pytest.fixture(autouse=True)
def helm(tmp_path: Path, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    helm = tmp_path / "programs/helm"
    helm.parent.mkdir()
    helm.write_text(HELM)
    helm.chmod(0o755)
    helm.with_name("helm.rendered").write_text(RENDERED)
    monkeypatch.setenv("MIRRORGEN_HELM", str(helm))
    (in_folder / "images.yaml").write_text(LIST)
    (in_folder / "chart").mkdir()
    (in_folder / "prod.yaml").write_text("a: 1\n")
    return helm


def test_each_image_stands_at_the_template_that_makes_it(run_cli: RunCli) -> None:
    result = run_cli("covers", "--chart", "chart", "--format", "json")
    assert result.exit_code == 3, result
    document = json.loads(result.stdout)
    assert [(image["file"], image["line"], image["image"]) for image in document["images"]] == [
        ("chart/charts/cache/templates/pod.yaml", 0, "redis:7"),
        ("chart/templates/deploy.yaml", 0, "nginx:1.25.3"),
    ]
    assert [refused["file"] for refused in document["refused"]] == ["chart/templates/deploy.yaml"]
    text = run_cli("covers", "--chart", "chart").stdout
    assert "  chart/charts/cache/templates/pod.yaml: redis:7: the list has no entry for " in text


def test_helm_gets_paths_that_are_no_options_and_nothing_of_a_cluster(
    helm: Path, in_folder: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KUBECONFIG", "HELM_KUBETOKEN", "HELM_PLUGINS", "HELM_REGISTRY_CONFIG", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "s3cret")
    (in_folder / "--debug").mkdir()
    run_cli("covers", "--chart=--debug", "--values", "prod.yaml")
    assert helm.with_name("helm.argv").read_text().splitlines() == [
        *("template", f"--values={in_folder}/prod.yaml", "release", f"{in_folder}/--debug")
    ]
    assert "s3cret" not in helm.with_name("helm.env").read_text()


def test_files_and_a_chart_are_one_result(in_folder: Path, run_cli: RunCli) -> None:
    (in_folder / "list.txt").write_text("nginx:1.25.3\n")
    document = json.loads(run_cli("covers", "list.txt", "--chart", "chart", "--format", "json").stdout)
    assert [image["file"] for image in document["images"]][:2] == ["list.txt", "chart/charts/cache/templates/pod.yaml"]
    assert document["formats"] == ["kubernetes", "plain"]


def test_a_chart_that_helm_refuses_covers_nothing(helm: Path, run_cli: RunCli) -> None:
    helm.with_name("helm.fails").touch()
    result = run_cli("covers", "--chart", "chart")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "missing in charts/ directory: cache" in result.stderr
    assert "hint: `helm dependency build` fetches" in result.stderr


@pytest.mark.parametrize(
    "args", [("--chart", "gone"), ("--chart", "chart", "--values", "gone"), ("--chart", "oci://x/y")]
)
def test_only_what_is_on_disk_is_rendered(args: tuple[str, ...], helm: Path, run_cli: RunCli) -> None:
    result = run_cli("covers", *args)
    assert result.exit_code == 1
    assert not helm.with_name("helm.argv").exists()


def test_a_chart_that_makes_no_end_of_it_is_ended(helm: Path, run_cli: RunCli) -> None:
    helm.with_name("helm.endless").touch()
    result = run_cli("covers", "--chart", "chart")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "helm printed more than 67108864 bytes" in result.stderr


def test_values_are_for_a_chart(run_cli: RunCli) -> None:
    assert run_cli("covers", "list.txt", "--values", "prod.yaml").exit_code == 2


def test_without_helm_it_is_said_how_to_get_it(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIRRORGEN_HELM")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("MIRRORGEN_CACHE_DIR", "/nowhere")
    result = run_cli("covers", "--chart", "chart")
    assert result.exit_code == 4
    assert "run `mirrorgen tools install helm`, or name the program's path in MIRRORGEN_HELM" in result.stderr
    # Nobody else is asked to install it.
    assert "helm:" not in run_cli("doctor").stdout
