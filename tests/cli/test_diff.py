"""`mirrorgen diff`: what a change of the list does, in words, from two commits and from nobody else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrorgen.master_list.lock import Lock, LockedImage, LockedTag, key_of, rule_mark
from mirrorgen.project import load
from mirrorgen.rendering.files import render_lock
from tests.conftest import RunCli

NGINX, REDIS, APP = "docker.io/library/nginx", "docker.io/library/redis", "quay.io/org/app"
IMAGES: dict[str, Any] = {NGINX: {"tags": ["1.25.3", "latest"]}, REDIS: {"tags": ["7.2.4"]}}

Write = Callable[..., None]


def git(*args: str) -> str:
    who = [f"-c{key}" for key in ("user.name=test", "user.email=test@example.com", "init.defaultBranch=main")]
    who = [part for option in who for part in ("-c", option.removeprefix("-c"))]
    return subprocess.run(["git", *who, *args], check=True, capture_output=True, text=True).stdout.strip()


def commit() -> str:
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", "a commit")
    return git("rev-parse", "HEAD")


def write(images: dict[str, Any], **more: Any) -> None:
    document = {**more, "images": [{"source": source, **entry} for source, entry in images.items()]}
    Path("images.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


def lock(tags: dict[str, dict[str, str]]) -> None:
    """Write a lock as `mirrorgen lock` would, with a digest of one letter for each tag."""
    master_list = load(Path("images.yaml"), use_lock=False).master_list
    assert master_list
    images = [
        LockedImage(
            *(key_of(image)[0], image.repository, rule_mark(image), image.copying.platform or "all"),
            {
                tag: LockedTag(f"sha256:{letter * 64}", "2026-01-31T06:00:00Z")
                for tag, letter in tags[str(image.source)].items()
            },
        ).sealed()
        for image in master_list.images
    ]
    Path("images.lock.yaml").write_text(render_lock(Lock(tuple(images))))


@pytest.fixture
def repository(in_folder: Path) -> Path:
    """One in which the list has been committed."""
    git("init", "--quiet")
    write(IMAGES)
    commit()
    return in_folder


@pytest.fixture
def document(run_cli: RunCli) -> Callable[..., Any]:
    def run(*args: str) -> Any:
        result = run_cli("diff", *args, "--format", "json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return run


def test_a_list_that_asks_for_the_same_is_one_sentence(run_cli: RunCli, repository: Path) -> None:
    (repository / "images.yaml").write_text(f"# a comment\n{(repository / 'images.yaml').read_text()}")
    result = run_cli("diff")
    assert result.exit_code == 0
    head = git("rev-parse", "HEAD")
    assert result.stdout == f"The list asks for what it asked for at the commit {head[:12]}.\n"


def test_images_and_tags_that_come_and_go_with_their_pulls(run_cli: RunCli, repository: Path) -> None:
    platforms = {"platforms": "linux/amd64"}
    write({NGINX: {"tags": ["1.25.4", "1.26.0", "latest"]}, APP: {"tags": ["v1.0.0", "v1.1.0"], **platforms}})
    result = run_cli("diff", cwd=repository)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == (
        "image                    repository               change   tags added  tags removed  other digest  pulls\n"
        "docker.io/library/nginx  mirror/docker-hub/nginx  changed  2           1             0             20\n"
        "docker.io/library/redis  mirror/docker-hub/redis  removed  0           1             0             0\n"
        "quay.io/org/app          mirror/quay/org/app      added    2           0             0             4\n"
        "\n"
        "Tags added:\n"
        "  docker.io/library/nginx: 1.25.4, 1.26.0\n"
        "  quay.io/org/app: v1.0.0, v1.1.0\n"
        "\n"
        "Tags removed:\n"
        "  docker.io/library/nginx: 1.25.3\n"
        "  docker.io/library/redis: 7.2.4\n"
        "\n"
        "upstream   pulls\n"
        "docker.io  20\n"
        "quay.io    4\n"
        "\n"
        "Images: 1 added, 1 removed, 1 changed. Tags: 4 added, 2 removed, 0 with another digest. Pulls: about 24.\n"
    )


def test_in_markdown_the_sentence_that_counts_stands_first(run_cli: RunCli, repository: Path) -> None:
    write({**IMAGES, APP: {"tags": ["v1.0.0"]}})
    text = run_cli("diff", "--format", "markdown", cwd=repository).stdout
    assert text.startswith("Images: 1 added, 0 removed, 0 changed. Tags: 1 added, ")
    assert "\n| `quay.io/org/app` | `mirror/quay/org/app` | `added` | 1 | 0 | 0 | 10 |\n" in text


def test_what_a_lock_brings_in_and_moves_and_an_alarm_for_what_must_not_move(
    run_cli: RunCli, document: Callable[..., Any], repository: Path
) -> None:
    images = {NGINX: {"tags": {"semver": [">=1.25"], "exact": ["latest"]}, "pin": "digest"}}
    write(images)
    lock({NGINX: {"1.25.3": "a", "latest": "b"}})
    commit()
    lock({NGINX: {"1.25.3": "c", "1.25.4": "d", "latest": "e"}})
    (image,) = document()["images"]
    assert (image["kind"], image["tags_added"], image["tags_removed"]) == ("changed", ["1.25.4"], [])
    assert [(other["tag"], other["moving"]) for other in image["other_digests"]] == [
        ("1.25.3", False),
        ("latest", True),
    ]
    assert image["pulls"] == 30
    text = run_cli("diff", cwd=repository).stdout
    assert text.startswith(
        "ALARM: fixed tags that name something else:\n"
        "  docker.io/library/nginx:1.25.3  sha256:aaaaaaaaaaaa -> sha256:cccccccccccc\n"
    )
    assert "Moving tags that name something else:\n  docker.io/library/nginx:latest" in text


def test_what_only_upstream_knows_is_said_to_be_unknown(
    document: Callable[..., Any], run_cli: RunCli, repository: Path
) -> None:
    write({**IMAGES, NGINX: {"tags": {"semver": [">=1.26"]}}})
    (image,) = document()["images"]
    assert (image["is_open"], image["pulls"], image["otherwise"]) == (True, None, ["tags"])
    text = run_cli("diff", cwd=repository).stdout
    assert "not known\n" in text
    assert text.endswith("Images with tags that only upstream knows: 1.\n")


def test_another_way_to_a_registry_or_to_the_target_comes_first(run_cli: RunCli, repository: Path) -> None:
    write(IMAGES, registries={"docker.io": {"hostname": "mirror.example.com", "tls": "insecure"}})
    result = run_cli("diff", cwd=repository)
    assert result.stdout.startswith(
        "Registries that are read in another way:\n"
        "  docker.io: docker.io, not signed in -> "
        "mirror.example.com without a check of the certificate, not signed in\n"
    )
    # Whether it may be signed in to is not for the one who reads.
    names = {"username_env": "SECRET_A", "password_env": "SECRET_B"}
    write(IMAGES, registries={"docker.io": {"hostname": "mirror.example.com", "credentials": names}})
    assert "signed in with SECRET_A, SECRET_B" in run_cli("diff", cwd=repository).stdout


def test_to_another_target_everything_is_new(run_cli: RunCli, document: Callable[..., Any], repository: Path) -> None:
    write(IMAGES, target={"registry": "harbor.example.com/mirror"})
    assert [image["kind"] for image in document()["images"]] == ["added", "added"]
    assert document()["pulls"] == {"docker.io": 30}
    assert run_cli("diff", cwd=repository).stdout.startswith("The target is another, or is reached in another way:\n")


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ({"platforms": "linux/amd64"}, "platforms"),
        ({"referrers": True}, "referrers"),
        ({"owner": "team-a"}, "owner"),
        ({"ecr": {"scan_on_push": False}}, "settings of the repository"),
    ],
)
def test_an_entry_that_asks_otherwise_is_named_with_the_key(
    entry: dict[str, Any], key: str, document: Callable[..., Any], repository: Path
) -> None:
    write({**IMAGES, REDIS: {**IMAGES[REDIS], **entry}})
    (image,) = document()["images"]
    assert (image["source"], image["otherwise"], image["pulls"]) == (REDIS, [key], 0), repository


def test_a_list_that_was_not_there_is_all_new(document: Callable[..., Any], in_folder: Path) -> None:
    git("init", "--quiet")
    commit()
    write(IMAGES)
    assert [image["kind"] for image in document()["images"]] == ["added", "added"], in_folder


def test_the_base_is_where_the_branch_left_the_default_one(document: Callable[..., Any], repository: Path) -> None:
    base = git("rev-parse", "HEAD")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    git("checkout", "--quiet", "-b", "work")
    write({**IMAGES, APP: {"tags": ["v1.0.0"]}})
    commit()
    # The default branch has gone on meanwhile, which is nothing of this change.
    git("checkout", "--quiet", "--detach", base)
    write({NGINX: IMAGES[NGINX]})
    git("update-ref", "refs/remotes/origin/main", commit())
    git("checkout", "--quiet", "work")
    found = document()
    assert (found["base"], [image["source"] for image in found["images"]]) == (base, [APP])
    assert document("HEAD")["images"] == []
    assert [image["source"] for image in document("work~1")["images"]] == [APP], repository


def test_a_list_in_a_folder_is_compared_with_that_file(document: Callable[..., Any], in_folder: Path) -> None:
    git("init", "--quiet")
    (in_folder / "mirror").mkdir()
    write(IMAGES)
    (in_folder / "mirror/images.yaml").write_text("images:\n  - {source: quay.io/org/app, tags: [v1.0.0]}\n")
    commit()
    (in_folder / "mirror/images.yaml").write_text("images:\n  - {source: quay.io/org/app, tags: [v1.1.0]}\n")
    (image,) = document("--file", "mirror/images.yaml")["images"]
    assert (image["tags_added"], image["tags_removed"]) == (["v1.1.0"], ["v1.0.0"])


@pytest.mark.parametrize("revision", ["nowhere", "--output=hacked", "-h", "HEAD:images.yaml", "@{push}", "a b\n", ""])
def test_a_revision_is_a_revision_and_nothing_else(revision: str, run_cli: RunCli, repository: Path) -> None:
    result = run_cli("diff", "--", revision, cwd=repository)
    assert result.exit_code == 2
    assert f"git knows no commit {revision!r} here" in result.stderr
    assert sorted(path.name for path in repository.iterdir()) == [".git", "images.yaml"]


def test_a_list_that_was_wrong_is_named_with_its_commit(run_cli: RunCli, repository: Path) -> None:
    write({"Nginx": {"tags": ["1"]}})
    base = commit()
    write(IMAGES)
    result = run_cli("diff", cwd=repository)
    assert result.exit_code == 1
    assert f"{base[:12]}:images.yaml:2:11: error[bad-reference]" in result.stderr
    assert "hint: compare with a commit at which the list was right" in result.stderr


def test_a_link_in_the_place_of_the_list_is_not_followed(run_cli: RunCli, repository: Path) -> None:
    (repository / "images.yaml").rename(repository / "other.yaml")
    (repository / "images.yaml").symlink_to("other.yaml")
    base = commit()
    (repository / "images.yaml").unlink()
    write(IMAGES)
    result = run_cli("diff", cwd=repository)
    assert (result.exit_code, result.stderr) == (1, f"error: images.yaml was not a file at the commit {base}\n")


def test_filters_and_drivers_that_the_repository_names_are_not_run(run_cli: RunCli, repository: Path) -> None:
    marker = repository / "ran"
    (repository / ".gitattributes").write_text("images.yaml diff=evil filter=evil\n")
    commit()
    for key in ("diff.evil.textconv", "diff.evil.command", "filter.evil.smudge"):
        git("config", key, f"touch {marker} #")
    write({**IMAGES, APP: {"tags": ["v1.0.0"]}})
    assert "1 added" in run_cli("diff", cwd=repository).stdout
    assert not marker.exists()


def test_without_a_repository_it_is_said_what_is_missing(run_cli: RunCli, in_folder: Path) -> None:
    write(IMAGES)
    result = run_cli("diff", cwd=in_folder)
    assert result.exit_code == 5
    assert "in a git repository?" in result.stderr


def test_hostile_text_of_either_side_is_text(run_cli: RunCli, repository: Path) -> None:
    owner = "@team <b>|`$(touch ran)` ::set-output name=a::b"
    write({**IMAGES, APP: {"tags": ["v1.0.0"], "owner": owner}})
    commit()
    write(IMAGES)
    for output in ("text", "markdown", "json"):
        result = run_cli("diff", "--format", output, cwd=repository)
        assert result.exit_code == 0
    assert json.loads(result.stdout)["images"][0]["owner"] == owner
    assert not (repository / "ran").exists()
