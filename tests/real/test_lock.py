"""The lock: made by asking registries for tag lists and HEAD requests, compared with them, and copied from."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import yaml

from mirrorgen.demo import upstreams
from tests.real.conftest import ACCOUNT, REGION, Project
from tests.real.paper_registry import PaperRegistry, digest_of, paper_registry

APP, TOOL = "org/app", "org/tool"
TAGS = {APP: ["v1.0.0", "v1.1.0", "v2.0.0", "latest"], TOOL: ["1.0", "1.1", "edge"]}


@pytest.fixture
def registry() -> Iterator[PaperRegistry]:
    with paper_registry(TAGS) as running:
        yield running


@pytest.fixture
def listed(project: Project, registry: PaperRegistry) -> Project:
    """A project with rules, whose upstream is a paper registry; made anew, it has the same lines."""
    document = {
        "target": {"account_id": ACCOUNT, "region": REGION},
        "registries": {"quay.io": {"hostname": registry.address, "tls": "disabled"}},
        "images": [
            {"source": f"quay.io/{APP}", "tags": {"exact": ["latest"], "semver": [">=1 <2"]}},
            {"source": f"quay.io/{TOOL}", "tags": {"semver": [">=1"], "newest": 1}, "platforms": "linux/amd64"},
        ],
    }
    (project.folder / "images.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return project


def lock_of(project: Project) -> str:
    return (project.folder / "images.lock.yaml").read_text()


def regctl(project: Project, *args: str) -> str:
    argv = ["regctl", "--host", f"reg={project.ecr.address},tls=disabled", *args]
    return subprocess.run(argv, env=project.tool_env, check=True, capture_output=True, text=True).stdout.strip()


def locked(project: Project) -> Project:
    result = project.run("lock")
    assert result.returncode == 0, result.stderr
    return project


def test_a_lock_has_a_line_for_each_tag_with_its_digest_and_the_time(listed: Project) -> None:
    result = listed.run("lock")
    assert result.returncode == 0
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", lock_of(listed))
    text = re.sub(r"(rule|seal): '[0-9a-f]{16}'", r"\1: MARK", text)
    lines = {tag: f"      '{tag}': {{digest: '{digest_of(f'{APP}:{tag}')}', locked: 'TIME'}}\n" for tag in TAGS[APP]}
    assert text == (
        "# Written by `mirrorgen lock`. Review its difference and commit it; do not edit it.\n"
        "version: 1\n"
        "images:\n"
        "  - source: 'quay.io/org/app'\n"
        "    rule: MARK\n"
        "    platforms: 'all'\n"
        "    tags:\n" + lines["latest"] + lines["v1.0.0"] + lines["v1.1.0"] + "    seal: MARK\n"
        "  - source: 'quay.io/org/tool'\n"
        "    rule: MARK\n"
        "    platforms: 'linux/amd64'\n"
        "    tags:\n"
        f"      '1.1': {{digest: '{digest_of(f'{TOOL}:1.1')}', locked: 'TIME'}}\n"
        "    seal: MARK\n"
    )


def test_a_lock_that_is_made_again_stays_the_same(listed: Project) -> None:
    before = lock_of(locked(listed))
    result = listed.run("lock")
    assert result.stdout == "Nothing has changed since the lock was written.\n"
    assert lock_of(listed) == before
    assert listed.run("lock", "--check").returncode == 0


def test_render_needs_no_network_once_there_is_a_lock(listed: Project, registry: PaperRegistry) -> None:
    refused = listed.run("render")
    assert refused.returncode == 1
    assert "error[newest-needs-lock]" in refused.stderr
    locked(listed)
    registry.requests.clear()
    assert listed.run("render").returncode == 0
    assert registry.requests == []
    rendered = yaml.safe_load((listed.folder / "regsync.yaml").read_text())
    assert [entry["tags"]["allow"] for entry in rendered["sync"]] == [["latest", r"v1\.0\.0", r"v1\.1\.0"], [r"1\.1"]]


def test_nothing_is_asked_but_tag_lists_and_heads(listed: Project, registry: PaperRegistry) -> None:
    locked(listed)
    assert sorted(registry.requests) == [
        ("GET", f"/v2/{APP}/tags/list"),
        ("GET", f"/v2/{TOOL}/tags/list"),
        ("HEAD", f"/v2/{APP}/manifests/latest"),
        ("HEAD", f"/v2/{APP}/manifests/v1.0.0"),
        ("HEAD", f"/v2/{APP}/manifests/v1.1.0"),
        ("HEAD", f"/v2/{TOOL}/manifests/1.1"),
    ]


def test_check_names_what_upstream_changed_the_alarm_first(listed: Project, registry: PaperRegistry) -> None:
    before = lock_of(locked(listed))
    registry.tags[APP] = ["v1.0.0", "v1.2.0", "latest"]
    registry.digests[APP, "latest"] = digest_of("moved")
    registry.digests[APP, "v1.0.0"] = digest_of("pushed again")

    result = listed.run("lock", "--check")
    assert result.returncode == 3
    assert [line for line in result.stdout.splitlines() if line] == [
        "ALARM: fixed tags that name something else now; somebody has pushed them again:",
        f"  quay.io/org/app  v1.0.0  {digest_of(f'{APP}:v1.0.0')[:19]} -> {digest_of('pushed again')[:19]}",
        "Tags that are gone, or that the rule no longer chooses:",
        f"  quay.io/org/app  v1.1.0  {digest_of(f'{APP}:v1.1.0')[:19]}",
        "New tags:",
        f"  quay.io/org/app  v1.2.0  {digest_of(f'{APP}:v1.2.0')[:19]}",
        "Moving tags that have moved:",
        f"  quay.io/org/app  latest  {digest_of(f'{APP}:latest')[:19]} -> {digest_of('moved')[:19]}",
    ]
    assert lock_of(listed) == before

    updated = listed.run("lock")
    assert (updated.returncode, updated.stdout) == (0, result.stdout)
    assert listed.run("lock", "--check").returncode == 0


def test_an_exact_tag_that_is_gone_is_found_by_check_and_keeps_its_lines(
    listed: Project, registry: PaperRegistry
) -> None:
    before = lock_of(locked(listed))
    registry.tags[APP] = ["v1.0.0", "v1.1.0"]
    check = listed.run("lock", "--check", "--format", "json")
    assert check.returncode == 5
    (difference,) = yaml.safe_load(check.stdout)["differences"]
    assert (difference["kind"], difference["tag"], difference["now"]) == ("vanished", "latest", "")

    result = listed.run("lock")
    assert result.returncode == 5
    assert "error[tag-not-upstream]: quay.io/org/app has no tag 'latest'" in result.stderr
    assert lock_of(listed) == before


def test_update_asks_only_for_what_it_is_told(listed: Project, registry: PaperRegistry) -> None:
    before = lock_of(locked(listed)).splitlines()
    registry.tags |= {APP: [*TAGS[APP], "v1.3.0"], TOOL: [*TAGS[TOOL], "1.2"]}
    registry.requests.clear()
    assert listed.run("lock", "--update", "quay.io/org/tool").returncode == 0
    assert not [path for _, path in registry.requests if APP in path]
    after = lock_of(listed).splitlines()
    assert before[: before.index("  - source: 'quay.io/org/tool'")] == after[: len(before) - 6]
    assert "      '1.2': " in lock_of(listed)


def test_a_stale_lock_is_a_problem_until_it_is_updated(listed: Project) -> None:
    locked(listed)
    path = listed.folder / "images.yaml"
    path.write_text(path.read_text().replace(">=1 <2", ">=1 <3"))
    for command in (["render"], ["lock", "--check"], ["validate"]):
        result = listed.run(*command)
        assert result.returncode == 1
        assert "images.lock.yaml:5:11: error[lock-stale]" in result.stdout + result.stderr
    assert listed.run("lock", "--update", "quay.io/org/app").returncode == 0
    assert "'v2.0.0'" in lock_of(listed)
    assert listed.run("render").returncode == 0


@pytest.mark.parametrize("args", [["quay.io/org/app"], ["--update", "quay.io/org/other"]])
def test_wrong_usage(args: list[str], listed: Project) -> None:
    assert listed.run("lock", *args).returncode == 2
    assert not (listed.folder / "images.lock.yaml").exists()


def test_check_without_a_lock(listed: Project) -> None:
    path = listed.folder / "images.yaml"
    path.write_text(path.read_text().replace("newest: 1", "order: version"))
    result = listed.run("lock", "--check")
    assert (result.returncode, result.stderr.splitlines()[0]) == (1, "error: there is no images.lock.yaml")


def test_a_lock_that_cannot_be_read_is_not_overwritten(listed: Project) -> None:
    (listed.folder / "images.lock.yaml").write_text("<<<<<<< HEAD\nversion: 1\n")
    result = listed.run("lock")
    assert result.returncode == 1
    assert "images.lock.yaml:" in result.stderr
    assert lock_of(listed).startswith("<<<<<<< HEAD")


def test_requests_keep_the_pace_and_the_number_at_once_that_the_list_allows(
    listed: Project, registry: PaperRegistry
) -> None:
    path = listed.folder / "images.yaml"
    path.write_text(path.read_text().replace("tls: disabled", "tls: disabled\n    concurrent_requests: 1"))
    at_once, most, lock = 0, 0, threading.Lock()
    answer = registry.answer

    def counting(method: str, target: str) -> object:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        try:
            return answer(method, target)
        finally:
            with lock:
                at_once -= 1

    registry.answer = counting  # type: ignore[assignment, method-assign]
    locked(listed)
    assert most == 1


def test_pinned_images_are_what_was_locked_even_when_upstream_has_moved(project: Project) -> None:
    source, tag = "quay.io/org/pinned", "latest"
    reviewed = project.serve({source: [tag]})[source, tag]
    project.write({source: [tag]}, settings={"ecr": {"tag_mutability": "mutable"}})
    path = project.folder / "images.yaml"
    path.write_text("defaults: {pin: digest}\n" + path.read_text())
    locked(project)
    assert project.run("render").returncode == 0
    project.create_repositories()

    moved = upstreams.populate(project.ecr, {source: [tag]}, platforms=("linux/amd64",))[source, tag]
    assert moved != reviewed
    result = project.run("sync")
    assert result.returncode == 0, result.stdout + result.stderr
    assert project.held("quay/org/pinned") == {tag: reviewed}

    # Somebody puts the moved image into ECR: the next run brings back what was reviewed.
    ours = f"{project.ecr.address}/{project.prefix}/quay/org/pinned:{tag}"
    theirs = f"{project.ecr.address}/{upstreams.repository(source)}:{tag}"
    regctl(project, "image", "copy", theirs, ours)
    assert project.held("quay/org/pinned") == {tag: moved}
    assert project.run("sync").returncode == 0
    # Not asked through ECR's API: there the emulator leaves the tag on the other image, too.
    assert regctl(project, "manifest", "head", ours) == reviewed

    drift = project.run("lock", "--check")
    assert drift.returncode == 3
    assert "Moving tags that have moved" in drift.stdout
    assert project.run("validate").returncode == 0


def test_a_pinned_digest_that_upstream_has_lost_is_named_with_its_tag(project: Project) -> None:
    source = "quay.io/org/lost"
    project.serve({source: ["v1.0.0"]})
    project.write({source: ["v1.0.0"]}, settings={"pin": "tag"})
    locked(project)
    text = lock_of(project)
    path = project.folder / "images.yaml"
    path.write_text(path.read_text().replace("pin: tag", "pin: digest"))
    assert project.run("render").returncode == 0
    project.create_repositories()
    digest = re.search(r"sha256:[0-9a-f]{64}", text)
    assert digest
    upstream = f"{project.ecr.address}/{upstreams.repository(source)}@{digest.group()}"
    regctl(project, "manifest", "delete", upstream)
    result = project.run("sync")
    assert result.returncode == 5
    assert f"{project.prefix}/quay/org/lost:v1.0.0: " in result.stdout
    assert "not found" in result.stdout


def test_a_lock_that_cannot_be_written_to_its_end_leaves_the_old_one_and_nothing_else(
    listed: Project, registry: PaperRegistry
) -> None:
    before = lock_of(locked(listed))
    names = {path.name for path in listed.folder.iterdir()}
    registry.tags[TOOL] = [*TAGS[TOOL], "1.2"]
    # A limit on the size of files stops the write in its middle, as a full disk would.
    argv = ["sh", "-c", f"ulimit -f 1; exec {shlex.join([sys.executable, '-m', 'mirrorgen', 'lock'])}"]
    registry.tags[APP] = [*TAGS[APP], *(f"v1.0.{number}" for number in range(1, 20))]
    result = subprocess.run(argv, cwd=listed.folder, env=listed.env, check=False, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "error: cannot write images.lock.yaml: File too large"
    assert lock_of(listed) == before
    assert {path.name for path in listed.folder.iterdir()} == names
