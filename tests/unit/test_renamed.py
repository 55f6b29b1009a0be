"""Which repositories have another name in the list: only those of which it is certain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.destinations.ecr.tfvars import filled_from, interim
from mirrorgen.operations.repositories.renamed import Rename, Renames, find_renames
from tests.documents import load_text

A, B = "docker.io/library/a", "docker.io/library/b"


def renames(tmp_path: Path, images: Mapping[str, str], filled: Mapping[str, Sequence[str]], *gone: str) -> Renames:
    """Find the names of what goes, for a list with a repository and its source each."""
    entries = "".join(
        f'  - source: {source}\n    repository: {name}\n    tags: ["{number}"]\n'
        for number, (name, source) in enumerate(images.items())
    )
    desired = load_text(f"images:\n{entries}", tmp_path).desired
    assert desired
    return find_renames(gone, filled, desired.repositories)


def test_what_is_filled_from_the_source_of_what_goes_has_taken_its_place(tmp_path: Path) -> None:
    found = renames(tmp_path, {"new/a": A, "old/b": B}, {"old/a": [A], "old/b": [B]}, "old/a")
    assert found == Renames((Rename("old/a", "new/a"),), {}, {"old/a": (A,)})


def test_what_has_left_the_list_has_no_other_name(tmp_path: Path) -> None:
    assert renames(tmp_path, {"old/b": B}, {"old/a": [A], "old/b": [B]}, "old/a").sure == ()


def test_a_repository_that_its_source_filled_before_takes_nobodys_place(tmp_path: Path) -> None:
    filled = {"old/a": [A], "kept/a": [A]}
    assert renames(tmp_path, {"kept/a": A}, filled, "old/a") == Renames((), {}, {"old/a": (A,)})


def test_a_repository_that_is_replaced_has_its_name_still(tmp_path: Path) -> None:
    assert renames(tmp_path, {"old/a": A}, {"old/a": [A]}, "old/a") == Renames()


def test_nothing_is_paired_where_nobody_knows_what_filled_it(tmp_path: Path) -> None:
    assert renames(tmp_path, {"new/a": A}, {}, "old/a") == Renames()


def test_a_move_that_has_begun_has_the_same_names(tmp_path: Path) -> None:
    filled = {"old/a": [A], "new/a": ["123456789012.dkr.ecr.eu-west-1.amazonaws.com/old/a"]}
    assert renames(tmp_path, {"new/a": A}, filled, "old/a").sure == (Rename("old/a", "new/a"),)


@pytest.mark.parametrize(
    ("images", "filled", "why"),
    [
        ({"new/a": A, "other/a": A}, {"old/a": [A]}, "its sources now fill new/a and other/a"),
        ({"new/a": A, "new/b": B}, {"old/a": [A, B]}, "its sources now fill new/a and new/b"),
        ({"new/a": A}, {"old/a": [A], "old/b": [A]}, "old/b was filled from the same source"),
    ],
)
def test_what_several_could_be_is_said_and_left_alone(
    tmp_path: Path, images: Mapping[str, str], filled: Mapping[str, Sequence[str]], why: str
) -> None:
    found = renames(tmp_path, images, filled, *filled)
    assert found.sure == ()
    assert found.unsure["old/a"] == why


def test_two_repositories_may_become_one(tmp_path: Path) -> None:
    found = renames(tmp_path, {"new/a": A}, {"old/a": [A], "old/b": [B]}, "old/a", "old/b")
    assert found.sure == (Rename("old/a", "new/a"),)
    text = (
        f'images:\n  - source: {A}\n    repository: new\n    tags: ["1"]\n'
        f'  - source: {B}\n    repository: new\n    tags: ["2"]\n'
    )
    desired = load_text(text, tmp_path).desired
    assert desired
    both = find_renames(["old/a", "old/b"], {"old/a": [A], "old/b": [B]}, desired.repositories)
    assert both.sure == (Rename("old/a", "new"), Rename("old/b", "new"))


@pytest.mark.parametrize(
    "outputs", [{}, {"repositories": "?"}, {"repositories": {"a": 1, "b": {}, "c": {"source": ""}}}]
)
def test_outputs_of_another_module_say_nothing(outputs: Mapping[str, object]) -> None:
    assert filled_from(outputs) == {}


def test_meanwhile_the_state_says_what_fills_what_is_there() -> None:
    document: dict[str, Any] = {
        "mirrored_images": [{"repository": name, "source": A, "tags": {}} for name in ("late", "new", "same")]
    }
    made = interim(document, staying={"old": (A, B)}, refilled={"new": ["host/old"]}, absent={"late"})
    said = {image["repository"]: image["source"] for image in made["mirrored_images"]}
    assert said == {"new": "host/old", "old": f"{A}, {B}", "same": A}
    outputs = {"repositories": {name: {"source": source} for name, source in said.items()}}
    assert filled_from(outputs) == {"new": ("host/old",), "old": (A, B), "same": (A,)}
