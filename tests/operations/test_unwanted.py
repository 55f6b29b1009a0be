"""Whatever a repository holds: nothing that is wanted, or that keeps or belongs to what stays, is ever planned."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.destinations.port import StoredImage
from mirrorgen.operations.holding.pruning import make_prune_plan
from mirrorgen.operations.holding.unwanted import unwanted
from tests.memory_destination import LIST, NOW, digest, runtime_on, stored

LIMIT = NOW - timedelta(days=30)


def signature(number: int, kind: str = "sig") -> str:
    return f"{digest(number).replace(':', '-')}.{kind}"


def planned(folder: Path, *images: StoredImage) -> list[str]:
    runtime, _ = runtime_on(folder, LIST, *images)
    return sorted(removal.tag for removal in make_prune_plan(runtime, older_than_days=30, now=NOW).removals)


CASES: dict[str, tuple[list[StoredImage], list[str]]] = {
    "an index that is wanted keeps its tagged parts": ([stored(1, "v1.0.0", contains=[2]), stored(2, "part")], []),
    "so does one that is young": ([stored(1, "young", days_old=1, contains=[2]), stored(2, "part")], []),
    "and one without a tag, which stays as well": ([stored(1, contains=[2]), stored(2, "part")], []),
    "and one within an index": (
        [stored(1, "v1.0.0", contains=[2]), stored(2, contains=[3]), stored(3, "part")],
        [],
    ),
    "an index that goes keeps nothing": ([stored(1, "old", contains=[2]), stored(2, "part")], ["old", "part"]),
    "signatures of what stays, stay": (
        [stored(1, "v1.0.0"), *(stored(n, signature(1, kind)) for n, kind in ((2, "sig"), (3, "att"), (4, "sbom")))],
        [],
    ),
    "also of what is young": ([stored(1, "young", days_old=1), stored(2, signature(1))], []),
    "and of parts": ([stored(1, "v1.0.0", contains=[2]), stored(2), stored(3, signature(2))], []),
    "and signatures of signatures": ([stored(1, "v1.0.0"), stored(2, signature(1)), stored(3, signature(2))], []),
    "signatures of what goes, go": ([stored(1, "old"), stored(2, signature(1))], ["old", signature(1)]),
    "and so do those of what is gone": ([stored(2, signature(1))], [signature(1)]),
    "a referrer with a tag stays with its image": ([stored(1, "v1.0.0"), stored(2, "sbom", subject=digest(1))], []),
    "and goes with it": ([stored(1, "old"), stored(2, "sbom", subject=digest(1))], ["old", "sbom"]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_goes(name: str, tmp_path: Path) -> None:
    images, expected = CASES[name]
    assert planned(tmp_path, *images) == sorted(expected)


NUMBERS = st.integers(0, 7)
TAGS = st.one_of(st.sampled_from(["v1.0.0", "v1.1.0", "old", "older", "main"]), NUMBERS.map(signature))


@st.composite
def stocks(draw: st.DrawFn) -> list[StoredImage]:
    """Images whose tags are their own, which name, sign and follow each other in any way, also in circles."""
    free = draw(st.lists(TAGS, unique=True, max_size=8))
    return [
        stored(
            number,
            *(tag for index, tag in enumerate(free) if index % 4 == number),
            days_old=draw(st.sampled_from([1, 29, 31, 400])),
            contains=draw(st.lists(NUMBERS, max_size=3)),
            is_archived=draw(st.booleans()) and draw(st.booleans()),
            subject=draw(st.sampled_from(["", "", digest(draw(NUMBERS))])),
        )
        for number in draw(st.permutations(range(8)))[: draw(st.integers(0, 8))]
    ]


@given(stocks())
def test_nothing_that_is_needed_is_ever_planned(images: list[StoredImage]) -> None:
    wanted = {"v1.0.0", "v1.1.0"}
    going = {
        image.digest
        for image in unwanted(images, is_wanted=wanted.__contains__, stays=lambda image: image.pushed_at >= LIMIT)  # type: ignore[operator]
    }
    for image in images:
        if image.digest not in going:
            assert not going & set(image.contains)
            continue
        assert not wanted & set(image.tags)
        assert image.pushed_at is not None
        assert image.pushed_at < LIMIT
        assert not image.is_archived
        staying = [other.digest for other in images if other.digest not in going]
        assert image.subject not in staying
        assert not [tag for tag in image.tags for other in staying if tag.startswith(other.replace(":", "-"))]


@given(stocks())
def test_what_nothing_keeps_is_planned(images: list[StoredImage]) -> None:
    going = unwanted(images, is_wanted=lambda _tag: False, stays=lambda _image: False)
    needed = {part for image in images if not image.tags or image.is_archived for part in image.contains}
    for image in images:
        if (
            image.tags == ("old",)
            and not image.subject
            and not image.is_archived
            and all(image.digest not in other.contains for other in images)
        ):
            assert image in going
    assert not needed & {image.digest for image in going}
