"""What the container image is built from and with, without building it; tests/real/test_container.py builds one."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mirrorgen import __version__
from tests.checkout import ROOT
from tests.documents import code, rows_of
from tests.serving import served

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
VERSION = "1.15.9"
ELSE = "0" * 64


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """A copy of HashiCorp's releases, with a Terraform that says hello."""
    folder = tmp_path / "releases" / VERSION
    folder.mkdir(parents=True)
    for architecture in ("amd64", "arm64"):
        with zipfile.ZipFile(folder / f"terraform_{VERSION}_linux_{architecture}.zip", "w") as archive:
            archive.writestr("LICENSE.txt", "")
            archive.writestr("terraform", f"#!/bin/sh\necho hello from {architecture}\n")
    return folder.parent


@pytest.fixture
def digests(releases: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(releases.rglob("*.zip"))]


def fetched(releases: Path, version: str, digests: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as the Dockerfile does."""
    with served(releases) as address:
        argv = [sys.executable, ".ci/fetch_terraform.py", address, version, digests, str(folder)]
        return subprocess.run(argv, cwd=ROOT, check=False, capture_output=True, text=True)


def test_terraform_of_this_platform_is_taken_if_its_digest_is_among_those_given(
    releases: Path, digests: list[str], tmp_path: Path
) -> None:
    done = fetched(releases, VERSION, " ".join(digests), tmp_path)
    assert done.returncode == 0, done.stderr
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    said = subprocess.run([tmp_path / "terraform"], check=True, capture_output=True, text=True)
    assert said.stdout == f"hello from {architecture}\n"


@pytest.mark.parametrize(
    ("version", "given", "message"),
    [
        (VERSION, "", "TERRAFORM_SHA256 must have the SHA-256 of terraform_1.15.9_linux_"),
        (VERSION, "abc", "TERRAFORM_SHA256 must have"),
        (VERSION, ELSE, "which is not in TERRAFORM_SHA256"),
        ("latest", ELSE, "TERRAFORM_VERSION=latest is not a version"),
        ("../1.15.9", ELSE, "is not a version"),
    ],
)
def test_anything_else_is_refused_and_nothing_is_left(
    releases: Path, tmp_path: Path, version: str, given: str, message: str
) -> None:
    done = fetched(releases, version, given, tmp_path)
    assert done.returncode == 1
    assert message in done.stderr
    assert not (tmp_path / "terraform").exists()


def test_without_a_version_nothing_is_fetched(tmp_path: Path) -> None:
    (step,) = re.findall(r"^RUN (test -z .*\n.*)$", DOCKERFILE, re.MULTILINE)
    defaults = {
        name: value.strip('"') for name, value in re.findall(r"^ARG (TERRAFORM_\w+)=(.*)$", DOCKERFILE, re.MULTILINE)
    }
    assert (defaults["TERRAFORM_VERSION"], defaults["TERRAFORM_SHA256"]) == ("", "")
    # Where there is no python3, whatever asks for it fails.
    done = subprocess.run(["/bin/sh", "-c", step], env={**defaults, "PATH": str(tmp_path)}, check=False)
    assert done.returncode == 0
    asked = {**defaults, "PATH": str(tmp_path), "TERRAFORM_VERSION": VERSION}
    assert subprocess.run(["/bin/sh", "-c", step], env=asked, check=False, capture_output=True).returncode == 127


def test_the_images_it_is_based_on_are_pinned_by_digest() -> None:
    first_stage = DOCKERFILE.partition("\nFROM ")[0]
    defaults = dict(re.findall(r"^ARG (\w+)=(\S+)$", first_stage, re.MULTILINE))
    for name in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        assert re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", defaults[name.strip("${}")])


@pytest.mark.parametrize(
    ("programs", "expected"),
    [
        ({"docker": True, "podman": True, "buildah": True}, "docker"),
        ({"docker": False, "podman": True, "buildah": True}, "podman"),
        ({"buildah": True}, "buildah"),
        ({"docker": False}, None),
        ({}, None),
    ],
)
def test_make_image_takes_the_first_builder_that_works(
    programs: dict[str, bool], expected: str | None, tmp_path: Path
) -> None:
    for name, works in programs.items():
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\n[ "$1" = info ] && exit {int(not works)}\necho "{name} $*"\n')
        path.chmod(0o755)
    for needed in ("make", "sh", "sed", "test", "getconf"):
        (tmp_path / needed).symlink_to(f"/usr/bin/{needed}")
    argv = ["make", "--silent", "image", "IMAGE_ARGS=--pull"]
    done = subprocess.run(argv, cwd=ROOT, env={"PATH": str(tmp_path)}, check=False, capture_output=True, text=True)
    if expected:
        assert done.stdout == f"{expected} build --tag mirrorgen:{__version__} --pull .\n", done.stderr
    else:
        assert done.returncode == 2
        assert "install docker, podman or buildah" in done.stderr


def test_the_document_has_every_build_argument() -> None:
    documented = {code(row[0]) for row in rows_of(ROOT / "docs/install.md", "build argument", "meaning")}
    assert documented == set(re.findall(r"^ARG (\w+)=", DOCKERFILE, re.MULTILINE))
