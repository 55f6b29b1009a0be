"""`mirrorgen rewrite compose`: an override, merged with its file by docker-compose itself where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ORIGINAL_ENVIRONMENT, RunCli
from tests.consumers.mirror import DIGESTS, LIST, NGINX, PROMETHEUS, A, B, complaints, write_list

COMPOSE = """\
x-web: &web
  image: nginx:${WEB_TAG:-1.24.0}
  restart: always
services:
  web:
    <<: *web
    ports: ["80:80"]
  other.web:
    <<: *web
  metrics:
    image: "quay.io/prometheus/prometheus:v2.48.0"
  built:
    build: .
    image: nginx:1.25.3
"""


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    write_list(in_folder)
    (in_folder / "compose.yaml").write_text(COMPOSE)
    (in_folder / ".env").write_text("WEB_TAG=1.25.3\n")
    return in_folder


def images(document: dict[str, Any]) -> dict[str, Any]:
    return {name: service["image"] for name, service in document["services"].items() if "build" not in service}


EXPECTED = {"web": f"{NGINX}:1.25.3", "other.web": f"{NGINX}:1.25.3", "metrics": f"{PROMETHEUS}:v2.48.0"}


def test_each_service_gets_its_image_with_variables_filled_in(run_cli: RunCli) -> None:
    result = run_cli("rewrite", "compose", "compose.yaml")
    assert (result.exit_code, complaints(result)) == (0, [])
    assert yaml.safe_load(result.stdout) == {"services": {name: {"image": image} for name, image in EXPECTED.items()}}


def test_docker_compose_runs_the_images_of_the_mirror(run_cli: RunCli, folder: Path) -> None:
    if not shutil.which("docker-compose"):
        pytest.skip("the override is merged where docker-compose is")
    (folder / "mirror.yaml").write_text(run_cli("rewrite", "compose", "compose.yaml").stdout)

    def config(*files: str) -> dict[str, Any]:
        argv = ["docker-compose", *(word for file in files for word in ("-f", file)), "config"]
        env = {**ORIGINAL_ENVIRONMENT, "HOME": str(folder)}
        shown = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, check=True)
        document: dict[str, Any] = yaml.safe_load(shown.stdout)
        return document

    before, after = config("compose.yaml"), config("compose.yaml", "mirror.yaml")
    assert images(before)["web"] == "nginx:1.25.3"
    assert images(after) == EXPECTED
    # Nothing else has changed.
    for name, image in images(before).items():
        after["services"][name]["image"] = image
    assert after == before


def test_digests_are_those_of_the_lock(run_cli: RunCli, folder: Path) -> None:
    write_list(folder, LIST, DIGESTS)
    document = yaml.safe_load(run_cli("rewrite", "compose", "--digest", "compose.yaml").stdout)
    assert images(document)["web"] == f"{NGINX}:1.25.3@{B}"
    (folder / "compose.yaml").write_text(f"services:\n  web: {{image: 'nginx@{A}'}}\n")
    document = yaml.safe_load(run_cli("rewrite", "compose", "compose.yaml").stdout)
    assert images(document)["web"] == f"{NGINX}@{A}"


def test_what_an_override_cannot_change_is_named(run_cli: RunCli, folder: Path) -> None:
    volume = "{type: image, source: 'nginx:1.25.3', target: /web}"
    (folder / "compose.yaml").write_text(
        f"services:\n  web:\n    image: busybox:1\n    volumes:\n      - {volume}\n  app: {{image: 'x:${{NO_SUCH}}'}}\n"
    )
    result = run_cli("rewrite", "compose", "compose.yaml")
    assert (result.exit_code, yaml.safe_load(result.stdout)) == (3, {"services": {}})
    said = "\n".join(complaints(result))
    assert "compose.yaml:3:12: busybox:1: the list has no entry for docker.io/library/busybox" in said
    assert (
        "compose.yaml:5:31: nginx:1.25.3: it is not what a service runs, which is all that an override changes" in said
    )
    assert "compose.yaml:6:16: x:${NO_SUCH}: " in said


def test_of_several_files_the_last_says_what_a_service_runs(run_cli: RunCli, folder: Path) -> None:
    services = ("own", "mirrored", "built", "newer", "first", "tagged")
    (folder / "compose.yaml").write_text(
        "services:\n" + "".join(f"  {name}: {{image: 'nginx:1.24.0'}}\n" for name in services)
    )
    (folder / "prod.yaml").write_text(
        "services:\n  own: {image: 'registry.example.com/own:1'}\n"
        f"  mirrored: {{image: '{NGINX}:1.25.3'}}\n  built: {{build: .}}\n  newer: {{image: 'nginx:1.25.3'}}\n"
        "  tagged: {image: !override 'nginx:1.25.3', build: !reset null}\n"
    )
    result = run_cli("rewrite", "compose", "compose.yaml", "prod.yaml")
    reason = "the list has no entry for registry.example.com/own"
    assert complaints(result) == [f"prod.yaml:2:16: registry.example.com/own:1: {reason}"]
    assert images(yaml.safe_load(result.stdout)) == {
        "newer": f"{NGINX}:1.25.3",
        "first": f"{NGINX}:1.24.0",
        "tagged": f"{NGINX}:1.25.3",
    }


def test_an_override_needs_the_files(run_cli: RunCli) -> None:
    assert run_cli("rewrite", "compose").exit_code == 2
