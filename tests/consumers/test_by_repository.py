"""`mirrorgen rewrite` for machines that pull: what is led to the mirror, and what is said of the rest."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

from tests.conftest import RunCli
from tests.consumers.mirror import DEPLOYMENT, HOST, NGINX, PROMETHEUS, TARGET, complaints, write_list


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    write_list(in_folder)
    return in_folder


@pytest.mark.parametrize("form", ["podman", "crio"])
def test_each_repository_has_an_entry_of_its_own(form: str, run_cli: RunCli) -> None:
    result = run_cli("rewrite", form)
    assert (result.exit_code, result.stderr) == (0, "")
    assert tomllib.loads(result.stdout) == {
        "registry": [
            {"prefix": source, "location": source, "mirror": [{"location": target}]}
            for source, target in (("docker.io/library/nginx", NGINX), ("quay.io/prometheus/prometheus", PROMETHEUS))
        ]
    }


def test_k3s_has_a_rewrite_for_each_repository(run_cli: RunCli, folder: Path) -> None:
    write_list(
        folder, f'{TARGET}images:\n  - {{source: quay.io/a.b/c_d-e, tags: ["1"]}}\n  - {{source: nginx, tags: ["1"]}}\n'
    )
    assert yaml.safe_load(run_cli("rewrite", "k3s").stdout) == {
        "mirrors": {
            "docker.io": {"endpoint": [f"https://{HOST}"], "rewrite": {"^library/nginx$": "mirror/docker-hub/nginx"}},
            "quay.io": {"endpoint": [f"https://{HOST}"], "rewrite": {r"^a\.b/c_d-e$": "mirror/quay/a.b/c_d-e"}},
        }
    }


@pytest.mark.parametrize("form", ["podman", "k3s"])
def test_with_files_it_is_about_what_they_name(form: str, run_cli: RunCli, folder: Path) -> None:
    (folder / "web.yaml").write_text(DEPLOYMENT.replace("docker.io/library/nginx:1.24.0", "busybox:1"))
    result = run_cli("rewrite", form, "web.yaml")
    assert result.exit_code == 3
    assert complaints(result) == ["web.yaml:11:18: busybox:1: the list has no entry for docker.io/library/busybox"]
    assert "library/nginx" in result.stdout
    assert "prometheus" not in result.stdout


@pytest.mark.parametrize("form", ["podman", "k3s"])
def test_another_host_for_those_who_pull_is_named(form: str, run_cli: RunCli, folder: Path) -> None:
    (folder / "web.yaml").write_text(DEPLOYMENT.replace("nginx:1.25.3", "registry-1.docker.io/library/nginx:1.25.3"))
    result = run_cli("rewrite", form, "web.yaml")
    written = "registry-1.docker.io/library/nginx"
    reason = f"{written} is another name for those who pull, and this form has docker.io/library/nginx alone"
    assert complaints(result) == [
        f"web.yaml:14:18: {written}:1.25.3: {reason}",
        "  hint: write docker.io/library/nginx",
    ]
    assert result.exit_code == 3


@pytest.mark.parametrize("form", ["podman", "k3s", "kustomize"])
def test_a_repository_with_tags_of_several_sources_is_named(form: str, run_cli: RunCli, folder: Path) -> None:
    entries = [f"  - {{source: quay.io/org/{name}, tags: ['{name}'], repository: all}}\n" for name in ("one", "two")]
    write_list(folder, f"{TARGET}images:\n{''.join(entries)}  - {{source: nginx, tags: ['1']}}\n")
    result = run_cli("rewrite", form)
    assert result.exit_code == 3
    # Otherwise `quay.io/org/one:two`, which is not mirrored, would be the image of the other source.
    assert (
        f"quay.io/org/one: {'a new name is that of every tag' if form == 'kustomize' else 'this form has no tags'}, "
        in (result.stderr)
    )
    assert f"{HOST}/all has tags of quay.io/org/two, too" in result.stderr
    assert "/nginx" in result.stdout
    assert "/all" not in result.stdout


@pytest.mark.parametrize("form", ["podman", "k3s"])
def test_a_source_in_several_repositories_is_named(form: str, run_cli: RunCli, folder: Path) -> None:
    entries = [f"  - {{source: nginx, tags: ['{tag}'], repository: mirror/{tag}}}\n" for tag in ("old", "new")]
    write_list(folder, f"{TARGET}images:\n{''.join(entries)}")
    result = run_cli("rewrite", form)
    reason = f"this form has no tags, and its tags are in {HOST}/mirror/new and {HOST}/mirror/old"
    assert (result.exit_code, result.stderr) == (3, f"docker.io/library/nginx: {reason}\n")
    assert "library/nginx" not in result.stdout


@pytest.mark.parametrize(
    ("tls", "insecure", "endpoint", "configs"),
    [
        ("disabled", True, "http://harbor.example.com", None),
        (
            "insecure",
            True,
            "https://harbor.example.com",
            {"harbor.example.com": {"tls": {"insecure_skip_verify": True}}},
        ),
        ("enabled", None, "https://harbor.example.com", None),
    ],
)
def test_how_the_mirror_is_reached_is_how_the_list_has_it(
    tls: str, insecure: bool | None, endpoint: str, configs: object, run_cli: RunCli, folder: Path
) -> None:
    target = f"target: {{registry: harbor.example.com/mirror, tls: {tls}}}\n"
    write_list(folder, f'{target}images:\n  - {{source: nginx, tags: ["1"]}}\n')
    (registry,) = tomllib.loads(run_cli("rewrite", "podman").stdout)["registry"]
    assert registry["mirror"][0].get("insecure") == insecure
    document = yaml.safe_load(run_cli("rewrite", "k3s").stdout)
    assert document["mirrors"]["docker.io"]["endpoint"] == [endpoint]
    assert document.get("configs") == configs


@pytest.mark.parametrize("form", ["podman", "crio", "k3s"])
def test_digests_cannot_be_asked_for(form: str, run_cli: RunCli) -> None:
    result = run_cli("rewrite", form, "--digest")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "this form has no tags, so it can have no digests" in result.stderr
