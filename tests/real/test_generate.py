"""generate: one command after an edit, which locks what is new, moves nothing that was reviewed, and renders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrorgen.destinations.ecr.tfvars import TFVARS
from mirrorgen.rendering.files import REGSYNC
from tests.real.conftest import ACCOUNT, REGION, Project
from tests.real.paper_registry import PaperRegistry, digest_of, paper_registry

APP, TOOL, NEW = "generate/app", "generate/tool", "generate/new"
LOCK = "images.lock.yaml"


@pytest.fixture
def registry() -> Iterator[PaperRegistry]:
    with paper_registry({APP: ["v1.0.0", "v1.1.0", "latest"], TOOL: ["1.0", "edge"], NEW: ["7"]}) as running:
        yield running


@pytest.fixture
def listed(project: Project, registry: PaperRegistry) -> Project:
    """A project with rules, a lock and generated files."""
    write(project, registry, app={"semver": [">=1"], "exact": ["latest"]}, tool={"exact": ["edge"]})
    result = project.run("generate")
    assert result.returncode == 0, result.stderr
    registry.requests.clear()
    return project


def write(project: Project, registry: PaperRegistry, **rules: Any) -> None:
    document = {
        "target": {"account_id": ACCOUNT, "region": REGION},
        "registries": {"quay.io": {"hostname": registry.address, "tls": "disabled"}},
        "images": [{"source": f"quay.io/generate/{name}", "tags": rule} for name, rule in rules.items()],
    }
    (project.folder / "images.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


def written(folder: Path) -> dict[str, str]:
    """What is in the files that generate writes."""
    return {name: (folder / name).read_text() for name in (LOCK, REGSYNC, TFVARS) if (folder / name).exists()}


def locked(project: Project, source: str) -> dict[str, str]:
    """Digest by tag of an entry of the lock."""
    images = yaml.safe_load((project.folder / LOCK).read_text())["images"]
    (found,) = [image["tags"] for image in images if image["source"] == f"quay.io/{source}"]
    return {tag: named["digest"] for tag, named in found.items()}


def asked(registry: PaperRegistry) -> set[str]:
    """What was asked about repositories, without the greeting of the registry."""
    return {path.removeprefix("/v2/") for _, path in registry.requests} - {""}


def test_a_first_run_writes_the_lock_and_what_is_rendered_from_it(project: Project, registry: PaperRegistry) -> None:
    write(project, registry, app={"semver": [">=1"]})
    result = project.run("generate")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "Entries that the lock did not have:\n  quay.io/generate/app  tags: 2\n"
    assert [line for line in result.stderr.splitlines() if line.startswith("wrote")] == [
        f"wrote {LOCK}",
        f"wrote {REGSYNC}",
        f"wrote {TFVARS}",
    ]
    assert r"v1\.1\.0" in (project.folder / REGSYNC).read_text()
    assert project.run("render", "--check").returncode == 0
    assert project.run("lock", "--check").returncode == 0


def test_with_nothing_new_nobody_is_asked_and_nothing_is_written(listed: Project, registry: PaperRegistry) -> None:
    registry.tags[APP] = ["v1.0.0", "v1.2.0", "latest"]
    before = written(listed.folder)
    result = listed.run("generate")
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "the generated files were up to date\n"
    assert (registry.requests, written(listed.folder)) == ([], before)


def test_only_a_new_entry_is_asked_for(listed: Project, registry: PaperRegistry) -> None:
    before = locked(listed, APP)
    registry.tags[APP] = ["v1.0.0", "v9.9.9", "latest"]
    registry.digests[APP, "latest"] = digest_of("moved")
    write(listed, registry, app={"semver": [">=1"], "exact": ["latest"]}, tool={"exact": ["edge"]}, new=["7"])
    assert listed.run("generate").returncode == 0
    assert asked(registry) == {f"{NEW}/tags/list", f"{NEW}/manifests/7"}
    assert locked(listed, APP) == before
    assert locked(listed, NEW) == {"7": digest_of(f"{NEW}:7")}


def test_a_changed_rule_brings_new_tags_and_leaves_those_that_were_reviewed(
    listed: Project, registry: PaperRegistry
) -> None:
    before = locked(listed, APP)
    registry.tags[APP] = ["v1.0.0", "v1.1.0", "v0.9.0", "latest"]
    registry.digests |= {(APP, "latest"): digest_of("moved"), (APP, "v1.1.0"): digest_of("pushed again")}
    write(listed, registry, app={"semver": [">=0.9"], "exact": ["latest"]}, tool={"exact": ["edge"]})
    result = listed.run("generate")
    assert result.returncode == 0, result.stderr
    assert asked(registry) == {f"{APP}/tags/list", f"{APP}/manifests/v0.9.0"}
    assert locked(listed, APP) == {**before, "v0.9.0": digest_of(f"{APP}:v0.9.0")}
    # What has moved is for `lock` to say, which asks for everything.
    check = listed.run("lock", "--check")
    assert check.returncode == 3
    assert "ALARM" in check.stdout


def test_a_digest_that_the_list_gives_is_taken_from_the_list(listed: Project, registry: PaperRegistry) -> None:
    digest = digest_of("reviewed")
    registry.digests[TOOL, digest] = digest
    write(listed, registry, app={"semver": [">=1"], "exact": ["latest"]}, tool={"digests": {"edge": digest}})
    result = listed.run("generate")
    assert result.returncode == 0, result.stderr
    assert locked(listed, TOOL) == {"edge": digest}


def test_an_entry_that_left_the_list_leaves_the_lock_and_nobody_is_asked(
    listed: Project, registry: PaperRegistry
) -> None:
    write(listed, registry, app={"semver": [">=1"], "exact": ["latest"]})
    result = listed.run("generate")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "Entries that the list no longer has:\n  quay.io/generate/tool  tags: 1\n"
    assert registry.requests == []
    assert listed.run("render", "--check").returncode == 0


@pytest.mark.parametrize(
    ("rule", "code", "said"),
    [
        ({"exact": ["8"]}, 5, "no tag '8'"),
        ({"semver": [">=99"]}, 1, "no tag of quay.io/generate/new fits this rule"),
        ("down", 5, "[unavailable]"),
    ],
)
def test_what_upstream_does_not_give_leaves_every_file_as_it_was(
    rule: Any, code: int, said: str, listed: Project, registry: PaperRegistry
) -> None:
    if rule == "down":
        registry.broken.add(NEW)
        rule = {"exact": ["7"]}
    registry.tags["generate/fine"] = ["1"]
    before = written(listed.folder)
    write(listed, registry, app={"semver": [">=1"], "exact": ["latest"]}, fine=["1"], new=rule)
    result = listed.run("generate")
    assert result.returncode == code
    assert said in result.stdout + result.stderr
    assert result.stderr.endswith("nothing was written\n")
    assert written(listed.folder) == before


def test_a_lock_that_cannot_be_written_leaves_what_is_rendered_as_it_was(
    listed: Project, registry: PaperRegistry
) -> None:
    before = written(listed.folder)
    write(listed, registry, app={"semver": [">=1"], "exact": ["latest"]}, tool={"exact": ["edge"]}, new=["7"])
    (listed.folder / TFVARS).unlink()
    (listed.folder / TFVARS).mkdir()
    result = listed.run("generate")
    assert result.returncode == 1
    (listed.folder / TFVARS).rmdir()
    assert written(listed.folder) == {name: text for name, text in before.items() if name != TFVARS}


def test_a_lock_that_was_edited_by_hand_is_not_built_on(listed: Project, registry: PaperRegistry) -> None:
    lock = listed.folder / LOCK
    lock.write_text(lock.read_text().replace(digest_of(f"{TOOL}:edge"), digest_of("another")))
    before = written(listed.folder)
    write(listed, registry, app={"semver": [">=1"], "exact": ["latest"]}, tool={"exact": ["edge"]}, new=["7"])
    result = listed.run("generate")
    assert result.returncode == 1
    assert (
        "error[lock-edited]: the entry for quay.io/generate/tool is not as `mirrorgen lock` wrote it" in result.stderr
    )
    assert (registry.requests, written(listed.folder)) == ([], before)


def test_what_the_tags_of_a_new_lock_make_impossible_is_said_before_anything_is_written(
    project: Project, registry: PaperRegistry
) -> None:
    write(project, registry, tool={"semver": [">=1"]})
    path = project.folder / "images.yaml"
    path.write_text(path.read_text() + "defaults: {ecr: {tag_mutability: immutable}}\n")
    result = project.run("generate")
    assert result.returncode == 1
    assert "error[immutable-moving-tag]: upstream moves the tag '1.0'" in result.stderr
    assert f"{TOOL}/manifests/1.0" in asked(registry)
    assert written(project.folder) == {}


def test_a_setting_that_needs_a_lock_gets_one(project: Project, registry: PaperRegistry) -> None:
    write(project, registry, app={"match": ["v1.*|latest"]})
    path = project.folder / "images.yaml"
    path.write_text(path.read_text() + "defaults: {ecr: {tag_mutability: immutable-with-exclusions}}\n")
    assert project.run("render").returncode == 1
    result = project.run("generate")
    assert result.returncode == 0, result.stderr
    assert project.run("render", "--check").returncode == 0
    (project.folder / LOCK).unlink()
    assert project.run("lock").returncode == 0


def test_digests_of_a_stand_in_are_not_locked(listed: Project, registry: PaperRegistry) -> None:
    listed.variables = {"MIRRORGEN_REDIRECT": "nowhere.json"}
    assert listed.run("generate").returncode == 0
    write(listed, registry, app={"semver": [">=1"], "exact": ["latest"]}, new=["7"])
    refused = listed.run("generate")
    assert refused.returncode == 2
    assert registry.requests == []
