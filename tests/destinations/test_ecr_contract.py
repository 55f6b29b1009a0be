"""Each call of the ECR API, held against AWS's own description of it, with answers as AWS documents them.

botocore's Stubber checks what is asked and what is answered against the service model.
"""

from __future__ import annotations

from typing import Any

import pytest

from mirrorgen.destinations.ecr.settings import Encryption, Mutability, RepositorySettings
from mirrorgen.destinations.port import StoredImage
from mirrorgen.errors import ToolFailed
from tests.destinations.stubbed import ACCOUNT, INDEX, NAME, PUSHED, REGION, Ecr, detail, digest

ASKED = RepositorySettings(Mutability("IMMUTABLE", ()), True, Encryption("AES256"), (), (("ManagedBy", "terraform"),))


def test_tags_come_in_pages(ecr: Ecr) -> None:
    first = {"imageIds": [{"imageTag": "1", "imageDigest": digest(1)}], "nextToken": "more"}
    ecr.answers("list_images", first, filter={"tagStatus": "TAGGED"})
    second = {"imageIds": [{"imageTag": "2", "imageDigest": digest(2)}]}
    ecr.answers("list_images", second, filter={"tagStatus": "TAGGED"}, nextToken="more")
    assert ecr.destination.held({NAME: ["1"]}) == {NAME: {"1": digest(1), "2": digest(2)}}


def test_a_repository_that_is_not_there_holds_none_rather_than_nothing(ecr: Ecr) -> None:
    for operation in ("list_images", "describe_images", "describe_repositories"):
        ecr.refuses(operation, "RepositoryNotFoundException")
    assert ecr.destination.held({NAME: []}) == {NAME: None}
    assert ecr.destination.images([NAME]) == {NAME: None}
    assert ecr.destination.differences({NAME: ASKED}) == {NAME: None}


def test_settings_are_compared_one_by_one(ecr: Ecr) -> None:
    described = {
        "repositoryName": NAME,
        "repositoryArn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{NAME}",
        "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "latest"}],
        "imageScanningConfiguration": {"scanOnPush": False},
        "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "arn:aws:kms:eu-west-1:1:key/2"},
    }
    ecr.stub.add_response(
        "describe_repositories",
        {"repositories": [described]},
        {"repositoryNames": [NAME], "registryId": ACCOUNT},
    )
    tags = {"tags": [{"Key": "ManagedBy", "Value": "hand"}, {"Key": "aws:owner", "Value": "x"}]}
    ecr.stub.add_response("list_tags_for_resource", tags, {"resourceArn": described["repositoryArn"]})
    ecr.refuses("get_lifecycle_policy", "LifecyclePolicyNotFoundException")
    found = ecr.destination.differences({NAME: ASKED})[NAME] or ()
    assert {difference.setting: (difference.wanted, difference.found) for difference in found} == {
        "tag mutability": ("IMMUTABLE", "MUTABLE_WITH_EXCLUSION"),
        "exclusion filters": ("none", "latest"),
        "scan on push": ("true", "false"),
        "encryption": ("AES256", "KMS"),
        "resource tags": ("ManagedBy=terraform", "ManagedBy=hand"),
    }


@pytest.mark.parametrize("code", ["ThrottlingException", "ServerException", "AccessDeniedException"])
def test_what_cannot_be_asked_is_no_answer(ecr: Ecr, code: str) -> None:
    ecr.refuses("list_images", code)
    with pytest.raises(ToolFailed, match=f"cannot ask ECR: .*{code}"):
        ecr.destination.held({NAME: []})


def test_a_page_that_fails_is_not_taken_for_the_last(ecr: Ecr) -> None:
    first = {"imageIds": [{"imageTag": "1", "imageDigest": digest(1)}], "nextToken": "more"}
    ecr.answers("list_images", first, filter={"tagStatus": "TAGGED"})
    ecr.refuses("list_images", "ServerException")
    with pytest.raises(ToolFailed):
        ecr.destination.held({NAME: ["1"]})


def test_archived_images_are_described_as_such(ecr: Ecr) -> None:
    ecr.describes(detail(1, imageTags=["1"], imageStatus="ARCHIVED"), detail(2, imageTags=["2"], imageStatus="ACTIVE"))
    assert [(image.tags, image.is_archived) for image in ecr.images()] == [(("1",), True), (("2",), False)]


def test_why_a_tag_is_absent(ecr: Ecr) -> None:
    archived = {"imageIds": [{"imageTag": "1", "imageDigest": digest(1)}]}
    ecr.answers("list_images", archived, filter={"tagStatus": "TAGGED", "imageStatus": "ARCHIVED"})
    ecr.answers("list_images", {}, filter={"tagStatus": "TAGGED", "imageStatus": "ACTIVATING"})
    reasons = ecr.destination.why_absent(NAME, ["1", "2"])
    assert reasons.keys() == {"1"}
    assert "update-image-storage-class" in reasons["1"]


def test_an_index_says_what_it_names_also_what_is_not_held(ecr: Ecr) -> None:
    ecr.describes(detail(1, imageTags=["1"], imageManifestMediaType=INDEX), detail(2))
    ecr.shows({1: [2, 3]})
    index, _ = ecr.images()
    assert index.contains == (digest(2), digest(3))


def test_an_index_that_ecr_does_not_show_is_in_trouble_and_the_others_are_not(ecr: Ecr) -> None:
    ecr.describes(*(detail(number, imageManifestMediaType=INDEX) for number in (1, 2)))
    ecr.shows({1: [3]}, refused={2: "KmsError"})
    shown, hidden = ecr.images()
    assert (shown.contains, shown.trouble) == ((digest(3),), "")
    assert (hidden.contains, hidden.trouble) == ((), "KmsError: no")


def test_indexes_are_asked_for_a_hundred_at_a_time(ecr: Ecr) -> None:
    ecr.describes(*(detail(number, imageManifestMediaType=INDEX) for number in range(1, 102)))
    ecr.shows({number: [] for number in range(1, 101)})
    ecr.shows({101: []})
    assert len(ecr.images()) == 101


def test_what_the_older_scanning_found_is_told_without_asking(ecr: Ecr) -> None:
    done = {"imageScanStatus": {"status": "COMPLETE"}}
    ecr.describes(
        detail(1, **done, imageScanFindingsSummary={"findingSeverityCounts": {"HIGH": 2}}),
        detail(2, **done, imageScanFindingsSummary={"findingSeverityCounts": {}}),
        detail(3, imageScanStatus={"status": "FAILED"}),
    )
    found = [(image.findings, image.scan) for image in ecr.images(findings=True)]
    assert [findings for findings, _ in found] == [{"HIGH": 2}, {}, None]
    assert found[2][1] == "scan failed"


def test_without_asking_image_by_image_the_newer_scanning_leaves_findings_unknown(ecr: Ecr) -> None:
    ecr.describes(detail(1))
    (image,) = ecr.images()
    assert (image.findings, image.scan) == (None, "unknown")


def asked_for_findings(ecr: Ecr, answer: dict[str, Any] | str) -> StoredImage:
    ecr.describes(detail(1))
    if isinstance(answer, str):
        ecr.refuses("describe_image_scan_findings", answer)
    else:
        ecr.answers("describe_image_scan_findings", answer, imageId={"imageDigest": digest(1)})
    (image,) = ecr.images(findings=True)
    return image


def test_no_findings_not_scanned_and_unknown_are_three_things(ecr: Ecr) -> None:
    clean = {"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {"findingSeverityCounts": {}}}
    assert asked_for_findings(ecr, clean).findings == {}
    for answer, scan in (
        ("ScanNotFoundException", "not scanned"),
        ("AccessDeniedException", "unknown"),
        ("ImageNotFoundException", "unknown"),
        ({"imageScanStatus": {"status": "IN_PROGRESS"}}, "scan in progress"),
        ({"imageScanStatus": {"status": "UNSUPPORTED_IMAGE"}}, "scan unsupported image"),
    ):
        image = asked_for_findings(ecr, answer)
        assert (image.findings, image.scan) == (None, scan)


def test_enhanced_findings_are_counted_over_all_pages(ecr: Ecr) -> None:
    active = {"imageScanStatus": {"status": "ACTIVE"}}
    ecr.describes(detail(1))
    pages = [["HIGH", "LOW"], ["HIGH"]]
    for number, severities in enumerate(pages):
        found = {"enhancedFindings": [{"severity": severity} for severity in severities]}
        more = {"nextToken": "more"} if number == 0 else {}
        asked = {"nextToken": "more"} if number else {}
        ecr.answers(
            "describe_image_scan_findings",
            {**active, "imageScanFindings": found, **more},
            imageId={"imageDigest": digest(1)},
            **asked,
        )
    (image,) = ecr.images(findings=True)
    assert image.findings == {"HIGH": 2, "LOW": 1}


def test_a_tag_is_deleted_with_the_digest_it_must_name_a_hundred_at_a_time(ecr: Ecr) -> None:
    tagged = [(str(number), digest(number)) for number in range(101)]
    for start, failures in ((0, []), (100, ["ImageTagDoesNotMatchDigest"])):
        ecr.answers(
            "batch_delete_image",
            {
                "failures": [
                    {"imageId": {"imageTag": "100"}, "failureCode": code, "failureReason": "other digest"}
                    for code in failures
                ],
            },
            imageIds=[{"imageTag": tag, "imageDigest": named} for tag, named in tagged[start : start + 100]],
        )
    assert ecr.destination.delete(NAME, tagged) == {"100": "other digest"}


def test_the_times_of_the_archive_and_what_an_image_belongs_to_are_read(ecr: Ecr) -> None:
    times = {"lastArchivedAt": PUSHED, "lastActivatedAt": PUSHED}
    ecr.describes(
        detail(1, imageStatus="ARCHIVED", **times),
        detail(2, imageStatus="ACTIVATING", **times),
        detail(3, imageStatus="ACTIVE", subjectManifestDigest=digest(1), **times),
    )
    archived, activating, active = ecr.images()
    assert (archived.is_archived, archived.archived_at) == (True, PUSHED)
    assert (activating.is_archived, activating.archived_at) == (True, None)
    assert (active.is_archived, active.archived_at, active.activated_at, active.subject) == (
        False,
        None,
        PUSHED,
        digest(1),
    )
