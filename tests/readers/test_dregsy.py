"""The configuration of dregsy: what its mappings copy is taken, or refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from mirrorgen.readers.contract import Reading
from mirrorgen.readers.dregsy import FORMAT
from tests.readers.dialects import noted, reading, refused, taken

DIGEST = f"sha256:{'0a1b' * 16}"


def task(mapping: str, *, source: str = "quay.io", more: str = "") -> Reading:
    text = f"""
        relay: skopeo
        tasks:
          - name: one
            source: {{registry: {source}}}
            target: {{registry: h.example{more}}}
            mappings:
              - {mapping}
    """
    return reading(FORMAT, text)


def test_mappings_are_taken() -> None:
    found = reading(
        FORMAT,
        f"""
        tasks:
          - name: hub
            interval: 60
            source: &hub {{registry: registry.hub.docker.com}}
            target: {{registry: h.example:5000, skip-tls-verify: true}}
            mappings:
              - from: library/busybox
                to: archive/busybox
                platform: all
                tags: ['1.36', '{DIGEST}', '1.37@{DIGEST}']
              - from: /grafana/grafana
                platform: linux/arm64/v8
                tags: [latest]
              - from: xelalex/dregsy
                to: regex:xel(.+)/dreg,${{1}}/$1-mirror
                platform: all
                tags: [v1]
        """,
    )
    assert taken(found) == [
        ("docker.io/library/busybox", ["1.36"], "archive/busybox"),
        ("docker.io/library/busybox", {None: DIGEST}, "archive/busybox"),
        ("docker.io/library/busybox", {"1.37": DIGEST}, "archive/busybox"),
        ("docker.io/grafana/grafana", ["latest"], "grafana/grafana"),
        ("docker.io/xelalex/dregsy", ["v1"], "alex/alex-mirrorsy"),
    ]
    assert [image.copying.platform for image in found.images] == [None, None, None, "linux/arm64/v8", None]
    assert found.target == "h.example:5000"
    assert found.registries["h.example:5000"].tls == "insecure"
    assert noted(found) == ["4 tasks[0].interval: a list does not say when it is copied"]


NO_VERSIONS = [r"v?\d+(\.\d+)?-.*", r"v?\d+(\.\d+){3,}(-.*)?", ".*_.*", r"[^-]*-(.*\.)?(0\d+)?(\..*)?"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("['regex: 1\\.26\\.[0-9]-(glibc|musl)']", [{"match": [r"1\.26\.[0-9]-(glibc|musl)"]}]),
        ("['regex: !.*-rc']", [{"match": [".*"], "exclude": [".*-rc"]}]),
        ("['regex: a.*|b']", [{"match": ["a.*", ".*b"]}]),
        ("['semver: >=1.31.0 <1.31.9']", [{"semver": [">=1.31.0 <1.31.9"], "exclude": NO_VERSIONS}]),
        (
            "['latest', 'semver: >=2.0.0', 'keep: .+-(alpine|buster)']",
            [{"match": [".+-(alpine|buster)"], "semver": [">=2.0.0"], "exclude": NO_VERSIONS}, ["latest"]],
        ),
        ("['semver: >1.0.0', 'keep: latest 5']", [{"semver": [">1.0.0"], "exclude": NO_VERSIONS, "newest": 5}]),
        ("['regex: v.*', 'keep: !.*-rc']", [{"match": ["v.*"], "exclude": [".*-rc"]}]),
        ("['keep: v.*']", [{"match": ["v.*"]}]),
        ("['a', 'keep: v.*']", [["a"]]),
    ],
)
def test_filters_are_a_rule_that_takes_the_same(tags: str, expected: list[Any]) -> None:
    found = task(f"{{from: org/app, platform: all, tags: {tags}}}")
    assert [tag for _, tag, _ in taken(found)] == expected
    assert not found.refused


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ("{from: org/app}", "it copies every tag there is, which a list does not say"),
        ("{from: 'regex:org/.*', tags: [a]}", "which repositories it copies is known only upstream"),
        ("{to: org/app, tags: [a]}", "it has no `from`"),
        ("{from: 'org/app:v1', tags: [a]}", "dregsy wants a repository here, without tag and digest"),
        ("{from: org/app, to: 'regex:a', tags: [a]}", "it has a pattern, and nothing to put in its place"),
        (
            "{from: org/app, to: 'regex:(a),$2', tags: [a]}",
            "the replacement names a group '2', which is none by its number",
        ),
        ("{from: org/app, to: Org, tags: [a]}", "the target h.example/Org is not a repository"),
        ("{from: org/app, platform: arm64, tags: [a]}", "'arm64' is not one platform that is written in full"),
        ("{from: org/app, tags: ['a b']}", "'a b' in 'quay.io/org/app:a b' is not a tag"),
        ("{from: org/app, tags: ['semver: >=1.2']}", "the range '>=1.2' cannot be read: its versions need three parts"),
        ("{from: org/app, tags: ['semver: !1.2.3']}", "no range of a list means what '!1.2.3' does"),
        (
            "{from: org/app, tags: ['semver: >=1.0.0', 'regex: a.*']}",
            "it has sets of tags that no single rule of a list says",
        ),
        (
            "{from: org/app, tags: ['regex: a.*', 'keep: b.*']}",
            "it has several patterns that must all match, and a list has none of that kind",
        ),
        (
            "{from: org/app, tags: ['regex: a.*', 'keep: latest 3']}",
            "`keep: latest` counts tags that a list does not count",
        ),
        ("org/app", "a mapping belongs here"),
    ],
)
def test_what_a_list_cannot_say_is_refused(mapping: str, reason: str) -> None:
    found = task(mapping)
    assert [refusal.reason for refusal in found.refused] == [reason]
    assert not found.images


def test_a_filter_that_cannot_be_kept_takes_no_tag_with_it() -> None:
    found = task("{from: org/app, platform: all, tags: [v1, 'semver: x']}")
    assert taken(found) == [("quay.io/org/app", ["v1"], "org/app")]
    assert refused(found) == ["8 tasks[0].mappings[0].tags: the range 'x' cannot be read"]


def test_without_a_platform_the_list_copies_more_and_says_so() -> None:
    found = task("{from: org/app, tags: [v1]}")
    assert noted(found) == [
        "8 tasks[0].mappings[0]: dregsy copies the platform of the machine that it runs on, and the list all"
    ]


def test_nothing_of_a_login_is_taken_or_repeated() -> None:
    found = task("{from: org/app, tags: [v1]}", more=", auth: aHVudGVyMg==")
    assert refused(found) == [
        "6 tasks[0].target.auth: it holds a user name and a password in one, of which nothing is taken"
    ]
    assert "aHVudGVyMg" not in repr(found)
    assert not task("{from: org/app, tags: [v1]}", more=", auth: none, auth-refresh: 10h").refused
    upstream = task("{from: org/app, tags: [v1]}", source="1.dkr.ecr.eu-west-1.amazonaws.com, auth-refresh: 10h")
    assert [refusal.reason for refusal in upstream.refused] == [
        "a list does not sign in to a registry of AWS that it copies from"
    ]


def test_a_task_without_a_registry_is_refused() -> None:
    found = reading(FORMAT, "tasks: [{name: a, source: {}, target: {registry: h.example}, mappings: [{from: a}]}]")
    assert refused(found) == ["1 tasks[0].source: it names no registry"]


def test_it_is_recognized_by_tasks_with_mappings() -> None:
    assert FORMAT.recognizes("relay: skopeo\ntasks:\n- name: a\n  mappings:\n  - from: a\n", "dregsy.yaml")
    assert not FORMAT.recognizes("tasks:\n- name: a\n  include: b\n", "playbook.yaml")
