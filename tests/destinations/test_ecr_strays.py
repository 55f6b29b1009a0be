"""Which repositories ECR has beside those of the list, and what they weigh."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mirrorgen.destinations.port import Footprint
from mirrorgen.errors import ToolFailed
from tests.destinations.stubbed import ACCOUNT, NAME, PUSHED, Ecr, detail, digest


def test_strays_are_the_repositories_below_the_prefix(ecr: Ecr) -> None:
    for names, token in ((["mirror/a", "other/b"], "more"), (["mirror/c", "mirrored"], None)):
        answer = {"repositories": [{"repositoryName": name} for name in names]}
        asked = {"registryId": ACCOUNT, "maxResults": 1000} | ({} if token else {"nextToken": "more"})
        ecr.stub.add_response("describe_repositories", answer | ({"nextToken": token} if token else {}), asked)
    assert ecr.destination.strays({"mirror/a"}) == ("mirror/c",)


def test_without_the_right_to_list_repositories_strays_are_not_known(ecr: Ecr) -> None:
    ecr.refuses("describe_repositories", "AccessDeniedException")
    assert ecr.destination.strays(set()) is None


def test_what_a_repository_weighs_is_the_sum_over_all_pages(ecr: Ecr) -> None:
    asked = {"filter": {"imageStatus": "ANY"}, "maxResults": 1000}
    late = datetime(2026, 3, 1, tzinfo=UTC)
    first = [detail(1, lastRecordedPullTime=late), detail(2, lastRecordedPullTime=PUSHED)]
    ecr.answers("describe_images", {"imageDetails": first, "nextToken": "more"}, **asked)
    ecr.answers("describe_images", {"imageDetails": [detail(3, imageStatus="ARCHIVED")]}, nextToken="more", **asked)
    assert ecr.destination.footprints([NAME]) == {NAME: Footprint(3, 300, late)}


def test_what_is_not_told_of_a_repository_is_not_nothing(ecr: Ecr) -> None:
    asked = {"filter": {"imageStatus": "ANY"}, "maxResults": 1000}
    unweighed = {"imageDigest": digest(1), "imagePushedAt": PUSHED}
    ecr.answers("describe_images", {"imageDetails": [unweighed, detail(2)]}, **asked)
    assert ecr.destination.footprints([NAME]) == {NAME: Footprint(2, None, None)}
    ecr.answers("describe_images", {"imageDetails": []}, **asked)
    assert ecr.destination.footprints([NAME]) == {NAME: Footprint(0, 0, None)}
    for code in ("AccessDeniedException", "RepositoryNotFoundException"):
        ecr.refuses("describe_images", code)
        assert ecr.destination.footprints([NAME]) == {NAME: Footprint()}


def test_a_repository_that_cannot_be_weighed_for_another_reason_stops_the_run(ecr: Ecr) -> None:
    ecr.refuses("describe_images", "ServerException")
    with pytest.raises(ToolFailed, match="ServerException"):
        ecr.destination.footprints([NAME])
