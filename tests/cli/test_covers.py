"""`mirrorgen covers`: which images of files the list mirrors, where each stands, and what the list lacks."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import RunCli
from tests.locks import write_lock

A, B = (f"sha256:{letter * 64}" for letter in "ab")
LIST = """\
target: {account_id: "123456789012", region: eu-west-1}
images:
  # the web
  - source: docker.io/library/nginx
    tags: ["1.25.3", latest] # keep both
  - source: ghcr.io/rule
    tags: {semver: [">=2 <3"]}
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers:
    - {name: first, image: busybox:1.36}
  containers:
    - name: web
      image: nginx:1.25.3
    - name: new
      image: nginx:1.26
"""
GOOD = POD.replace("busybox:1.36", "nginx").replace("1.26", "1.25.3")


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    (in_folder / "images.yaml").write_text(LIST)
    (in_folder / "pod.yaml").write_text(POD)
    (in_folder / "good.yaml").write_text(GOOD)
    return in_folder


def test_what_is_mirrored_is_shown_with_its_name_in_the_target(run_cli: RunCli) -> None:
    result = run_cli("covers", "good.yaml")
    assert (result.exit_code, result.stdout) == (
        0,
        "image         named at                   in the target                   digest\n"
        "nginx         good.yaml:6:28             mirror/docker-hub/nginx:latest  -\n"
        "nginx:1.25.3  good.yaml:9:14 and 1 more  mirror/docker-hub/nginx:1.25.3  -\n"
        "\n"
        "Images mirrored: 3.\n",
    )
    assert result.stderr == "good.yaml: read as Kubernetes objects; if it is not, say --from FORMAT\n"


def test_what_is_missing_is_named_with_its_place_and_a_patch_for_the_list(run_cli: RunCli) -> None:
    result = run_cli("covers", "pod.yaml")
    assert result.exit_code == 3
    assert result.stdout.partition("Not mirrored:\n")[2] == (
        "  pod.yaml:6:28: busybox:1.36: the list has no entry for docker.io/library/busybox\n"
        "  pod.yaml:11:14: nginx:1.26: the list does not ask for the tag '1.26' of docker.io/library/nginx\n"
        "\nWhat the list lacks:\n\n"
        "--- a/images.yaml\n"
        "+++ b/images.yaml\n"
        "@@ -2,6 +2,8 @@\n"
        " images:\n"
        "   # the web\n"
        "   - source: docker.io/library/nginx\n"
        '-    tags: ["1.25.3", latest] # keep both\n'
        '+    tags: ["1.25.3", latest, "1.26"] # keep both\n'
        "   - source: ghcr.io/rule\n"
        '     tags: {semver: [">=2 <3"]}\n'
        "+  - source: docker.io/library/busybox\n"
        '+    tags: ["1.36"]\n'
        "\nImages mirrored: 1, not mirrored: 2.\n"
    )


def test_the_patch_is_one_that_git_applies_and_that_write_would_make(folder: Path, run_cli: RunCli) -> None:
    patch = json.loads(run_cli("covers", "pod.yaml", "--format", "json").stdout)["patch"]
    assert (folder / "images.yaml").read_text() == LIST
    subprocess.run(["git", "apply", "-"], cwd=folder, input=patch, text=True, check=True)
    patched = (folder / "images.yaml").read_text()
    assert run_cli("covers", "pod.yaml").exit_code == 0

    (folder / "images.yaml").write_text(LIST)
    written = run_cli("covers", "pod.yaml", "--write")
    assert (written.exit_code, (folder / "images.yaml").read_text()) == (0, patched)
    assert "wrote images.yaml; go on with `mirrorgen generate`" in written.stderr


def test_a_place_in_a_file_is_that_of_the_name_and_not_of_its_quotes(folder: Path, run_cli: RunCli) -> None:
    (folder / "pod.yaml").write_text(POD.replace("nginx:1.26", '"nginx:1.26"'))
    image = json.loads(run_cli("covers", "pod.yaml", "--format", "json").stdout)["images"][-1]
    line = (folder / "pod.yaml").read_text().splitlines()[image["line"] - 1]
    assert line[image["column"] - 1 :].lstrip('"').startswith("nginx:1.26")
    assert image["path"] == "spec.containers[1].image"


def test_what_cannot_be_read_is_not_covered(folder: Path, run_cli: RunCli) -> None:
    (folder / "pod.yaml").write_text(GOOD.replace("nginx:1.25.3", '"{{ .Values.image }}"'))
    result = run_cli("covers", "pod.yaml")
    assert result.exit_code == 3
    assert "Could not be read:\n  pod.yaml:9:14: {{ .Values.image }}: " in result.stdout
    (folder / "pod.yaml").write_text("a: [")
    assert run_cli("covers", "pod.yaml", "--from", "kubernetes").exit_code == 3
    (folder / "pod.yaml").write_text("")
    assert run_cli("covers", "pod.yaml").exit_code == 3


def test_a_chart_whose_images_are_not_read_is_named(folder: Path, run_cli: RunCli) -> None:
    release = "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop}\n"
    (folder / "good.yaml").write_text(GOOD + release)
    result = run_cli("covers", "good.yaml")
    assert result.exit_code == 0
    assert "To know:\n  good.yaml:14:7: the images of its chart stand there, and are not read; " in result.stdout


def test_own_images_may_be_excepted(run_cli: RunCli) -> None:
    result = run_cli("covers", "pod.yaml", "--except", "*/busybox", "--except", "docker.io/library/ng*")
    assert (result.exit_code, result.stdout) == (0, "Images mirrored: 0, excepted: 3.\n")


@pytest.mark.parametrize(
    ("name", "text", "args"),
    [
        ("-", "nginx:1.26\n", ()),
        ("list.txt", "# what runs\nnginx:1.26\n", ()),
        ("compose.yaml", "services: {web: {image: 'nginx:${TAG}'}}\n", ()),
        ("Dockerfile", "FROM nginx:1.26\n", ()),
        ("pods.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "nginx:1.26"}]}}]}), ()),
        ("task.json", json.dumps({"containerDefinitions": [{"name": "a", "image": "nginx:1.26"}]}), ()),
        ("settings.yaml", "kind: ConfigMap\ndata: {image: 'nginx:1.26'}\n", ("--from", "kubernetes", "--deep")),
    ],
)  # fmt: skip
def test_formats_and_standard_input(name: str, text: str, args: tuple[str, ...], folder: Path, run_cli: RunCli) -> None:
    (folder / ".env").write_text("TAG=1.26\n")
    if name != "-":
        (folder / name).write_text(text)
    result = run_cli("covers", name, *args, "--format", "json", stdin=text if name == "-" else "")
    assert result.exit_code == 3, result
    (image,) = json.loads(result.stdout)["images"]
    assert (image["file"], image["mirrored"], image["lack"]) == (name, False, "tag")


def test_json_has_every_image_also_those_of_several_places(run_cli: RunCli) -> None:
    document = json.loads(run_cli("covers", "good.yaml", "--format", "json").stdout)
    assert [(image["line"], image["mirrored"]) for image in document["images"]] == [(6, True), (9, True), (11, True)]
    assert document["patch"] == ""


def test_github_gets_annotations_in_the_files_that_name_images(run_cli: RunCli) -> None:
    assert run_cli("covers", "pod.yaml", "--format", "github").stdout == (
        "::error file=pod.yaml,line=6,col=28,title=image-not-mirrored::"
        "busybox:1.36: the list has no entry for docker.io/library/busybox\n"
        "::error file=pod.yaml,line=11,col=14,title=image-not-mirrored::"
        "nginx:1.26: the list does not ask for the tag '1.26' of docker.io/library/nginx\n"
    )


def test_sarif_has_a_result_for_each(folder: Path, run_cli: RunCli) -> None:
    (folder / "list.txt").write_text("nginx:1.26\nghcr.io/rule:2.1\nhttps://nginx\n")
    (run,) = json.loads(run_cli("covers", "list.txt", "--format", "sarif").stdout)["runs"]
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("image-not-mirrored", "error"),
        ("image-in-doubt", "warning"),
        ("image-not-read", "error"),
    ]


def test_markdown_is_added_to_the_page_of_a_job(folder: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    shown = run_cli("covers", "pod.yaml", "--format", "markdown").stdout
    assert shown.startswith("Images mirrored: 1, not mirrored: 2.\n")
    assert (folder / "summary.md").read_text() == f"## mirrorgen covers\n\n{shown}\n"


def test_a_digest_that_only_a_lock_could_know_is_left_to_it(folder: Path, run_cli: RunCli) -> None:
    (folder / "list.txt").write_text(f"nginx:1.25.3@{A}\n")
    written = run_cli("covers", "list.txt", "--write")
    assert (written.exit_code, (folder / "images.yaml").read_text()) == (3, LIST)
    assert "run `mirrorgen lock`" in written.stdout
    (folder / "list.txt").write_text(f"nginx@{A}\n")
    assert run_cli("covers", "list.txt", "--write").exit_code == 3
    assert (folder / "images.yaml").read_text() == LIST

    write_lock(folder / "images.yaml", {"docker.io/library/nginx": {"1.25.3": A, "latest": B}, "ghcr.io/rule": {}})
    result = run_cli("covers", "list.txt")
    assert result.exit_code == 0
    assert "mirror/docker-hub/nginx:1.25.3  sha256:aaaaaaaaaaaa\n" in result.stdout


def test_another_digest_than_that_of_the_lock_gets_a_tag_of_its_own(folder: Path, run_cli: RunCli) -> None:
    (folder / "list.txt").write_text(f"nginx:1.25.3@{B}\n")
    write_lock(folder / "images.yaml", {"docker.io/library/nginx": {"1.25.3": A, "latest": A}, "ghcr.io/rule": {}})
    result = run_cli("covers", "list.txt")
    assert result.exit_code == 3
    assert f"the list has '1.25.3' of docker.io/library/nginx with the digest {A}" in result.stdout
    assert re.search(rf'\n\+ .*"[\w.-]+": "{B}"', result.stdout.partition("What the list lacks")[2]), result.stdout


def test_what_cannot_be_added_is_said(folder: Path, run_cli: RunCli) -> None:
    (folder / "images.yaml").write_text(LIST.replace("[\"1.25.3\", latest] # keep both", "&t [latest]")
                                        + "  - {source: quay.io/a, tags: *t}\n")  # fmt: skip
    before = (folder / "images.yaml").read_text()
    (folder / "list.txt").write_text("nginx:1.26\n")
    result = run_cli("covers", "list.txt", "--write")
    assert (result.exit_code, (folder / "images.yaml").read_text()) == (3, before)
    assert "For you to add by hand:\n  list.txt:1:1: nginx:1.26: " in result.stdout


@pytest.mark.parametrize("args", [(), ("gone.yaml",), ("pod.yaml", "--from", "nothing")])
def test_wrong_usage_is_no_difference(args: tuple[str, ...], run_cli: RunCli) -> None:
    assert run_cli("covers", *args).exit_code in {1, 2}


def test_a_list_that_is_wrong_covers_nothing(folder: Path, run_cli: RunCli) -> None:
    (folder / "images.yaml").write_text(LIST.replace("latest", "'1.25.3'"))
    result = run_cli("covers", "good.yaml")
    assert (result.exit_code, result.stdout) == (1, "")


def test_no_password_is_repeated(folder: Path, run_cli: RunCli) -> None:
    (folder / "list.txt").write_text("me:s3cret@quay.io/app\n")
    for output in ("text", "json", "github", "sarif", "markdown"):
        result = run_cli("covers", "list.txt", "--format", output)
        assert result.exit_code == 3
        assert "s3cret" not in result.stdout + result.stderr
