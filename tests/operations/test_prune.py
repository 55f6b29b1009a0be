"""What a prune would delete of images that are not as simple as they look, and when it deletes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from mirrorgen.destinations.port import StoredImage
from mirrorgen.errors import InputError
from mirrorgen.operations.holding.pruning import (
    PrunePlan,
    apply_prune_plan,
    format_prune_plan,
    make_prune_plan,
    read_prune_plan,
)
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.removals import view_prune_plan
from mirrorgen.reporting.views import show
from tests.memory_destination import LIST, NOW, runtime_on, stored


def plan(folder: Path, *images: StoredImage, days: int = 30) -> PrunePlan:
    runtime, _ = runtime_on(folder, LIST, *images)
    return make_prune_plan(runtime, older_than_days=days, now=NOW)


def test_what_is_too_young_is_named(tmp_path: Path) -> None:
    made = plan(tmp_path, stored(1, "old", days_old=31), stored(2, "young", days_old=29))
    assert [removal.tag for removal in made.removals] == ["old"]
    assert [removal.tag for removal in made.too_young] == ["young"]
    assert "pushed within 30 days: 1" in show(view_prune_plan(made), ResultFormat.TEXT)


def test_a_repository_with_an_index_that_nobody_can_read_is_left_alone(tmp_path: Path) -> None:
    made = plan(tmp_path, stored(1, "v1.0.0", trouble="KmsError: no"), stored(2, "old"))
    assert made.removals == ()
    assert [failure.reason for failure in made.failures] == [f"{stored(1).digest}: KmsError: no"]


def test_an_archived_image_is_left_where_it_is(tmp_path: Path) -> None:
    assert plan(tmp_path, stored(1, "old", is_archived=True)).removals == ()


@pytest.mark.parametrize(("days", "after", "said"), [(30, -1, "yet to come"), (0, 0, "--older-than 0")])
def test_the_file_of_a_plan_is_not_trusted_with_time(tmp_path: Path, days: int, after: int, said: str) -> None:
    runtime, destination = runtime_on(tmp_path, LIST, stored(1, "old"))
    made = make_prune_plan(runtime, older_than_days=days, now=NOW)
    with pytest.raises(InputError) as raised:
        apply_prune_plan(runtime, made, older_than_days=30, now=NOW + timedelta(seconds=after))
    assert said in f"{raised.value.message} {raised.value.hint}"
    assert destination.deleted == []


def test_a_plan_without_a_time_zone_is_no_plan(tmp_path: Path) -> None:
    path = tmp_path / "prune.json"
    path.write_text(format_prune_plan(plan(tmp_path)).replace("+00:00", ""))
    with pytest.raises(InputError, match="no time zone"):
        read_prune_plan(path)


@pytest.mark.parametrize(("key", "other"), [("account_id", "210987654321"), ("region", "eu-central-1")])
def test_a_plan_is_good_for_its_account_and_region_alone(tmp_path: Path, key: str, other: str) -> None:
    runtime, destination = runtime_on(tmp_path, LIST, stored(1, "old"))
    path = tmp_path / "prune.json"
    document = json.loads(format_prune_plan(make_prune_plan(runtime, older_than_days=30, now=NOW)))
    assert document["target"][key] in LIST
    document["target"][key] = other
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=f"the plan is for .*{key} {other}.*; this is registry 123456789012.dkr.ecr"):
        apply_prune_plan(runtime, read_prune_plan(path), older_than_days=30, now=NOW)
    assert destination.deleted == []


def test_a_plan_of_another_time_zone_is_of_the_same_moment(tmp_path: Path) -> None:
    runtime, destination = runtime_on(tmp_path, LIST, stored(1, "old", days_old=31))
    path = tmp_path / "prune.json"
    text = format_prune_plan(make_prune_plan(runtime, older_than_days=30, now=NOW))
    path.write_text(text.replace("2026-01-31T06:00:00+00:00", "2026-01-31T18:00:00+12:00"))
    apply_prune_plan(runtime, read_prune_plan(path), older_than_days=30, now=NOW)
    assert [tag for _, tag, _ in destination.deleted] == ["old"]


def test_what_an_index_names_goes_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = [stored(1, "a-part"), stored(2, "b-index", contains=[1, 4]), stored(3, "c-index", contains=[2]), stored(4)]
    runtime, destination = runtime_on(tmp_path, LIST, *images)
    made = make_prune_plan(runtime, older_than_days=30, now=NOW)
    held = {image.digest: image.contains for image in images}

    def delete(_repository: str, tags: Sequence[tuple[str, str]]) -> Mapping[str, str]:
        named = {part for parts in held.values() for part in parts}
        for _, digest in tags:
            if digest not in named:
                del held[digest]
        return {tag: "ImageReferencedByManifestList" for tag, digest in tags if digest in held}

    monkeypatch.setattr(destination, "delete", delete)
    gone, refused = apply_prune_plan(runtime, made, older_than_days=30, now=NOW)
    assert [removal.tag for removal in gone] == ["a-part", "b-index", "c-index"]
    assert refused == ()


def test_what_the_registry_goes_on_refusing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime, destination = runtime_on(tmp_path, LIST, stored(1, "old"), stored(2, "older"))
    made = make_prune_plan(runtime, older_than_days=30, now=NOW)
    monkeypatch.setattr(destination, "delete", lambda _name, tags: {"old": "no"} if ("old", tags[0][1]) in tags else {})
    gone, refused = apply_prune_plan(runtime, made, older_than_days=30, now=NOW)
    assert [removal.tag for removal in gone] == ["older"]
    assert [(failure.ref.tag, failure.reason) for failure in refused] == [("old", "no")]
