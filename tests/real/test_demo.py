"""The demo, which is also the main job end to end: every tool is the real one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mirrorgen.tools.orphans import ending_with_us
from tests.conftest import REAL_CACHE_DIR
from tests.documents import README, as_pattern, blocks_of
from tests.golden import Golden

ROOT = Path(__file__).parents[2]


@pytest.fixture
def env(base_env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return own_environment(base_env, tmp_path)


def own_environment(base_env: dict[str, str], folder: Path) -> dict[str, str]:
    """An environment whose temporary folder is its own, so that what is left behind can be seen."""
    home, temporary = folder / "home", folder / "tmp"
    home.mkdir()
    temporary.mkdir()
    return {**base_env, "HOME": str(home), "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}


@contextmanager
def demo(env: dict[str, str], *args: str) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-m", "mirrorgen", "demo", *args]
    process = subprocess.Popen(
        argv,
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=ending_with_us(),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def left_behind(env: dict[str, str]) -> list[str]:
    """Files and processes that belong to a demo run with this environment."""
    found = [path.name for path in Path(env["TMPDIR"]).iterdir() if path.name.startswith("mirrorgen-")]
    for process in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"TMPDIR={env['TMPDIR']}".encode() in process.read_bytes().split(b"\0"):
                found.append(process.parent.name)
        except OSError:
            continue
    return found


def shown_in_readme() -> str:
    """What README.md shows of the demo, as a pattern."""
    (block,) = [block for block in blocks_of(README, "console") if block.startswith("$ make demo\n")]
    return rf"\A{as_pattern(block.partition(chr(10))[2])}"


@pytest.fixture(scope="module")
def kept(base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], str]]:
    """The seed list, mirrored into an ECR that stays: the environment of that run, and what it printed."""
    env = own_environment(base_env, tmp_path_factory.mktemp("kept"))
    with demo(env, "--keep") as process:
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    pid = re.search(r"^To end it: kill (\d+);", output, re.MULTILINE)
    assert pid, output
    try:
        yield env, output
    finally:
        os.kill(int(pid[1]), signal.SIGTERM)


def test_every_image_of_the_seed_list_arrives_with_the_digest_it_always_has(
    kept: tuple[dict[str, str], str], golden: Golden
) -> None:
    _, output = kept
    assert "All 13 images are in ECR, with the digests upstream has." in output
    assert "Tags copied: 0, up to date: 13, failed: 0." in output
    rows = re.findall(r"^(mirror/\S+) +(\S+) +(sha256:\w+) .* yes$", output, re.MULTILINE)
    table = "".join(f"{' '.join(row)}\n" for row in rows)
    golden.check({Path(__file__).with_name("demo-digests.txt"): table})
    with_usual_cache = output.replace(str(REAL_CACHE_DIR), "/anywhere/.cache/mirrorgen")
    assert re.search(shown_in_readme(), with_usual_cache), output


def test_every_kind_of_rule_mirrors_exactly_what_tags_shows(env: dict[str, str]) -> None:
    example = ["examples/tag-rules/images.yaml", "--from", "examples/tag-rules/upstream-tags.json"]
    argv = [sys.executable, "-m", "mirrorgen", "tags", "--file", *example, "--format", "json"]
    shown = json.loads(subprocess.run(argv, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout)[
        "tags"
    ]
    assert {selected["selected_by"] for selected in shown} == {"exact", "match", "semver"}
    assert {selected["moving"] for selected in shown} == {True, False}

    with demo(env, *example) as process:
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert f"All {len(shown)} images are in ECR, with the digests upstream has." in output
    mirrored = re.findall(r"^(mirror/\S+) +(\S+) +sha256:\w+ .* yes$", output, re.MULTILINE)
    assert mirrored == sorted((selected["repository"], selected["tag"]) for selected in shown)
    assert_nothing_is_left(env)


def test_a_list_whose_settings_need_a_lock_gets_one(env: dict[str, str], tmp_path: Path) -> None:
    entry = {
        "source": "docker.io/library/nginx",
        "tags": {"exact": ["latest"], "semver": [">=1.24"]},
        "ecr": {"tag_mutability": "immutable-with-exclusions"},
    }
    (tmp_path / "images.yaml").write_text(json.dumps({"images": [entry]}))
    (tmp_path / "listing.json").write_text(json.dumps({"docker.io/library/nginx": ["latest", "1.24.0", "1.25.0"]}))
    with demo(env, str(tmp_path / "images.yaml"), "--from", str(tmp_path / "listing.json")) as process:
        output, _ = process.communicate(timeout=300)
    # From here on it takes a provider that knows exclusion filters.
    assert "wrote images.lock.yaml" in output
    assert "wrote terraform/modules/repositories/exclusions_override.tf" in output


def test_rules_without_a_listing_are_wrong_usage(env: dict[str, str]) -> None:
    with demo(env, "examples/tag-rules/images.yaml") as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "the demo does not know which tags docker.io/library/nginx has" in output


def test_two_hundred_images(env: dict[str, str], tmp_path: Path) -> None:
    hosts = ["docker.io", "quay.io", "ghcr.io", "registry.example.com:8443"]
    entries = [f'  - source: {hosts[i % 4]}/org{i % 9}/app{i}\n    tags: ["v1.{i}.0"]\n' for i in range(200)]
    (tmp_path / "images.yaml").write_text("images:\n" + "".join(entries))
    with demo(env, str(tmp_path / "images.yaml")) as process:
        output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output
    assert "All 200 images are in ECR, with the digests upstream has." in output


def assert_nothing_is_left(env: dict[str, str]) -> None:
    # A process that was killed may take a moment to disappear.
    deadline = time.monotonic() + 60
    while left_behind(env) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left_behind(env) == []


@pytest.mark.parametrize(("sig", "step"), [(signal.SIGINT, "[4] Plan"), (signal.SIGTERM, "[5] Apply")])
def test_an_interrupt_stops_everything(env: dict[str, str], sig: signal.Signals, step: str) -> None:
    with demo(env) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith(step):
                process.send_signal(sig)
                break
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert_nothing_is_left(env)


def test_a_step_that_fails_leaves_nothing_behind_even_with_keep(env: dict[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "terraform"
    broken.write_text('#!/bin/sh\n[ "$1" = version ] && echo \'{"terraform_version": "1.11.4"}\' && exit 0\nexit 1\n')
    broken.chmod(0o755)
    with demo({**env, "MIRRORGEN_TERRAFORM": str(broken)}, "--keep") as process:
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 5, output
    assert_nothing_is_left(env)
