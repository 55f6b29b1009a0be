"""`mirrorgen rewrite` for kustomize and those that build on it: which names get which new ones, and which stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Result, RunCli
from tests.consumers.mirror import (
    CUSTOM,
    DEPLOYMENT,
    DIGESTS,
    HOST,
    LIST,
    NGINX,
    PROMETHEUS,
    TARGET,
    B,
    complaints,
    write_list,
)


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    write_list(in_folder)
    (in_folder / "web.yaml").write_text(DEPLOYMENT)
    return in_folder


def images(result: Result) -> list[dict[str, Any]]:
    document: dict[str, Any] = yaml.safe_load(result.stdout)
    assert (document["apiVersion"], document["kind"]) == ("kustomize.config.k8s.io/v1alpha1", "Component")
    found: list[dict[str, Any]] = document["images"]
    return found


def test_names_are_those_of_the_files(run_cli: RunCli) -> None:
    result = run_cli("rewrite", "kustomize", "web.yaml")
    assert (result.exit_code, complaints(result)) == (0, [])
    assert images(result) == [
        {"name": "docker.io/library/nginx", "newName": NGINX},
        {"name": "nginx", "newName": NGINX},
    ]


def test_without_files_every_name_of_every_source(run_cli: RunCli) -> None:
    names = {image["name"]: image["newName"] for image in images(run_cli("rewrite", "kustomize"))}
    hosts = ("docker.io/", "index.docker.io/", "")
    assert names == {
        **{f"{host}{path}nginx": NGINX for host in hosts for path in ("library/", "")},
        "quay.io/prometheus/prometheus": PROMETHEUS,
    }


def test_an_image_that_is_not_mirrored_is_named(run_cli: RunCli, folder: Path) -> None:
    (folder / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: busybox:1\n"
    )
    result = run_cli("rewrite", "kustomize", "web.yaml", "pod.yaml")
    assert result.exit_code == 3
    assert complaints(result) == ["pod.yaml:6:12: busybox:1: the list has no entry for docker.io/library/busybox"]
    assert [image["name"] for image in images(result)] == ["docker.io/library/nginx", "nginx"]


def test_a_name_stays_where_one_of_its_tags_is_not_mirrored(run_cli: RunCli, folder: Path) -> None:
    (folder / "web.yaml").write_text(DEPLOYMENT.replace("docker.io/library/nginx:1.24.0", "nginx:1.19"))
    result = run_cli("rewrite", "kustomize", "web.yaml")
    assert (result.exit_code, images(result)) == (3, [])
    assert complaints(result) == [
        "web.yaml:11:18: nginx:1.19: the list does not ask for the tag '1.19' of docker.io/library/nginx",
        "web.yaml:14:18: nginx:1.25.3: a new name is that of every tag, and nginx:1.19 is not mirrored",
    ]


def test_a_name_stays_where_its_tags_are_in_several_repositories(run_cli: RunCli, folder: Path) -> None:
    write_list(
        folder,
        f"{TARGET}images:\n  - {{source: nginx, tags: ['1.24.0'], repository: mirror/old}}\n"
        "  - {source: nginx, tags: ['1.25.3'], repository: mirror/new}\n",
    )
    result = run_cli("rewrite", "kustomize")
    reason = f"a new name is that of every tag, and its tags are in several repositories: {HOST}/mirror/new, "
    assert (result.exit_code, images(result)) == (3, [])
    assert result.stderr == f"docker.io/library/nginx: {reason}{HOST}/mirror/old\n"
    # The files have one tag for each name.
    named = {image["name"]: image["newName"] for image in images(run_cli("rewrite", "kustomize", "web.yaml"))}
    assert named == {"docker.io/library/nginx": f"{HOST}/mirror/old", "nginx": f"{HOST}/mirror/new"}


def test_an_image_that_is_at_the_mirror_stays(run_cli: RunCli, folder: Path) -> None:
    (folder / "web.yaml").write_text(DEPLOYMENT.replace("nginx:1.25.3", f"{NGINX}:1.25.3"))
    result = run_cli("rewrite", "kustomize", "web.yaml")
    assert (result.exit_code, [image["name"] for image in images(result)]) == (0, ["docker.io/library/nginx"])


def test_kustomize_is_told_of_fields_where_it_does_not_look(run_cli: RunCli, folder: Path) -> None:
    (folder / "web.yaml").write_text(f"{DEPLOYMENT}---\n{CUSTOM}")
    (transformer,) = yaml.safe_load(run_cli("rewrite", "kustomize", "web.yaml").stdout)["transformers"]
    assert yaml.safe_load(transformer) == {
        "apiVersion": "builtin",
        "kind": "ImageTagTransformer",
        "metadata": {"name": "mirror-1"},
        "imageTag": {"name": "quay.io/prometheus/prometheus", "newName": PROMETHEUS},
        "fieldSpecs": [{"kind": "Prometheus", "path": "spec/image"}],
    }


def test_digests_are_those_of_the_lock(run_cli: RunCli, folder: Path) -> None:
    write_list(folder, LIST, DIGESTS)
    result = run_cli("rewrite", "kustomize", "--digest", "web.yaml")
    assert (result.exit_code, complaints(result)) == (0, [])
    assert images(result)[1] == {"name": "nginx", "newName": NGINX, "digest": B}


def test_what_no_lock_settles_is_renamed_and_not_pinned(run_cli: RunCli) -> None:
    result = run_cli("rewrite", "kustomize", "--digest", "web.yaml")
    reason = "it is not pinned: neither the list nor a lock says for good which digest it has"
    assert (result.exit_code, images(result)[1]) == (3, {"name": "nginx", "newName": NGINX})
    assert complaints(result)[1] == f"web.yaml:14:18: nginx:1.25.3: {reason}"


def test_one_digest_is_not_given_to_two_tags(run_cli: RunCli, folder: Path) -> None:
    write_list(folder, LIST, DIGESTS)
    (folder / "web.yaml").write_text(DEPLOYMENT.replace("docker.io/library/nginx", "nginx"))
    result = run_cli("rewrite", "kustomize", "--digest", "web.yaml")
    assert (result.exit_code, images(result)) == (3, [{"name": "nginx", "newName": NGINX}])
    assert result.stderr.count("one digest would be that of every tag, and this name has several") == 2


def test_a_digest_for_all_tags_of_the_list_is_refused(run_cli: RunCli, folder: Path) -> None:
    write_list(folder, LIST, DIGESTS)
    result = run_cli("rewrite", "argocd", "--digest")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "has one digest for all tags" in result.stderr


def test_flux_has_the_images_in_a_kustomization_and_behind_a_chart(run_cli: RunCli) -> None:
    expected = images(run_cli("rewrite", "kustomize", "web.yaml"))
    kustomization = yaml.safe_load(run_cli("rewrite", "flux", "web.yaml").stdout)
    assert kustomization == {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "spec": {"images": expected},
    }
    release = yaml.safe_load(run_cli("rewrite", "flux-helm", "web.yaml").stdout)
    assert release == {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "spec": {"postRenderers": [{"kustomize": {"images": expected}}]},
    }


def test_argo_cd_has_each_image_on_a_line(run_cli: RunCli, folder: Path) -> None:
    write_list(folder, LIST, DIGESTS)
    shown = yaml.safe_load(run_cli("rewrite", "argocd", "web.yaml").stdout)
    pinned = yaml.safe_load(run_cli("rewrite", "argocd", "--digest", "web.yaml").stdout)
    assert shown["spec"]["source"]["kustomize"]["images"] == [f"docker.io/library/nginx={NGINX}", f"nginx={NGINX}"]
    assert pinned["spec"]["source"]["kustomize"]["images"][1] == f"nginx={NGINX}@{B}"


@pytest.mark.parametrize(("form", "who"), [("flux", "Flux"), ("flux-helm", "Flux"), ("argocd", "Argo CD")])
def test_what_stays_where_nobody_can_be_told_of_a_field_is_named(
    run_cli: RunCli, folder: Path, form: str, who: str
) -> None:
    (folder / "web.yaml").write_text(f"{DEPLOYMENT}---\n{CUSTOM}")
    result = run_cli("rewrite", form, "web.yaml")
    said = f"kustomize does not look at spec.image, and {who} has no place to tell it to"
    line = DEPLOYMENT.count("\n") + 6
    assert complaints(result) == [f"web.yaml:{line}:10: quay.io/prometheus/prometheus:v2.48.0: {said}"]
    assert result.exit_code == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["docker"], "Docker Engine takes mirrors for Docker Hub only, and none with a path"),
        (["kustomise"], "'kustomise' is not a form"),
        (["kustomize", "--check"], "kustomize writes no file, which --check could compare"),
        (["kustomize", "--from", "kubernets", "web.yaml"], "there is no format 'kubernets'"),
    ],
)
def test_what_cannot_work_is_refused(words: list[str], said: str, run_cli: RunCli) -> None:
    result = run_cli("rewrite", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_file_that_cannot_be_read_is_named(run_cli: RunCli, folder: Path) -> None:
    (folder / "web.yaml").write_text(DEPLOYMENT.replace("nginx:1.25.3", "'{{ .Values.image }}'"))
    result = run_cli("rewrite", "kustomize", "web.yaml")
    assert (result.exit_code, [image["name"] for image in images(result)]) == (3, ["docker.io/library/nginx"])
    assert "web.yaml:14:18: {{ .Values.image }}: it is a template that nobody has filled in" in result.stderr
    (folder / "web.yaml").write_bytes(b"\xff")
    assert run_cli("rewrite", "kustomize", "web.yaml").exit_code == 1
