"""How long a first copy takes at least: what a plan says of ECR's rate."""

from __future__ import annotations

import json

import pytest

from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.registry.target import RegistryTarget
from mirrorgen.model.images import Copying
from mirrorgen.operations.copying.pushing import Pushing, foresee_pushes
from mirrorgen.operations.planning import MirrorPlan
from mirrorgen.outcomes import TagRef
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.plans import view_plan
from mirrorgen.reporting.pushes import duration
from mirrorgen.reporting.views import show

ECR = EcrTarget("123456789012", "eu-west-1")
ALL, ONE = Copying(), Copying(platform="linux/amd64")
SENTENCE = (
    "ECR takes 10 manifests a second in a region, from all machines together, unless that quota was raised: "
    "copying takes at least 1 min 40 s, and usually 16 min 40 s."
)


def plan(pushing: Pushing | None) -> MirrorPlan:
    return MirrorPlan((), (TagRef("mirror/nginx", "1"),), (), pushing=pushing)


def test_each_tag_is_one_manifest_at_least_and_usually_those_of_all_platforms() -> None:
    assert foresee_pushes(ECR, [ALL] * 20) == Pushing("ECR", 10, 20, 200)


def test_an_image_of_one_platform_is_one_manifest() -> None:
    assert foresee_pushes(ECR, [ALL, ONE, ONE]) == Pushing("ECR", 10, 3, 12)


def test_nothing_is_known_of_other_registries_and_nothing_is_said_of_no_copy() -> None:
    assert foresee_pushes(RegistryTarget("registry.example.com"), [ALL]) is None
    assert foresee_pushes(ECR, []) is None


@pytest.mark.parametrize("output", [ResultFormat.TEXT, ResultFormat.MARKDOWN])
def test_a_plan_says_how_long_a_thousand_tags_take(output: ResultFormat) -> None:
    assert f"\n{SENTENCE}\n" in show(view_plan(plan(foresee_pushes(ECR, [ALL] * 1000))), output)


def test_of_images_of_one_platform_it_says_one_time() -> None:
    shown = show(view_plan(plan(foresee_pushes(ECR, [ONE] * 1000))), ResultFormat.TEXT)
    assert f"\n{SENTENCE.partition(', and')[0]}.\n" in shown


@pytest.mark.parametrize(("tags", "is_said"), [(59, False), (60, True)])
def test_a_plan_says_nothing_of_less_than_a_minute(tags: int, is_said: bool) -> None:
    assert ("takes at least" in show(view_plan(plan(foresee_pushes(ECR, [ALL] * tags))), ResultFormat.TEXT)) is is_said


def test_programs_are_told_in_any_case() -> None:
    told = json.loads(show(view_plan(plan(foresee_pushes(ECR, [ALL] * 25))), ResultFormat.JSON))["pushing"]
    assert told == {
        "per_second": 10,
        "manifests": {"at_least": 25, "usually": 250},
        "seconds": {"at_least": 2, "usually": 25},
    }
    assert json.loads(show(view_plan(plan(None)), ResultFormat.JSON))["pushing"] is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min 59 s"), (3600, "1 h"), (3661, "1 h 1 min")],
)
def test_times_are_in_words(seconds: int, text: str) -> None:
    assert duration(seconds) == text
