"""`mirrorgen diff`: what a change of the list does, in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.diff.committed import APP, IMAGES, NGINX, REDIS, commit, git, lock, write
from tests.conftest import RunCli


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
        ({"ecr": {"scan_on_push": False}}, "ecr.scan_on_push"),
        ({"ecr": {"pull": {"accounts": ["222222222222"]}}}, "ecr.pull"),
    ],
)
def test_an_entry_that_asks_otherwise_is_named_with_the_key(
    entry: dict[str, Any], key: str, document: Callable[..., Any], repository: Path
) -> None:
    write({**IMAGES, REDIS: {**IMAGES[REDIS], **entry}})
    (image,) = document()["images"]
    assert (image["source"], image["otherwise"], image["pulls"]) == (REDIS, [key], 0), repository


def test_who_else_may_pull_is_said_for_what_is_there_and_for_what_is_new(
    document: Callable[..., Any], run_cli: RunCli, repository: Path
) -> None:
    both = {"accounts": ["333333333333", "222222222222"], "tags": {"Team": "web"}, "lambda": True}
    write({**IMAGES, REDIS: {**IMAGES[REDIS], "ecr": {"pull": both}}, APP: {"tags": ["v1.0.0"], "ecr": {"pull": both}}})
    said = (
        "222222222222, 333333333333 with the tags Team=web; "
        "AWS Lambda for functions of these and of the registry's account"
    )
    assert document()["who_may_pull"] == [
        {"name": name, "before": "", "after": said} for name in ("mirror/docker-hub/redis", "mirror/quay/org/app")
    ]
    assert run_cli("diff", cwd=repository).stdout.startswith(
        "Who may pull changes, besides those who own the registry:\n"
        f"  nobody -> {said}: mirror/docker-hub/redis, mirror/quay/org/app\n"
    )
    commit()
    write(IMAGES, defaults={"ecr": {"pull": {"organization": "o-a1b2c3d4e5"}}})
    assert {(each["name"], each["before"], each["after"]) for each in document()["who_may_pull"]} == {
        ("mirror/docker-hub/nginx", "", "all of the organization o-a1b2c3d4e5"),
        ("mirror/docker-hub/redis", said, "all of the organization o-a1b2c3d4e5"),
    }


def test_what_is_scanned_and_what_holds_repositories_is_said(
    document: Callable[..., Any], run_cli: RunCli, repository: Path
) -> None:
    write(IMAGES, target={"terraform": {"prevent_destroy": True}})
    commit()
    assert run_cli("diff", cwd=repository).stdout.startswith("The list asks for what it asked for")
    write(IMAGES, target={"scanning": {"type": "ENHANCED", "continuous": ["mirror/*"], "on_push": ["*"]}})
    scanned = "ENHANCED; on push *; continuously mirror/*"
    assert document()["settings"] == [
        {"name": "scanning", "before": "", "after": scanned},
        {"name": "terraform.prevent_destroy", "before": "true", "after": ""},
    ]
    assert run_cli("diff", cwd=repository).stdout.startswith(
        "The target is asked for other settings:\n"
        f"  scanning: not set -> {scanned}\n"
        "  terraform.prevent_destroy: true -> not set\n"
    )


STATUS = {
    "repositories": [
        {
            "name": "mirror/docker-hub/nginx",
            "tags": [
                {"tag": "1.25.3", "size_bytes": 100 * 2**20},
                {"tag": "latest", "size_bytes": 200 * 2**20},
                {"tag": "lost", "size_bytes": None},
            ],
        }
    ]
}


def test_megabytes_are_those_of_the_images_that_the_target_holds(
    run_cli: RunCli, document: Callable[..., Any], repository: Path
) -> None:
    (repository / "status.json").write_text(json.dumps(STATUS))
    write({NGINX: {"tags": ["1.25.3", "1.25.4", "1.26.0"]}, REDIS: IMAGES[REDIS], APP: {"tags": ["v1.0.0"]}})
    nginx, app = document("--sizes", "status.json")["images"]
    assert (nginx["size_bytes"], app["size_bytes"]) == (300 * 2**20, None)
    assert [image["size_bytes"] for image in document()["images"]] == [None, None]
    text = run_cli("diff", "--sizes", "status.json").stdout
    assert "  30     not known\n" not in text
    assert "  20     300.0 MiB\n" in text
    assert text.endswith(" Pulls: about 30. To copy: about 300.0 MiB; images whose size is not known: 1.\n")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"repositories": [{"name": "a", "tags": [{"tag": "1", "size_bytes": "1"}]}]}', "[" * 100_000],
    ids=["nothing", "a list", "another document", "a text for a number", "deep"],
)
def test_sizes_of_another_form_are_refused(text: str, run_cli: RunCli, repository: Path) -> None:
    (repository / "status.json").write_text(text)
    result = run_cli("diff", "--sizes", "status.json", cwd=repository)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: status.json is not the JSON of a status\n")


def test_each_target_of_several_is_told_apart(run_cli: RunCli, repository: Path) -> None:
    eu, us = ({"account_id": "123456789012", "region": region} for region in ("eu-west-1", "us-east-1"))
    write(IMAGES, targets={"eu": eu, "old": {**us, "region": "us-west-2"}})
    commit()
    write({**IMAGES, APP: {"tags": ["v1.0.0"]}}, targets={"eu": eu, "us": {**us, "images": {"sources": ["*/app"]}}})
    result = run_cli("diff", "--format", "json", cwd=repository)
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["targets_removed"] == ["old"]
    found = {target["name"]: [image["source"] for image in target["images"]] for target in document["targets"]}
    assert found == {"eu": [APP], "us": [APP]}
    # What is filled from the first takes no pull of upstream.
    assert [list(target["pulls"]) for target in document["targets"]] == [
        ["quay.io"],
        ["123456789012.dkr.ecr.eu-west-1.amazonaws.com"],
    ]
    shown = run_cli("diff").stdout
    assert shown.startswith("Targets that the list no longer has; their registries stay as they are:\n  old\n")
    assert "Target eu: Images: 1 added" in shown


def test_a_target_that_gets_a_name_is_the_same(run_cli: RunCli, repository: Path) -> None:
    eu = {"account_id": "123456789012", "region": "eu-west-1"}
    write(IMAGES, target=eu)
    commit()
    write(IMAGES, targets={"eu": eu})
    document = json.loads(run_cli("diff", "--format", "json", cwd=repository).stdout)
    assert (document["targets"][0]["images"], document["targets_removed"]) == ([], [])
