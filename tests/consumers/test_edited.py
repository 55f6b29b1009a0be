"""`mirrorgen rewrite files`: the names of images change in place, and not one other character."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.consumers.forms import edited
from mirrorgen.consumers.mirrored import mirror_of
from mirrorgen.consumers.rewriting import order_for
from mirrorgen.project import load_texts
from mirrorgen.readers.contract import Around
from mirrorgen.readers.kubernetes import read
from tests.conftest import RunCli
from tests.consumers.mirror import CUSTOM, DEPLOYMENT, DIGESTS, LIST, NGINX, PROMETHEUS, B, complaints, write_list


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    write_list(in_folder)
    return in_folder


GUESSED = "all.yaml: read as Kubernetes objects; if it is not, say --from FORMAT\n"


def pod(*lines: str) -> str:
    return "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n" + "".join(f"  {line}\n" for line in lines)


ODD = f"""\
# A comment about nginx:1.25.3.
{DEPLOYMENT}---
{CUSTOM}
---
{{"apiVersion": "v1", "kind": "Pod", "spec": {{"containers": [{{"name":   "a", "image": 'nginx'}}], "x": "nginx:1"}}}}
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "byte order mark"])
def test_only_the_names_change(ends: str, mark: str, run_cli: RunCli, folder: Path) -> None:
    path = folder / "all.yaml"
    path.write_bytes((mark + ODD.replace("\n", ends)).encode())
    result = run_cli("rewrite", "files", "all.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"{GUESSED}wrote all.yaml\n")
    expected = (
        ODD.replace('"docker.io/library/nginx:1.24.0"', f'"{NGINX}:1.24.0"')
        .replace("image: nginx:1.25.3 #", f"image: {NGINX}:1.25.3 #")
        .replace("image: quay.io/prometheus/prometheus", f"image: {PROMETHEUS}")
        .replace("'nginx'", f"'{NGINX}'")
    )
    assert path.read_bytes().decode() == mark + expected.replace("\n", ends)


def test_a_second_time_nothing_changes(run_cli: RunCli, folder: Path) -> None:
    (folder / "all.yaml").write_text(ODD)
    run_cli("rewrite", "files", "all.yaml")
    result = run_cli("rewrite", "files", "--check", "all.yaml")
    assert (result.exit_code, result.stdout) == (0, "")


def test_check_shows_what_would_change_and_changes_nothing(run_cli: RunCli, folder: Path) -> None:
    (folder / "web.yaml").write_text(DEPLOYMENT)
    result = run_cli("rewrite", "files", "--check", "web.yaml")
    assert (result.exit_code, complaints(result)) == (3, [])
    assert f"-          image: nginx:1.25.3 # the web\n+          image: {NGINX}:1.25.3 # the web\n" in result.stdout
    assert (folder / "web.yaml").read_text() == DEPLOYMENT


def test_what_is_not_mirrored_stays_and_the_rest_is_changed(run_cli: RunCli, folder: Path) -> None:
    (folder / "pod.yaml").write_text(pod("- image: busybox:1", "- image: nginx:1.25.3"))
    result = run_cli("rewrite", "files", "pod.yaml")
    assert result.exit_code == 3
    assert complaints(result) == [
        "pod.yaml:5:12: busybox:1: the list has no entry for docker.io/library/busybox",
        "wrote pod.yaml",
    ]
    assert (folder / "pod.yaml").read_text() == pod("- image: busybox:1", f"- image: {NGINX}:1.25.3")


def test_digests_are_added_from_the_lock(run_cli: RunCli, folder: Path) -> None:
    write_list(folder, LIST, DIGESTS)
    (folder / "pod.yaml").write_text(pod("- image: nginx:1.25.3", f"- image: nginx@{B}"))
    assert run_cli("rewrite", "files", "pod.yaml").exit_code == 0
    assert (folder / "pod.yaml").read_text() == pod(f"- image: {NGINX}:1.25.3", f"- image: {NGINX}@{B}")
    (folder / "pod.yaml").write_text(pod("- image: nginx:1.25.3", f"- image: nginx@{B}"))
    assert run_cli("rewrite", "files", "--digest", "pod.yaml").exit_code == 0
    assert (folder / "pod.yaml").read_text() == pod(f"- image: {NGINX}:1.25.3@{B}", f"- image: {NGINX}:1.25.3@{B}")


def test_images_that_share_a_text_change_together(run_cli: RunCli, folder: Path) -> None:
    (folder / "pod.yaml").write_text(pod("- {name: a, image: &web nginx:1.25.3}", "- {name: b, image: *web}"))
    assert run_cli("rewrite", "files", "pod.yaml").exit_code == 0
    changed = pod(f"- {{name: a, image: &web {NGINX}:1.25.3}}", "- {name: b, image: *web}")
    assert (folder / "pod.yaml").read_text() == changed


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (
            ["- {name: a, image: &web nginx:1.25.3}", "- {name: b, image: nginx:1.24.0, args: [*web]}"],
            "its text is shared with spec.containers[1].args[0], which names no image",
        ),
        (['- image: "nginx:1\\u002e25.3"'], "its text is written over several lines, or with escapes"),
        (["- image: |-", "    nginx:1.25.3"], "its text is written over several lines, or with escapes"),
    ],
    ids=["shared", "escaped", "block"],
)
def test_a_text_that_cannot_be_changed_alone_is_named(
    lines: list[str], reason: str, run_cli: RunCli, folder: Path
) -> None:
    (folder / "pod.yaml").write_text(pod(*lines))
    result = run_cli("rewrite", "files", "pod.yaml")
    assert result.exit_code == 3
    assert complaints(result)[0].startswith("pod.yaml:5:")
    assert f": nginx:1.25.3: {reason}; change it by hand\n" in result.stderr
    assert (folder / "pod.yaml").read_text() == pod(*lines).replace("nginx:1.24.0", f"{NGINX}:1.24.0")


@pytest.mark.parametrize(
    "written",
    ["${IMAGE:-nginx:1.25.3}", "${NAME:-nginx}:1.25.3", "nginx${END:-:1.25.3}", "${HOST:-docker.io}/nginx:1.25.3"],
)
def test_a_name_that_is_made_with_a_variable_is_named(written: str, run_cli: RunCli, folder: Path) -> None:
    (folder / "compose.yaml").write_text(text := f'services:\n  web: {{image: "{written}"}}\n')
    result = run_cli("rewrite", "files", "compose.yaml")
    reason = "its name is made with a variable; change it by hand"
    assert (result.exit_code, complaints(result)) == (3, [f"compose.yaml:2:16: {written}: {reason}"])
    assert (folder / "compose.yaml").read_text() == text


def test_a_tag_may_be_a_variable_and_a_context_of_a_build_stays_one(run_cli: RunCli, folder: Path) -> None:
    text = (
        "services:\n"
        "  web: {image: 'nginx:${VERSION:-1.25.3}'}\n"
        "  built: {build: {additional_contexts: {base: 'docker-image://nginx:1.25.3'}}}\n"
    )
    (folder / "compose.yaml").write_text(text)
    assert run_cli("rewrite", "files", "compose.yaml").exit_code == 0
    assert (folder / "compose.yaml").read_text() == text.replace("nginx", NGINX)


def test_an_image_of_several_fields_is_named(run_cli: RunCli, folder: Path) -> None:
    text = "apiVersion: example.com/v1\nkind: Web\nspec:\n  image: {repository: library/nginx, tag: 1.25.3}\n"
    (folder / "web.yaml").write_text(text)
    result = run_cli("rewrite", "files", "web.yaml")
    assert (result.exit_code, (folder / "web.yaml").read_text()) == (3, text)
    assert "it is made of several fields, or stands within a longer text; change it by hand" in result.stderr


def test_all_files_change_or_none(run_cli: RunCli, folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a/pod.yaml").write_text(pod("- image: nginx:1.25.3"))
    (folder / "real.yaml").write_text(pod("- image: nginx:1.25.3"))
    (folder / "b.yaml").symlink_to("real.yaml")
    result = run_cli("rewrite", "files", "a/pod.yaml", "b.yaml")
    assert result.exit_code == 1
    assert "b.yaml" in result.stderr
    assert "1.25.3" in (folder / "a/pod.yaml").read_text()
    assert NGINX not in (folder / "a/pod.yaml").read_text() + (folder / "real.yaml").read_text()


def test_files_may_be_anywhere(run_cli: RunCli, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "pod.yaml").write_text(pod("- image: nginx:1.25.3"))
    (folder / "pod.yaml").write_text(pod("- image: nginx:1.25.3"))
    assert run_cli("rewrite", "files", "pod.yaml", str(elsewhere / "pod.yaml")).exit_code == 0
    assert (elsewhere / "pod.yaml").read_text() == (folder / "pod.yaml").read_text() == pod(f"- image: {NGINX}:1.25.3")


def test_without_files_it_is_told_what_is_needed(run_cli: RunCli) -> None:
    result = run_cli("rewrite", "files")
    assert (result.exit_code, result.stderr) == (2, "error: files takes files, and cannot edit standard input\n")


NAMES = st.sampled_from(["nginx:1.25.3", "docker.io/library/nginx:latest", "nginx", "busybox:1", "quay.io/x/y:2"])
SCALARS = st.tuples(NAMES, st.sampled_from(["", "'", '"'])).map(lambda pair: f"{pair[1]}{pair[0]}{pair[1]}")
COMMENTS = st.text("ä# :'\"&*!{}[]nginx:1.25.3", max_size=12).map(lambda text: f" # {text}" if text else "")


@given(st.lists(st.tuples(SCALARS, COMMENTS), max_size=8))
def test_whatever_stands_around_them_only_images_change(items: list[tuple[str, str]]) -> None:
    loaded = load_texts(Path("images.yaml"), LIST, None)
    assert loaded.desired
    text = pod(*(f"- image: {scalar}{comment}" for scalar, comment in items))
    reading = read(text, Around("pod.yaml"))
    order, unread = order_for(mirror_of(loaded.desired, {}), {"pod.yaml": text}, [reading], pin=False)
    written = edited.write(order)
    expected = pod(*(f"- image: {expected_name(scalar)}{comment}" for scalar, comment in items))
    assert written.files.get("pod.yaml", text) == expected
    assert not unread
    assert len(written.left) == sum("busybox" in scalar or "quay" in scalar for scalar, _ in items)


def expected_name(scalar: str) -> str:
    return scalar.replace("docker.io/library/nginx", "nginx").replace("nginx", NGINX)
