"""Tags by digest: what the list says is copied under a name of its own, whatever upstream's tags name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrorgen.desired.selection import select
from mirrorgen.desired.state import DesiredState
from mirrorgen.model.tags import is_moving
from mirrorgen.operations.copying.pending import pending
from mirrorgen.operations.copying.syncing import plan_sync, sync_images
from mirrorgen.operations.holding.pruning import make_prune_plan
from mirrorgen.operations.holding.status import TagState, read_status
from mirrorgen.outcomes import Kind, TagRef
from mirrorgen.rendering.files import REGSYNC, render
from tests.memory_destination import NOW
from tests.unit.conftest import Desire, Load
from tests.unit.memory import line, runtime_of

ASKED, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
SOURCE, APP = "gcr.io/distroless/static", "mirror/gcr/distroless/static"
LIST = f"""\
target: {{account_id: "123456789012", region: eu-west-1}}
images:
  - source: {SOURCE}
    tags: {{digests: {{nonroot: "{ASKED}"}}}}
"""


@pytest.fixture
def listed(desire: Desire) -> DesiredState:
    return desire(LIST)


def synced(document: DesiredState) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = yaml.safe_load(str(render(document)[REGSYNC]))["sync"]
    return found


def test_no_lock_is_needed(load_list: Load) -> None:
    loaded = load_list(LIST)
    assert loaded.is_usable
    assert loaded.problems == ()


def test_regsync_is_told_the_digest_and_the_name(listed: DesiredState) -> None:
    target = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{APP}:nonroot"
    assert synced(listed) == [{"source": f"{SOURCE}@{ASKED}", "target": target, "type": "image"}]


def test_other_tags_of_the_entry_are_read_by_name(desire: Desire) -> None:
    entries = synced(desire(LIST.replace("tags: {", 'tags: {exact: ["1.0.0"], ')))
    assert [(entry["source"], entry.get("tags")) for entry in entries] == [
        (f"{SOURCE}@{ASKED}", None),
        (SOURCE, {"allow": [r"1\.0\.0"]}),
    ]


def test_its_tag_never_moves_whatever_it_is_called(listed: DesiredState) -> None:
    (entry,) = listed.repositories[0].entries
    assert not is_moving(entry.rule, "nonroot")
    assert [(found.tag, found.selected_by, found.moving) for found in select(entry.rule, [])] == [
        ("nonroot", "digests", False)
    ]


def test_it_is_looked_at_only_if_the_target_holds_something_else(listed: DesiredState) -> None:
    assert pending(listed, {APP: {"nonroot": ASKED}}).is_empty
    assert pending(listed, {APP: {"nonroot": OTHER}}).doubtful == (TagRef(APP, "nonroot"),)
    assert pending(listed, {APP: {}}).missing == (TagRef(APP, "nonroot"),)


def test_a_digest_that_upstream_does_not_have_fails_with_its_tag(listed: DesiredState, tmp_path: Path) -> None:
    said = line(f"{SOURCE}@{ASKED}", f"{APP}:nonroot", error=f"failed to get {SOURCE}@{ASKED}: not found [http 404]")
    runtime = runtime_of(tmp_path, listed, {APP: {}}, runs=[(1, [said])])
    (failure,) = sync_images(runtime, plan_sync(runtime)).failures
    assert (failure.ref, failure.kind, failure.source) == (TagRef(APP, "nonroot"), Kind.NOT_UPSTREAM, SOURCE)


def test_one_of_a_type_that_cannot_be_copied_is_named_with_its_tag(listed: DesiredState, tmp_path: Path) -> None:
    said = json.dumps({"msg": "Skipping unsupported media type", "ref": f"{SOURCE}@{ASKED}", "mediaType": "x/y"})
    runtime = runtime_of(tmp_path, listed, {APP: {}}, runs=[(0, [said])])
    (failure,) = sync_images(runtime, plan_sync(runtime)).failures
    assert (failure.ref, failure.kind) == (TagRef(APP, "nonroot"), Kind.UNSUPPORTED)


def test_another_digest_after_the_copy_is_said(listed: DesiredState, tmp_path: Path) -> None:
    runtime = runtime_of(
        tmp_path,
        listed,
        {APP: {}},
        {APP: {"nonroot": OTHER}},
        runs=[(0, [line(f"{SOURCE}@{ASKED}", f"{APP}:nonroot")])],
    )
    result = sync_images(runtime, plan_sync(runtime))
    assert result.copied == ()
    assert [(failure.kind, failure.reason) for failure in result.failures] == [
        (Kind.NOT_AS_LOCKED, "ECR holds another digest than the list")
    ]


@pytest.mark.parametrize(("held", "state"), [(ASKED, TagState.PRESENT), (OTHER, TagState.DIFFERS)])
def test_the_status_compares_the_digest(held: str, state: TagState, listed: DesiredState, tmp_path: Path) -> None:
    status = read_status(runtime_of(tmp_path, listed, {APP: {"nonroot": held}}), upstream=False, now=NOW)
    assert [(tag.state, tag.wanted_digest) for tag in status.repositories[0].tags] == [(state, ASKED)]


def test_prune_leaves_it(listed: DesiredState, tmp_path: Path) -> None:
    runtime = runtime_of(tmp_path, listed, {APP: {"nonroot": ASKED, "old": OTHER}})
    plan = make_prune_plan(runtime, older_than_days=0, now=NOW)
    assert [removal.tag for removal in plan.removals] == ["old"]


def test_one_tag_by_name_and_by_digest_is_an_error(load_list: Load) -> None:
    problems = load_list(LIST.replace("tags: {", 'tags: {exact: ["nonroot"], ')).problems
    assert [problem.code for problem in problems] == ["duplicate-tag"]


@pytest.mark.parametrize("digest", ["latest", "sha256:abc", "a" * 64, ASKED.upper()])
def test_what_is_no_digest_is_an_error(digest: str, load_list: Load) -> None:
    assert not load_list(LIST.replace(ASKED, digest)).is_usable
