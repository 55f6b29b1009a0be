"""Files of image-syncer: its rules are taken, or refused with the reason."""

from __future__ import annotations

import json

import pytest

from mirrorgen.model.credentials import Credentials
from mirrorgen.readers.contract import Reading
from mirrorgen.readers.image_syncer import FORMAT
from tests.readers.dialects import noted, reading, refused, taken

DIGEST = f"sha256:{'0a1b' * 16}"


def rules(text: str) -> Reading:
    return reading(FORMAT, text, file="images.yaml")


def test_rules_name_tags_a_pattern_or_a_digest_and_one_target_or_several() -> None:
    found = rules(
        f"""
        nginx:1.25: h.example/web/nginx
        quay.io/coreos/kube-rbac-proxy:v1.0,v2.0: h.example/coreos/proxy
        quay.io/coreos/etcd:/^v3\\.\\d+/: h.example/coreos/etcd
        gcr.io/distroless/static@{DIGEST}: h.example/static
        gcr.io/distroless/base@{DIGEST}: h.example/base:reviewed
        redis:7,6:
          - h.example/a/redis
          - h.example/b/redis:7,6
        """
    )
    assert taken(found) == [
        ("docker.io/library/nginx", ["1.25"], "web/nginx"),
        ("quay.io/coreos/kube-rbac-proxy", ["v1.0"], "coreos/proxy"),
        ("quay.io/coreos/kube-rbac-proxy", ["v2.0"], "coreos/proxy"),
        ("quay.io/coreos/etcd", {"match": [r"v3\.\d+.*"]}, "coreos/etcd"),
        ("gcr.io/distroless/static", {None: DIGEST}, "static"),
        ("gcr.io/distroless/base", {"reviewed": DIGEST}, "base"),
        ("docker.io/library/redis", ["7"], "a/redis"),
        ("docker.io/library/redis", ["6"], "a/redis"),
        ("docker.io/library/redis", ["7"], "b/redis"),
        ("docker.io/library/redis", ["6"], "b/redis"),
    ]
    assert found.target == "h.example"
    assert not found.refused


def test_one_file_with_both_and_json_mean_the_same() -> None:
    images = {"quay.io/org/app:v1": "h.example/app", "quay.io/org/other:v1": ["h.example/other"]}
    auth = {
        "quay.io": {"username": "$QUAY_USER", "password": "${QUAY_TOKEN}"},
        "h.example": {"insecure": True},
    }
    found = reading(FORMAT, json.dumps({"auth": auth, "images": images}, indent=2), file="config.json")
    assert taken(found) == [("quay.io/org/app", ["v1"], "app"), ("quay.io/org/other", ["v1"], "other")]
    assert found.credentials == {"quay.io": Credentials("QUAY_USER", "QUAY_TOKEN")}
    assert found.registries["h.example"].tls == "insecure"
    assert noted(found) == ["8 auth.h.example.insecure: it may speak plain HTTP, for which a list has another word"]
    assert not found.refused
    assert taken(reading(FORMAT, json.dumps(images))) == taken(found)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("quay.io/org/app: h.example/app", "it copies every tag there is, which a list does not say"),
        ("quay.io/org/app:v1: h.example/app:v2", "v1 becomes another tag, and a list keeps tags as they are upstream"),
        (
            "quay.io/org/app:v1,v2: h.example/app:v1",
            "v1, v2 becomes another tag, and a list keeps tags as they are upstream",
        ),
        ("quay.io/org/app:/v.*/: h.example/app:v1", "a pattern takes tags as they are, and the target names others"),
        ("quay.io/org/app:/.*/: h.example/app", "it copies every tag there is, which a list does not say"),
        ("quay.io/org/app:/(/: h.example/app", "`(` is not a pattern that a list takes: missing ): ("),
        ("'quay.io/org/app:v1,a b': h.example/app", "'a b' is not a tag"),
        ("quay.io/org/app:v1: app", "the target app names no registry"),
        ("quay.io/org/app:v1: []", "it goes nowhere"),
        ("quay.io/org/app:v1: ", "it goes nowhere"),
        ("quay.io/org/app:v1: {a: b}", "a list belongs under `quay.io/org/app:v1`"),
        ("quay.io/org/app:v1: [[a]]", "text belongs here"),
        ("quay.io/org/App:v1: h.example/app", "'quay.io/org/App' is not an image repository"),
        (
            f"quay.io/org/app@{DIGEST}: h.example/app:a,b",
            "image-syncer copies nothing: the target is not of the same number, or digest",
        ),
    ],
)
def test_a_rule_that_a_list_cannot_say_is_refused(rule: str, reason: str) -> None:
    found = rules(rule)
    assert [refusal.reason for refusal in found.refused] == [reason]
    assert not found.images


def test_of_several_targets_the_first_registry_counts() -> None:
    found = rules("nginx:1: [a.example/nginx, b.example/nginx, '${REGISTRY}/nginx']")
    assert [(image.repository, found.target) for image in found.images] == [("nginx", "a.example")] * 2
    assert refused(found) == ["1 nginx:1: it goes to b.example, and the list is for a.example"]


@pytest.mark.parametrize(
    ("auth", "reason"),
    [
        (
            "quay.io: {username: john, password: hunter2}",
            "the username is not the name of a variable, and a list holds nothing else",
        ),
        (
            "quay.io: {username: $U_USER, password: hunter2}",
            "the password is not the name of a variable, and a list holds nothing else",
        ),
        (
            "quay.io: {username: $U_USER, password: x$hunter2}",
            "the password is not the name of a variable, and a list holds nothing else",
        ),
        (
            "quay.io/org: {username: $U_USER, password: $U_TOKEN}",
            "a list signs in to a registry, not to a part of it such as quay.io/org",
        ),
    ],
)
def test_only_names_of_variables_are_taken_and_no_value_repeated(auth: str, reason: str) -> None:
    found = rules(f"auth: {{{auth}}}\nimages: {{'quay.io/org/app:v1': h.example/app}}")
    assert [refusal.reason for refusal in found.refused] == [reason]
    assert not found.credentials
    assert len(found.images) == 1
    assert "hunter2" not in repr(found)


def test_it_is_recognized_by_its_rules() -> None:
    assert FORMAT.recognizes("quay.io/a/b: quay.io/c/d\nquay.io/a/b:v1,v2: quay.io/c/d\n", "images.yaml")
    assert FORMAT.recognizes('{\n  "quay.io/a/b:v1": "quay.io/c/d"\n}\n', "images.json")
    assert FORMAT.recognizes('{\n  "auth": {\n  },\n  "images": {\n  }\n}', "config.json")
    assert not FORMAT.recognizes("images:\n  - source: nginx\n", "images.yaml")
    assert not FORMAT.recognizes("quay.io/a/b:v1\n", "list.txt")
