"""What is compared before a list is believed: each entry, and everything beside the entries."""

from __future__ import annotations

from typing import Any

import pytest

from mirrorgen.importing.checking import unlike
from mirrorgen.importing.drafts import Draft
from mirrorgen.master_list.building import build_model
from mirrorgen.model.images import Copying

BEFORE = {"images": [{"source": "nginx", "tags": ["1"]}, {"source": "redis", "tags": ["7"]}]}
NEW = [{"source": "quay.io/org/app", "tags": ["v1"]}]
SETTINGS = {"quay.io": {"tls": "disabled"}}
AFTER = {
    "images": [{"source": "nginx", "tags": ["2", "1"]}, {"source": "redis", "tags": ["7"]}, *NEW],
    "registries": SETTINGS,
}


def found(after: Any) -> list[int] | None:
    """Where a list is not what it is to be: nginx with the tag 2, a new entry, settings."""
    image = build_model(BEFORE)[0].images[0]
    draft = Draft(image.source, "mirror/docker-hub/nginx", None, Copying(), "", image, exact={"2": None})
    return unlike(BEFORE, after, [draft], NEW, SETTINGS)


def test_what_is_as_it_is_to_be_is_not_named() -> None:
    assert found(AFTER) == []


@pytest.mark.parametrize(
    ("index", "entry"),
    [
        (0, {"source": "nginx", "tags": ["1"]}),
        (0, {"source": "nginx", "tags": ["1", "2"], "owner": "me"}),
        (1, {"source": "redis", "tags": ["7", "2"]}),
        (2, {"source": "quay.io/org/app", "tags": {"exact": ["v1"]}}),
    ],
)
def test_an_entry_that_says_something_else_is_named(index: int, entry: dict[str, Any]) -> None:
    images = [*AFTER["images"]]
    images[index] = entry
    assert found({**AFTER, "images": images}) == [index]


@pytest.mark.parametrize(
    "after",
    [
        {"images": AFTER["images"]},
        {**AFTER, "registries": {"quay.io": {"tls": "insecure"}}},
        {**AFTER, "defaults": {"parallel": 2}},
        {**AFTER, "images": [*AFTER["images"], *NEW]},
        None,
    ],
)
def test_nothing_beside_the_entries_may_change(after: Any) -> None:
    assert found(after) is None
