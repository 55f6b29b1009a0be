"""docs/scale.md does the arithmetic that `mirrorgen plan` does."""

from __future__ import annotations

from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.model.images import MANIFESTS_OF_ALL_PLATFORMS, Copying
from mirrorgen.operations.copying.pushing import foresee_pushes
from mirrorgen.reporting.pushes import duration
from tests.documents import ROOT, rows_of, text_of

SCALE = ROOT / "docs/scale.md"


def test_the_first_copy_takes_as_long_as_a_plan_says() -> None:
    usual = f"usually, with {MANIFESTS_OF_ALL_PLATFORMS} manifests a tag"
    rows = rows_of(SCALE, "Tags", "at least, with 1 manifest a tag", usual)
    assert [tags for tags, *_ in rows] == ["1,000", "10,000", "100,000"]
    for tags, *times in rows:
        pushing = foresee_pushes(EcrTarget(), [Copying()] * int(tags.replace(",", "")))
        assert pushing
        assert times == [duration(pushing.least_s), duration(pushing.usual_s)]
        assert f"takes {pushing.per_second} manifests a second" in text_of(SCALE)
