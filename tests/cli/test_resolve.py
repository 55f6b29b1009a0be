"""`mirrorgen resolve`: what images are called in the target, and the other way."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import RunCli
from tests.locks import write_lock

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
A, B = (f"sha256:{letter * 64}" for letter in "ab")
LIST = f"""\
target: {{account_id: "123456789012", region: eu-west-1}}
images:
  - source: docker.io/library/nginx
    tags: ["1.25.3", latest]
  - source: quay.io/app
    tags: {{digests: {{reviewed: "{A}"}}}}
  - source: ghcr.io/rule
    tags: {{semver: [">=2 <3"], exclude: [".*-rc.*"]}}
"""
NGINX = f"{HOST}/mirror/docker-hub/nginx"


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    (in_folder / "images.yaml").write_text(LIST)
    return in_folder


def test_the_reference_alone_goes_to_standard_output(run_cli: RunCli) -> None:
    result = run_cli("resolve", "nginx:1.25.3")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{NGINX}:1.25.3\n", "")


def test_one_that_is_not_mirrored_is_explained_and_the_others_are_printed(run_cli: RunCli) -> None:
    result = run_cli("resolve", "nginx", "nginx:1.26", "not an image", f"quay.io/app@{A}")
    assert result.exit_code == 3
    assert result.stdout == f"{NGINX}:latest\n{HOST}/mirror/quay/app:reviewed@{A}\n"
    assert "error: nginx:1.26: the list does not ask for the tag '1.26' of docker.io/library/nginx\n" in result.stderr
    assert "error: not an image: " in result.stderr


@pytest.mark.parametrize("line", [(), ("-",), ("nginx", "-")])
def test_images_come_one_a_line_in_standard_input(line: tuple[str, ...], run_cli: RunCli) -> None:
    result = run_cli("resolve", *line, stdin="nginx:latest\r\n\n  nginx:1.25.3 \n")
    first = f"{NGINX}:latest\n" if line[:1] == ("nginx",) else ""
    assert (result.exit_code, result.stdout) == (0, f"{first}{NGINX}:latest\n{NGINX}:1.25.3\n")


def test_nobody_waits_for_a_terminal(folder: Path) -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "mirrorgen", "resolve"], cwd=folder, stdin=theirs, capture_output=True, text=True,
        env={**os.environ}, timeout=60,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no image is named" in done.stderr


def test_the_digest_is_added_where_the_lock_settles_it(folder: Path, run_cli: RunCli) -> None:
    nginx = {"1.25.3": A, "latest": B}
    locked = {"docker.io/library/nginx": nginx, "quay.io/app": {"reviewed": A}, "ghcr.io/rule": {"2.1.0": B}}
    write_lock(folder / "images.yaml", locked)
    result = run_cli("resolve", "--digest", "nginx:1.25.3", "nginx:latest", "ghcr.io/rule:2.1.0")
    assert result.stdout == (
        f"{NGINX}:1.25.3@{A}\n{NGINX}:latest\n{HOST}/mirror/ghcr/rule:2.1.0@{B}\n"
    )  # fmt: skip
    assert result.stderr == "warning: nginx:latest: neither the list nor a lock settles its digest\n"
    assert run_cli("resolve", "nginx:1.25.3").stdout == f"{NGINX}:1.25.3\n"
    # What names a digest is led to it, by the tag that holds it.
    assert run_cli("resolve", f"nginx:1@{A}").stdout == f"{NGINX}:1.25.3@{A}\n"
    assert run_cli("resolve", "ghcr.io/rule:2.2.0").exit_code == 3


def test_what_no_lock_has_settled_is_said_to_be_uncertain(run_cli: RunCli) -> None:
    result = run_cli("resolve", "ghcr.io/rule:2.5")
    assert (result.exit_code, result.stdout) == (0, f"{HOST}/mirror/ghcr/rule:2.5\n")
    assert result.stderr == "warning: ghcr.io/rule:2.5: it fits a rule, which no lock has settled\n"


def test_back_to_upstream(run_cli: RunCli) -> None:
    result = run_cli("resolve", "--reverse", f"{NGINX}:1.25.3", f"{HOST}/mirror/quay/app:reviewed", "nginx:1.25.3")
    assert (result.exit_code, result.stdout) == (3, f"docker.io/library/nginx:1.25.3\nquay.io/app@{A}\n")
    assert result.stderr == f"error: nginx:1.25.3: it does not name the target, {HOST}\n"


def test_json_says_all_of_it(run_cli: RunCli) -> None:
    result = run_cli("resolve", "--format", "json", "nginx:1.25.3", "me:s3cret@host/app")
    document = json.loads(result.stdout)
    assert [image["image"] for image in document["images"]] == ["nginx:1.25.3", ""]
    assert document["images"][0]["copies"][0]["reference"] == f"{NGINX}:1.25.3"
    assert document["images"][1]["lack"] == "name"
    assert result.exit_code == 3
    assert "s3cret" not in result.stdout + result.stderr


def test_a_password_is_not_repeated(run_cli: RunCli) -> None:
    result = run_cli("resolve", "me:s3cret@host/app")
    assert result.exit_code == 3
    assert "s3cret" not in result.stdout + result.stderr


def test_a_list_without_an_account_takes_that_of_the_environment(
    folder: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = yaml.safe_dump({"images": yaml.safe_load(LIST)["images"]})
    (folder / "images.yaml").write_text(text)
    result = run_cli("resolve", "nginx")
    assert result.exit_code == 2
    assert "hint: set AWS_ACCOUNT_ID, or target.account_id" in result.stderr
    monkeypatch.setenv("AWS_ACCOUNT_ID", "210987654321")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    expected = "210987654321.dkr.ecr.us-east-1.amazonaws.com/mirror/docker-hub/nginx:latest\n"
    assert run_cli("resolve", "nginx").stdout == expected


def test_a_broken_list_answers_nothing(folder: Path, run_cli: RunCli) -> None:
    (folder / "images.yaml").write_text(LIST.replace("1.25.3", "latest"))
    result = run_cli("resolve", "nginx")
    assert (result.exit_code, result.stdout) == (1, "")
