"""What a tag releases: one version everywhere, its section of the changelog, and a workflow that gives away nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrorgen import __version__
from tests.checkout import ROOT, copy_of_checkout, tracked_files

WORKFLOW = ROOT / ".github/workflows/release.yaml"
RELEASE: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
JOBS: dict[str, dict[str, Any]] = RELEASE["jobs"]
WITH_STEPS = {name: job for name, job in JOBS.items() if "steps" in job}


# One version


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"] == {"path": "mirrorgen/__init__.py"}


def test_no_document_names_another_version_of_mirrorgen() -> None:
    for name in tracked_files():
        if name.endswith(".md") and name != "CHANGELOG.md":
            said = re.findall(
                r"\brev: v?(\d\S*)|\bmirrorgen[-=@ ]+v?(\d+\.\d+\.\d+)", (ROOT / name).read_text(encoding="utf-8")
            )
            assert {version for pair in said for version in pair if version} <= {__version__}, name


# Its text


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A place with what the script reads, before anything was released."""
    for name in (".ci/release_text.py", "mirrorgen/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "mirrorgen/__init__.py").write_text('"""About."""\n\n__version__ = "1.2.0"\n')
    return tmp_path


def text_for(tag: str, changelog: str, checkout: Path) -> subprocess.CompletedProcess[str]:
    (checkout / "CHANGELOG.md").write_text(changelog)
    argv = [sys.executable, ".ci/release_text.py", tag]
    return subprocess.run(argv, cwd=checkout, capture_output=True, text=True, check=False)


def test_the_text_is_the_section_of_the_version_alone(checkout: Path) -> None:
    changelog = "# Changelog\n\n## 1.2.0 (2026-12-01)\n\n- New: `a`.\n- Also:\n  more.\n\n## 1.1.0\n\n- Old.\n"
    done = text_for("v1.2.0", changelog, checkout)
    assert (done.returncode, done.stdout) == (0, "- New: `a`.\n- Also:\n  more.\n")


@pytest.mark.parametrize(
    ("tag", "changelog", "reason"),
    [
        ("v1.3.0", "## 1.2.0\n\n- New.\n", "the tag is v1.3.0, and the version 1.2.0"),
        ("1.2.0", "## 1.2.0\n\n- New.\n", "the tag is 1.2.0, and the version 1.2.0"),
        ("v1.2.0", "## Unreleased\n\n- New.\n", 'lines under "Unreleased"'),
        ("v1.2.0", "## Unreleased\n\n- Newer.\n\n## 1.2.0\n\n- New.\n", 'lines under "Unreleased"'),
        ("v1.2.0", "## Unreleased\n\n## 1.1.0\n\n- Old.\n", "says nothing about 1.2.0"),
        ("v1.2.0", "## 1.2.0\n\n## 1.1.0\n\n- Old.\n", "says nothing about 1.2.0"),
        ("v1.2.0", "## 1.2.0\n\n- A.\n\n## 1.2.0 (again)\n\n- B.\n", "two sections of one name"),
    ],
)
def test_without_a_section_that_fits_the_tag_nothing_is_released(
    tag: str, changelog: str, reason: str, checkout: Path
) -> None:
    done = text_for(tag, changelog, checkout)
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr


def test_an_empty_unreleased_section_may_stay(checkout: Path) -> None:
    assert text_for("v1.2.0", "## Unreleased\n\n## 1.2.0\n\n- New.\n", checkout).stdout == "- New.\n"


def test_the_changelog_of_this_repository_can_be_released() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert titles[0] == "Unreleased" or titles[0].startswith(__version__)
    assert all(re.fullmatch(r"Unreleased|\d+\.\d+\.\d+( \(\d{4}-\d\d-\d\d\))?", title) for title in titles)


# The workflow


def test_only_tags_of_versions_release() -> None:
    assert RELEASE[True] == {"push": {"tags": ["v*"]}}


def test_nothing_goes_out_before_the_tests_have_passed() -> None:
    def before(name: str) -> set[str]:
        needs = JOBS[name].get("needs", [])
        direct = {needs} if isinstance(needs, str) else set(needs)
        return direct | {earlier for one in direct for earlier in before(one)}

    assert JOBS["test"]["uses"] == "./.github/workflows/test.yaml"
    for name, job in JOBS.items():
        if "write" in job["permissions"].values():
            assert "test" in before(name), name


@pytest.mark.parametrize("name", ["attest", "release", "publish"])
def test_what_signs_or_publishes_runs_no_code_of_the_checkout(name: str) -> None:
    job = JOBS[name]
    assert not [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
    assert not re.search(r"\b(pip|make|python)\b", "\n".join(step.get("run", "") for step in job["steps"]))


def test_each_job_may_do_only_its_part() -> None:
    assert RELEASE["permissions"] == {}
    assert {name: job["permissions"] for name, job in JOBS.items()} == {
        "test": {"contents": "read"},
        "build": {"contents": "read"},
        "image": {"contents": "read", "packages": "write"},
        "attest": {"packages": "write", "id-token": "write", "attestations": "write"},
        "release": {"contents": "write"},
        "publish": {"id-token": "write"},
    }


def test_the_package_index_gets_nothing_until_an_owner_says_so() -> None:
    assert JOBS["publish"]["if"] == "vars.MIRRORGEN_PUBLISH == 'true'"
    assert JOBS["publish"]["environment"] == "package-index"
    assert "secrets." not in WORKFLOW.read_text(encoding="utf-8")


@pytest.mark.parametrize("job", WITH_STEPS.values(), ids=WITH_STEPS)
def test_no_expression_becomes_shell_and_nothing_comes_from_a_cache(job: dict[str, Any]) -> None:
    assert not [step["name"] for step in job["steps"] if "${{" in step.get("run", "")]
    assert not [step["name"] for step in job["steps"] if "cache" in f"{step.get('uses')} {step.get('with')}"]
    for step in job["steps"]:
        assert "uses" not in step or re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", step["uses"])


def test_it_builds_a_wheel_and_an_sdist_with_what_the_lock_has(tmp_path: Path) -> None:
    (build,) = [step["run"] for step in JOBS["build"]["steps"] if step["name"] == "Build"]
    assert re.findall(r"pip install (.*)", build) == ["--require-hashes -r requirements.txt"]
    (command,) = [line for line in build.splitlines() if "hatchling build" in line]
    copy = copy_of_checkout(tmp_path / "checkout")
    # What the step before leaves behind.
    (copy / "dist").mkdir()
    (copy / "dist/text.md").write_text("- New.\n")
    # hatchling is here as the lock has it there.
    argv = [sys.executable, *command.split()[1:]]
    done = subprocess.run(argv, cwd=copy, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    built = {path.name for path in (copy / "dist/packages").iterdir()}
    assert built == {f"mirrorgen-{__version__}-py3-none-any.whl", f"mirrorgen-{__version__}.tar.gz"}
    with tarfile.open(copy / f"dist/packages/mirrorgen-{__version__}.tar.gz") as sdist:
        assert not [name for name in sdist.getnames() if "/dist/" in name]


def test_the_image_is_built_for_both_platforms_each_on_its_own() -> None:
    parts = JOBS["image"]["strategy"]["matrix"]["include"]
    assert {part["platform"] for part in parts} == {"amd64", "arm64"}
    assert {part["runner"] for part in parts} == {"ubuntu-24.04", "ubuntu-24.04-arm"}


def test_the_image_is_built_without_a_password_at_hand(tmp_path: Path) -> None:
    """Runs the shell of the step, with a docker that only says what it is asked to."""
    docker = tmp_path / "bin/docker"
    docker.parent.mkdir()
    docker.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nenv | grep -c TOKEN\ntrue\n')
    docker.chmod(0o755)
    (step,) = [step for step in JOBS["image"]["steps"] if step["name"] == "Build"]
    assert "TOKEN" not in step["env"]
    given = {
        "PATH": f"{docker.parent}:/usr/bin:/bin",
        "PLATFORM": "arm64",
        "GITHUB_REPOSITORY": "Platform/mirrorgen",
        "GITHUB_REF_NAME": f"v{__version__}",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": "0" * 40,
        "GITHUB_ENV": str(tmp_path / "env"),
    }
    argv = ["bash", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(argv, env=given, cwd=ROOT, check=True, capture_output=True, text=True)
    image = f"ghcr.io/platform/mirrorgen:{__version__}-arm64"
    assert done.stdout.splitlines()[1:] == [
        *("build", "--tag", image, "--provenance=false"),
        *("--label", "org.opencontainers.image.source=https://github.com/Platform/mirrorgen"),
        *("--label", f"org.opencontainers.image.revision={'0' * 40}"),
        *("--label", f"org.opencontainers.image.version={__version__}"),
        *("--label", "org.opencontainers.image.licenses=Apache-2.0", ".", "0"),
    ]
    assert (tmp_path / "env").read_text() == f"IMAGE={image}\n"
