"""What a new repository lacks of the old one, and what keeps it from being filled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from mirrorgen.destinations.port import StoredImage
from mirrorgen.errors import ToolFailed
from mirrorgen.operations.repositories.refilling import Lack, lacking, obstacles, refill
from mirrorgen.operations.repositories.renamed import Rename
from mirrorgen.outcomes import Failure, Kind, TagRef
from tests.unit.conftest import Desire
from tests.unit.memory import runtime_of

RENAME = Rename("old", "new")


def stored(images: Mapping[str, tuple[str, ...]], *, is_archived: bool = False) -> tuple[StoredImage, ...]:
    return tuple(StoredImage(digest, tags, None, is_archived=is_archived) for digest, tags in images.items())


def test_every_tag_and_every_image_is_looked_for() -> None:
    held = {"old": stored({"a": ("1", "2"), "b": (), "c": ("3",)}), "new": stored({"a": ("1",), "d": ()})}
    assert lacking([RENAME], held, {}) == [
        Lack(RENAME, "a", "2"),
        Lack(RENAME, "c", "3"),
        Lack(RENAME, "b"),
        Lack(RENAME, "c"),
    ]


def test_what_the_new_one_has_besides_is_no_matter() -> None:
    held = {"old": stored({"a": ("1",)}), "new": stored({"a": ("1", "2"), "b": ("3",)})}
    assert lacking([RENAME], held, {}) == []


def test_a_tag_that_both_had_may_move_on_while_its_image_stays() -> None:
    verified = {"old": {"latest": "a"}}
    held = {"old": stored({"a": ("latest",)}), "new": stored({"a": (), "b": ("latest",)})}
    assert lacking([RENAME], held, verified) == []
    assert obstacles([RENAME], held, verified) == []
    held["new"] = stored({"b": ("latest",)})
    assert lacking([RENAME], held, verified) == [Lack(RENAME, "a")]
    held["new"] = stored({"a": ()})
    assert lacking([RENAME], held, verified) == [Lack(RENAME, "a", "latest")]


def test_a_tag_of_another_image_is_for_somebody_to_decide() -> None:
    held = {"old": stored({"a": ("1",)}), "new": stored({"b": ("1",)})}
    found = obstacles([RENAME], held, {})
    assert found == [Failure(TagRef("new", "1"), Kind.DIFFERS, "it names b in new, and a in old")]


def test_two_old_ones_must_agree_on_a_tag() -> None:
    renames = [RENAME, Rename("older", "new")]
    held = {"old": stored({"a": ("1", "2")}), "older": stored({"a": ("2",), "b": ("1",)}), "new": ()}
    found = obstacles(renames, held, {})
    assert found == [Failure(TagRef("new", "1"), Kind.DIFFERS, "it names a in old, and b in older")]


def test_what_is_archived_cannot_be_copied() -> None:
    (found,) = obstacles([RENAME], {"old": stored({"a": ("1",)}, is_archived=True), "new": None}, {})
    assert (found.ref, found.kind) == (TagRef("old", "1"), Kind.REFUSED)
    assert "restore it" in found.reason


LIST = "target: {registry: registry.example.com}\nimages:\n  - source: quay.io/org/app\n    tags: ['1']\n"
DIGEST = f"sha256:{1:064x}"


def test_every_tag_of_an_image_that_regsync_leaves_out_says_why(tmp_path: Path, desire: Desire) -> None:
    old = {"1": DIGEST, "2": DIGEST}
    said = {"msg": "Skipping unsupported media type", "ref": f"registry.example.com/old@{DIGEST}", "mediaType": "odd"}
    runs = [(0, [json.dumps(said)]), (0, [])]
    runtime = runtime_of(tmp_path, desire(LIST), {"old": old, "new": {}}, runs=runs)
    held = {"old": stored({DIGEST: ("1", "2")}), "new": stored({})}
    _, failures = refill(runtime, [RENAME], held, {})
    assert [failure.ref for failure in failures] == [TagRef("new", "1"), TagRef("new", "2"), TagRef("new")]
    assert all("media type odd is not supported" in failure.reason for failure in failures)


def test_what_has_not_come_is_a_failure_whatever_regsync_says(tmp_path: Path, desire: Desire) -> None:
    runtime = runtime_of(tmp_path, desire(LIST), {"old": {"1": DIGEST}, "new": {}}, runs=[(0, []), (0, [])])
    _, failures = refill(runtime, [RENAME], {"old": stored({DIGEST: ("1",)}), "new": stored({})}, {})
    assert [failure.reason for failure in failures] == [
        f"{DIGEST} of old is not there, and regsync reported no failure",
        f"the image {DIGEST} of old is not there, and regsync reported no failure",
    ]


def test_a_regsync_that_does_not_work_ends_it(tmp_path: Path, desire: Desire) -> None:
    runtime = runtime_of(tmp_path, desire(LIST), {"old": {"1": DIGEST}, "new": {}}, runs=[(1, ["no configuration"])])
    with pytest.raises(ToolFailed, match="no configuration"):
        refill(runtime, [RENAME], {"old": stored({DIGEST: ("1",)}), "new": stored({})}, {})


def test_what_lacks_nothing_starts_nothing(tmp_path: Path, desire: Desire) -> None:
    held = {"old": stored({DIGEST: ("1",)}), "new": stored({DIGEST: ("1",)})}
    assert refill(runtime_of(tmp_path, desire(LIST), {}, runs=[]), [RENAME], held, {}) == (held, [])
