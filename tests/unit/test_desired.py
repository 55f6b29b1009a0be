"""The rules of the desired state: fixed and moving tags, exclusion filters, lifecycle, names, expiry."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from mirrorgen.desired.mapping import derived_name
from mirrorgen.desired.state import expiry_problems
from mirrorgen.destinations.ecr.lifecycle import lifecycle_rules, tag_prefix
from mirrorgen.destinations.ecr.rules import Lifecycle, policy
from mirrorgen.destinations.ecr.settings import EcrSettings
from mirrorgen.destinations.ecr.written_rules import MAX_CHARACTERS, MAX_RULES
from mirrorgen.model.images import Copying, Entry, Image, TagRule
from mirrorgen.model.references import Source
from mirrorgen.model.registries import default_alias
from mirrorgen.model.tags import is_fixed
from mirrorgen.project import load


@pytest.mark.parametrize(
    "tag",
    [
        *("v2.48.0", "2.48.0", "1.25.3-alpine", "v1.2.3-rc.1", "1.2.3.4", "1.2.3_x"),
        *("2024-01-15", "20240115", "2024.01.15", "nightly-2024-01-15", "RELEASE.2024-01-15T10-00-00Z"),
        *("3f1c2ab", "sha-3f1c2ab", "g3f1c2ab", "0123456789abcdef0123456789abcdef01234567"),
    ],
)
def test_a_fixed_tag(tag: str) -> None:
    assert is_fixed(tag)


@pytest.mark.parametrize(
    "tag",
    [
        "latest",
        "1.25",
        "16",
        "v1",
        "nonroot",
        "stable",
        "1.25-alpine",
        "bookworm",
        "edge",
        "deadbeef",
        "12345678",
        "v2024",
    ],
)
def test_a_moving_tag(tag: str) -> None:
    assert not is_fixed(tag)


@pytest.mark.parametrize(
    ("tag", "prefix"),
    [
        ("v2.48.0", "v"),
        ("1.25", "1"),
        ("latest", "latest"),
        ("alpine3.19", "alpine"),
        ("sha-3f1c2ab", "sha"),
        ("_x", "_"),
    ],
)
def test_what_groups_a_tag(tag: str, prefix: str) -> None:
    assert tag_prefix(tag) == prefix


def entry(*tags: str) -> Entry:
    image = Image(0, Source("quay.io", "a/b"), TagRule(tags), Copying(), None, EcrSettings(), None, None)
    return Entry(image, tags, is_open=False)


def test_a_count_rule_keeps_at_least_what_is_listed() -> None:
    tags = entry("v1.0.0", "v1.1.0", "v1.2.0", "version-1", "16")
    rules = lifecycle_rules([tags], Lifecycle(untagged_days=None, keep_last=2))
    assert [(*rule.tag_prefixes, rule.count_number) for rule in rules] == [("1", 2), ("v", 4), ("version", 2)]


def test_a_count_rule_counts_what_all_sources_bring() -> None:
    rules = lifecycle_rules([entry("v1", "v2"), entry("v3")], Lifecycle(untagged_days=None, keep_last=2))
    assert [rule.count_number for rule in rules] == [3]


def test_priorities_are_unique_and_untagged_images_come_last() -> None:
    rules = lifecycle_rules([entry("v1.0.0", "1.0")], Lifecycle(untagged_days=7, keep_last=10))
    assert [rule.priority for rule in rules] == [1, 2, 3]
    assert [rule.tag_status for rule in rules] == ["tagged", "tagged", "untagged"]


def test_as_many_rules_as_ecr_takes_are_never_too_long_for_it() -> None:
    tags = [f"{chr(97 + number % 26) * 2}{chr(97 + number // 26)}".ljust(128, "z") for number in range(MAX_RULES - 1)]
    rules = lifecycle_rules([entry(*tags)], Lifecycle(untagged_days=100_000, keep_last=100_000))
    assert len(rules) == MAX_RULES
    assert len(json.dumps(policy(rules), separators=(",", ":"))) < MAX_CHARACTERS


def test_rules_can_be_off() -> None:
    assert lifecycle_rules([entry("1")], Lifecycle(untagged_days=None, keep_last=None)) == ()


@pytest.mark.parametrize(
    ("host", "alias"),
    [
        ("docker.io", "docker-hub"),
        ("registry.k8s.io", "k8s"),
        ("europe-docker.pkg.dev", "europe-docker.pkg.dev"),
        ("registry.example.com:8443", "registry.example.com-8443"),
    ],
)
def test_an_alias(host: str, alias: str) -> None:
    assert default_alias(host) == alias


def test_the_name_of_a_repository() -> None:
    assert derived_name(Source("docker.io", "library/nginx"), prefix="mirror", alias="docker-hub") == (
        "mirror/docker-hub/nginx"
    )
    assert derived_name(Source("quay.io", "library/nginx"), prefix="a/b", alias="quay") == "a/b/quay/library/nginx"
    kept = derived_name(Source("docker.io", "library/nginx"), prefix="mirror", alias="docker-hub", keep_library=True)
    assert kept == "mirror/docker-hub/library/nginx"


@pytest.mark.parametrize(
    ("today", "severities"),
    [
        (date(2027, 6, 30), []),
        (date(2027, 7, 1), ["warning"]),
        (date(2027, 7, 30), ["warning"]),
        (date(2027, 7, 31), ["error"]),
    ],
)
def test_an_entry_past_its_day_warns_for_thirty_days_and_then_fails(
    tmp_path: Path, today: date, severities: list[str]
) -> None:
    path = tmp_path / "images.yaml"
    path.write_text('images:\n  - source: nginx\n    tags: ["1"]\n    expires: 2027-06-30\n')
    master_list = load(path).master_list
    assert master_list
    assert [problem.severity for problem in expiry_problems(master_list, today=today)] == severities
