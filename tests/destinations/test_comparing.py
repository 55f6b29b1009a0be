"""Differences between what a repository has and what the list asks for, as they are told."""

from __future__ import annotations

from dataclasses import replace

from mirrorgen.destinations.ecr.comparing import FoundSettings, differences
from mirrorgen.destinations.ecr.rules import ARCHIVE, EXPIRE, TRANSITION, LifecycleRule, policy
from mirrorgen.destinations.ecr.settings import Encryption, Mutability, RepositorySettings
from mirrorgen.destinations.port import SettingDifference

RULE = LifecycleRule(1, "", "any", "sinceImagePulled", 90, "days", action=TRANSITION)
WANTED = RepositorySettings(
    Mutability("MUTABLE_WITH_EXCLUSION", ("1.0.0",)), True, Encryption("KMS_DSSE"), (RULE,), (("Team", "web"),)
)
FOUND = FoundSettings(
    tag_mutability="MUTABLE_WITH_EXCLUSION",
    exclusions=("1.0.0",),
    scan_on_push=True,
    encryption="KMS_DSSE",
    kms_key="arn:aws:kms:eu-west-1:123456789012:key/of-aws",
    lifecycle=tuple(policy([RULE])["rules"]),
    resource_tags={"Team": "web", "aws:owner": "x"},
)


def test_what_is_as_asked_is_no_difference() -> None:
    assert not list(differences(WANTED, FOUND))


def test_what_a_rule_does_with_images_is_told() -> None:
    """To archive images and to remove them are two things, whatever else two rules have in common."""
    removed = replace(RULE, action=EXPIRE)
    archived = replace(removed, count_type="sinceImageTransitioned", storage_class=ARCHIVE)
    assert list(differences(WANTED, replace(FOUND, lifecycle=tuple(policy([removed])["rules"])))) == [
        SettingDifference("lifecycle", "1: any sinceImagePulled 90 transition", "1: any sinceImagePulled 90 expire")
    ]
    (told,) = differences(WANTED, replace(FOUND, lifecycle=tuple(policy([archived])["rules"])))
    assert told.found == "1: any sinceImageTransitioned 90 archive expire"


def test_a_repository_policy_is_compared_where_the_list_asks_for_one() -> None:
    theirs = replace(FOUND, repository_policy='{"Statement": []}')
    assert not list(differences(WANTED, theirs))
    ours = replace(WANTED, repository_policy='{"Statement": [{"Effect": "Allow"}]}')
    told = [(each.setting, each.found) for each in differences(ours, theirs)]
    assert told == [("repository policy", '{"Statement": []}')]
    assert [each.found for each in differences(ours, FOUND)] == ["none"]
