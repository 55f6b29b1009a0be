"""Entries that fill one repository together, because an image has moved from one registry to another."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from mirrorgen.desired.shards import split
from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.port import Holdings
from mirrorgen.operations.copying.pending import pending
from mirrorgen.operations.copying.planning import plan_copies
from mirrorgen.operations.copying.syncing import plan_sync, sync_images
from mirrorgen.operations.holding.pruning import make_prune_plan
from mirrorgen.operations.holding.status import TagState, read_status
from mirrorgen.operations.upstream.selecting import prepare
from mirrorgen.outcomes import Kind, TagRef
from mirrorgen.rendering.files import REGSYNC, render
from tests.unit.conftest import Desire, Load
from tests.unit.memory import PUSHED, line, runtime_of

OLD, NEW, PAUSE = "k8s.gcr.io/pause", "registry.k8s.io/pause", "mirror/pause"
MOVED = """\
target: {account_id: "123456789012", region: eu-west-1}
images:
  - source: k8s.gcr.io/pause
    tags: ["3.1", "3.2"]
    repository: mirror/pause
    owner: old
  - source: registry.k8s.io/pause
    tags: ["3.9.0"]
    repository: mirror/pause
    owner: new
"""
ALL: Holdings = {PAUSE: {"3.1": "sha256:a", "3.2": "sha256:b", "3.9.0": "sha256:c"}}
REFUSED = '    tags: ["3.9.0"]\n'


@pytest.fixture
def moved(desire: Desire) -> DesiredState:
    return desire(MOVED)


def problems(load_list: Load, text: str) -> list[tuple[str, str]]:
    return [(problem.code, problem.message) for problem in load_list(text).problems if problem.is_error]


def test_two_entries_fill_one_repository(load_list: Load) -> None:
    loaded = load_list(MOVED)
    assert loaded.is_usable
    assert loaded.desired
    (repository,) = loaded.desired.repositories
    assert (repository.name, repository.tags) == (PAUSE, ("3.1", "3.2", "3.9.0"))
    assert [(str(entry.source), tag) for entry, tag in repository.tagged()] == [
        (OLD, "3.1"),
        (OLD, "3.2"),
        (NEW, "3.9.0"),
    ]


def test_a_tag_that_two_of_them_write_out_is_an_error(load_list: Load) -> None:
    ((code, message),) = problems(load_list, MOVED.replace(REFUSED, '    tags: ["3.2", "3.9.0"]\n'))
    assert code == "shared-tag"
    assert message == f"{OLD} and {NEW} would both bring 3.2 into the repository '{PAUSE}'"


def test_a_tag_of_one_that_fits_the_rule_of_the_other_is_an_error(load_list: Load) -> None:
    ((code, message),) = problems(load_list, MOVED.replace(REFUSED, '    tags: {semver: [">=3.2"]}\n'))
    assert (code, "bring 3.2 into" in message) == ("shared-tag", True)


def test_other_settings_of_the_same_repository_are_an_error(load_list: Load) -> None:
    ((code, _),) = problems(load_list, MOVED + "    ecr: {scan_on_push: false}\n")
    assert code == "shared-settings"


def test_the_same_source_twice_is_an_error(load_list: Load) -> None:
    ((code, _),) = problems(load_list, MOVED.replace(OLD, NEW))
    assert code == "duplicate-target"


def test_each_source_is_read_for_its_own_tags(moved: DesiredState) -> None:
    entries = yaml.safe_load(str(render(moved)[REGSYNC]))["sync"]
    target = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{PAUSE}"
    assert [(entry["source"], entry["target"], entry["tags"]["allow"]) for entry in entries] == [
        (OLD, target, [r"3\.1", r"3\.2"]),
        (NEW, target, [r"3\.9\.0"]),
    ]


def test_terraform_makes_the_repository_once(moved: DesiredState) -> None:
    generated = moved.generated()["terraform/terraform.tfvars.json"]
    assert generated
    assert generated.document
    (image,) = generated.document["mirrored_images"]
    assert image["repository"] == PAUSE


def test_a_missing_tag_is_copied_from_the_source_that_has_it(moved: DesiredState) -> None:
    todo = pending(moved, {PAUSE: {"3.1": "sha256:a", "3.2": "sha256:b"}})
    assert [(str(entry.source), entry.tags) for _, entry in todo.desired.entries] == [
        (OLD, ("3.1", "3.2")),
        (NEW, ("3.9.0",)),
    ]
    assert todo.missing == (TagRef(PAUSE, "3.9.0"),)


def test_shards_keep_a_repository_whole(moved: DesiredState) -> None:
    parts = [part.repositories for part in split(moved, 3) if part.repositories]
    assert parts == [moved.repositories]


def test_a_sync_blames_the_source_that_failed(moved: DesiredState, tmp_path: Path) -> None:
    lines = [
        line(f"{OLD}:3.1", f"{PAUSE}:3.1"),
        line(f"{OLD}:3.2", f"{PAUSE}:3.2", message="Image matches"),
        line(f"{NEW}:3.9.0", f"{PAUSE}:3.9.0", error="connection refused"),
    ]
    before: Holdings = {PAUSE: {"3.2": "sha256:b"}}
    after: Holdings = {PAUSE: {"3.1": "sha256:a", "3.2": "sha256:b"}}
    runtime = runtime_of(tmp_path, moved, before, after, runs=[(1, lines)])
    result = sync_images(runtime, plan_sync(runtime))
    assert result.copied == (TagRef(PAUSE, "3.1"),)
    (failure,) = result.failures
    assert (failure.ref.tag, failure.source, failure.owner) == ("3.9.0", NEW, "new")


def test_one_source_that_cannot_be_listed_fails_its_own_tags_alone(moved: DesiredState, tmp_path: Path) -> None:
    down = '{"msg": "Failed getting source tags", "source": "k8s.gcr.io/pause:latest", "error": "connection refused"}'
    after: Holdings = {PAUSE: {"3.9.0": "sha256:c"}}
    lines = [down, line(f"{NEW}:3.9.0", f"{PAUSE}:3.9.0")]
    runtime = runtime_of(tmp_path, moved, {PAUSE: {}}, after, runs=[(1, lines)])
    result = sync_images(runtime, plan_sync(runtime))
    assert result.copied == (TagRef(PAUSE, "3.9.0"),)
    assert [(failure.ref.tag, failure.source) for failure in result.failures] == [("3.1", OLD), ("3.2", OLD)]


def test_a_plan_shows_what_each_source_lacks(moved: DesiredState, tmp_path: Path) -> None:
    runtime = runtime_of(tmp_path, moved, {PAUSE: {}}, runs=[(0, [line(f"{NEW}:3.9.0", f"{PAUSE}:3.9.0")])])
    work = prepare(runtime)
    copies, failures = plan_copies(runtime, work, runtime.held(work.desired))
    assert copies == (TagRef(PAUSE, "3.9.0"),)
    assert [(failure.ref.tag, failure.kind, failure.source) for failure in failures] == [
        ("3.1", Kind.NOT_UPSTREAM, OLD),
        ("3.2", Kind.NOT_UPSTREAM, OLD),
    ]


def test_the_status_names_source_and_owner_of_each_tag(moved: DesiredState, tmp_path: Path) -> None:
    status = read_status(runtime_of(tmp_path, moved, ALL), upstream=False, now=PUSHED)
    assert status.is_in_sync
    (repository,) = status.repositories
    assert [(tag.tag, tag.source, tag.owner) for tag in repository.tags] == [
        ("3.1", OLD, "old"),
        ("3.2", OLD, "old"),
        ("3.9.0", NEW, "new"),
    ]


def test_prune_takes_away_what_neither_asks_for(moved: DesiredState, tmp_path: Path) -> None:
    held: Holdings = {PAUSE: {**(ALL[PAUSE] or {}), "2.0": "sha256:d"}}
    plan = make_prune_plan(runtime_of(tmp_path, moved, held), older_than_days=0, now=PUSHED + timedelta(days=1))
    assert [removal.tag for removal in plan.removals] == ["2.0"]


RULES = MOVED.replace('    tags: ["3.1", "3.2"]\n', '    tags: {match: ["3.*"]}\n').replace(
    REFUSED, '    tags: {match: [".*9.*"]}\n'
)


def test_a_tag_that_two_rules_select_is_brought_by_neither_and_named(desire: Desire, tmp_path: Path) -> None:
    listings = {OLD: ["3.1", "3.9.0"], NEW: ["2.9", "3.9.0"]}
    runtime = runtime_of(tmp_path, desire(RULES), ALL, listings=listings)
    work = prepare(runtime)
    assert [repository.tags for repository in work.desired.repositories] == [("2.9", "3.1")]
    (failure,) = work.failures
    assert (failure.ref, failure.kind) == (TagRef(PAUSE, "3.9.0"), Kind.RULE)
    assert failure.reason == f"{OLD} and {NEW} both have this tag; exclude it from one of them"


def test_while_one_source_is_not_known_nothing_in_the_repository_is_too_much(desire: Desire, tmp_path: Path) -> None:
    text = MOVED.replace(REFUSED, '    tags: {semver: [">=3.5"]}\n')
    status = read_status(runtime_of(tmp_path, desire(text), ALL), upstream=False, now=PUSHED)
    assert [failure.source for failure in status.failures] == [NEW]
    assert status.count(TagState.EXTRA) == 0
    plan = make_prune_plan(runtime_of(tmp_path, desire(text), ALL), older_than_days=0, now=PUSHED + timedelta(days=1))
    assert plan.removals == ()
