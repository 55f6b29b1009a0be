"""A lock that is made anew says what it knows, and no more: what changed, what was kept, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.real.conftest import ACCOUNT, REGION, Project
from tests.real.paper_registry import PaperRegistry, paper_registry

APP, TOOL = "org/app", "org/tool"
UNCHANGED = "Nothing has changed since the lock was written.\n"


@pytest.fixture
def registry() -> Iterator[PaperRegistry]:
    with paper_registry({APP: ["v1.0.0", "v1.1.0"], TOOL: ["1.0", "edge"]}) as running:
        yield running


@pytest.fixture
def listed(project: Project, registry: PaperRegistry) -> Project:
    write(project, registry, app={"semver": [">=1"]}, tool={"exact": ["edge"]})
    assert project.run("lock").returncode == 0
    return project


def write(project: Project, registry: PaperRegistry, **rules: Any) -> None:
    document = {
        "target": {"account_id": ACCOUNT, "region": REGION},
        "registries": {"quay.io": {"hostname": registry.address, "tls": "disabled"}},
        "images": [{"source": f"quay.io/org/{name}", "tags": rule} for name, rule in rules.items()],
    }
    (project.folder / "images.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


def lock_of(project: Project) -> str:
    return (project.folder / "images.lock.yaml").read_text()


def entries(project: Project, *args: str) -> list[tuple[str, str, int]]:
    found = json.loads(project.run("lock", "--format", "json", *args).stdout)["entries"]
    return [(entry["change"], entry["source"].rpartition("/")[2], entry["tags"]) for entry in found]


def test_nothing_has_changed_is_said_when_all_have_answered(listed: Project) -> None:
    assert listed.run("lock").stdout == UNCHANGED
    assert entries(listed) == []


def test_an_upstream_that_is_down_keeps_its_lines_and_is_named(listed: Project, registry: PaperRegistry) -> None:
    before = lock_of(listed)
    registry.broken.add(APP)
    result = listed.run("lock")
    assert result.returncode == 5
    assert UNCHANGED not in result.stdout
    assert "Nothing has changed in the 1 of 2 entries that upstream answered for." in result.stdout
    assert "quay.io/org/app  tags: 2" in result.stdout
    assert "[unavailable]" in result.stdout
    assert lock_of(listed) == before
    assert entries(listed) == [("kept", "app", 2)]


def test_no_answer_at_all_says_nothing_of_changes(listed: Project, registry: PaperRegistry) -> None:
    registry.broken |= {APP, TOOL}
    result = listed.run("lock")
    assert result.returncode == 5
    assert result.stdout.startswith("Whether anything has changed is not known: upstream answered for none of 2")
    assert listed.run("lock", "--check").returncode == 5


def test_a_digest_that_cannot_be_had_keeps_the_lines_of_its_entry_alone(
    listed: Project, registry: PaperRegistry
) -> None:
    registry.unreadable.add((APP, "v1.1.0"))
    registry.tags[TOOL] = ["1.0", "edge"]
    assert entries(listed) == [("kept", "app", 2)]


def test_entries_that_left_and_joined_the_list_are_named(listed: Project, registry: PaperRegistry) -> None:
    registry.tags["org/new"] = ["7"]
    write(listed, registry, app={"semver": [">=1"]}, new=["7"])
    assert entries(listed) == [("added", "new", 1), ("removed", "tool", 1)]
    assert entries(listed) == []
    write(listed, registry, app={"semver": [">=1"]})
    result = listed.run("lock")
    assert (result.returncode, UNCHANGED in result.stdout) == (0, False)
    assert "Entries that the list no longer has:\n  quay.io/org/new  tags: 1\n" in result.stdout


def test_an_entry_whose_rule_changed_without_other_tags_is_named(listed: Project, registry: PaperRegistry) -> None:
    write(listed, registry, app={"semver": [">=1 <2"]}, tool={"exact": ["edge"]})
    assert entries(listed) == [("rule-changed", "app", 2)]


def test_a_new_entry_that_cannot_be_asked_is_left_out_by_name(listed: Project, registry: PaperRegistry) -> None:
    write(listed, registry, app={"semver": [">=1"]}, tool={"exact": ["edge"]}, new=["7"])
    assert entries(listed) == [("left-out", "new", 0)]


def test_what_was_not_asked_for_is_not_spoken_of(listed: Project, registry: PaperRegistry) -> None:
    registry.tags[TOOL] = ["1.0"]
    result = listed.run("lock", "--update", "quay.io/org/app")
    assert (result.returncode, result.stdout) == (
        0,
        "Nothing has changed in the 1 of 2 entries that upstream answered for.\n",
    )


def test_a_first_lock_without_any_answer_is_not_written(listed: Project, registry: PaperRegistry) -> None:
    (listed.folder / "images.lock.yaml").unlink()
    registry.broken |= {APP, TOOL}
    assert listed.run("lock").returncode == 5
    assert not (listed.folder / "images.lock.yaml").exists()


@pytest.mark.parametrize(
    ("rule", "kind", "code"), [({"exact": ["v9"]}, "not-upstream", 5), ({"semver": [">=9"]}, "rule", 1)]
)
def test_what_upstream_does_not_have_is_among_the_failures(
    rule: dict[str, list[str]], kind: str, code: int, listed: Project, registry: PaperRegistry
) -> None:
    write(listed, registry, app=rule, tool={"exact": ["edge"]})
    for command in ("lock", "tags"):
        result = listed.run(command, "--format", "json")
        assert result.returncode == code
        (failure,) = json.loads(result.stdout)["failures"]
        assert (failure["source"], failure["kind"]) == ("quay.io/org/app", kind)


def test_saved_tags_are_never_replaced_by_less(listed: Project, registry: PaperRegistry) -> None:
    path = listed.folder / "listing.json"
    assert listed.run("tags", "--save", "listing.json").returncode == 0
    before = path.read_text()
    registry.broken |= {APP, TOOL}
    result = listed.run("tags", "--save", "listing.json")
    assert (result.returncode, path.read_text()) == (5, before)
    assert "listing.json keeps the tags that it had of quay.io/org/app\n" in result.stderr

    registry.broken.remove(TOOL)
    registry.tags[TOOL] = ["2.0", "edge"]
    assert listed.run("tags", "--save", "listing.json").returncode == 5
    saved = {**json.loads(before), "quay.io/org/tool": ["2.0", "edge"]}
    assert json.loads(path.read_text()) == saved

    registry.broken.clear()
    registry.tags[TOOL] = []
    assert listed.run("tags", "quay.io/org/tool", "--save", "listing.json").returncode == 5
    assert json.loads(path.read_text()) == saved


def test_a_fresh_listing_has_only_what_was_answered(listed: Project, registry: PaperRegistry) -> None:
    path = listed.folder / "listing.json"
    registry.broken |= {APP, TOOL}
    assert listed.run("tags", "--save", "listing.json").returncode == 5
    assert not path.exists()
    registry.broken.remove(TOOL)
    assert listed.run("tags", "--save", "listing.json").returncode == 5
    assert json.loads(path.read_text()) == {"quay.io/org/tool": ["1.0", "edge"]}


def test_a_file_that_is_no_listing_is_not_overwritten(listed: Project, registry: PaperRegistry) -> None:
    registry.requests.clear()
    assert listed.run("tags", "--save", "images.yaml").returncode == 1
    assert registry.requests == []
