"""The YAML of skopeo sync: what is copied from each registry is taken, or refused with the reason."""

from __future__ import annotations

import pytest

from mirrorgen.readers.contract import Place
from mirrorgen.readers.skopeo import FORMAT
from tests.readers.dialects import noted, reading, refused, taken

DIGEST = f"sha256:{'0a1b' * 16}"
RELEASES = r"v?\d+(\.\d+){0,2}"


def test_tags_digests_patterns_and_ranges_are_taken() -> None:
    found = reading(
        FORMAT,
        f"""
        registry.example.com:5000:
          images:
            redis:
              - "1.0"
              - {DIGEST}
          images-by-tag-regex:
            nginx: ^1\\.13\\.[12]-alpine-perl$
            team/app: alpine
          images-by-semver:
            alpine: ">= 3.12.0"
          tls-verify: false
        docker.io:
          images:
            busybox: [latest]
        """,
    )
    assert taken(found) == [
        ("registry.example.com:5000/redis", ["1.0"], None),
        ("registry.example.com:5000/redis", {None: DIGEST}, None),
        ("registry.example.com:5000/nginx", {"match": [r"1\.13\.[12]-alpine-perl"]}, None),
        ("registry.example.com:5000/team/app", {"match": [".*alpine.*"]}, None),
        ("registry.example.com:5000/alpine", {"match": [RELEASES], "semver": [">=3.12.0"]}, None),
        ("docker.io/library/busybox", ["latest"], None),
    ]
    assert found.images[1].place == Place("file.yaml", 6, 9)
    assert found.images[1].path == "registry.example.com:5000.images.redis[1]"
    assert found.target is None
    assert found.registries["registry.example.com:5000"].tls == "insecure"
    assert not found.refused
    assert noted(found) == [
        "2 (document): which platforms are copied stands on skopeo's command line, and the list copies all"
    ]


@pytest.mark.parametrize(
    ("images", "reason"),
    [
        ("images: {busybox: []}", "it copies every tag there is, which a list does not say"),
        ("images: {busybox: }", "it copies every tag there is, which a list does not say"),
        ("images: {busybox: latest}", "a list belongs under `busybox`"),
        ("images: {busybox: ['1:2']}", "it is neither a tag nor a digest, and skopeo passes it over"),
        ("images: {'busybox:1': [a]}", "skopeo wants a repository here, without tag and digest"),
        ("images: {Busybox: [a]}", "'h.example/Busybox' is not an image repository"),
        ("images: [busybox]", "a mapping belongs here"),
        ("images-by-tag-regex: {busybox: '.*'}", "it copies every tag there is, which a list does not say"),
        (
            "images-by-tag-regex: {busybox: '(?!a)'}",
            "`(?!a)` is not a pattern that a list takes: RE2 does not have a negative lookahead, `(?!`",
        ),
        (
            "images-by-semver: {busybox: '>=1.0.0-0'}",
            "the range '>=1.0.0-0' takes prereleases, which are compared in another way here",
        ),
        ("images-by-semver: {busybox: latest}", "the range 'latest' cannot be read"),
        (
            "images: {a: [b]}, credentials: {username: john, password: hunter2}",
            "it holds a user name and a password, of which nothing is taken",
        ),
        ("images: {a: [b]}, cert-dir: /home/hunter2", "a list names no certificate"),
        ("images: {a: [b]}, tls-verify: maybe", "true or false belongs under `tls-verify`"),
    ],
)
def test_what_a_list_cannot_say_is_refused(images: str, reason: str) -> None:
    found = reading(FORMAT, f"h.example: {{{images}}}")
    assert [refusal.reason for refusal in found.refused] == [reason]
    assert "hunter2" not in repr(found)


def test_a_name_that_is_no_host_is_refused_and_an_unknown_key_noted() -> None:
    found = reading(FORMAT, "h.example: {image: {a: [b]}}\n'not a host': {images: {a: [b]}}\n")
    assert refused(found) == ["2 not a host: it is not a registry's host name"]
    assert noted(found)[1] == "1 h.example.image: skopeo does not know it"


def test_it_is_recognized_by_hosts_at_the_left() -> None:
    assert FORMAT.recognizes("quay.io:\n  images:\n    coreos/etcd: [latest]\n", "sync.yml")
    assert FORMAT.recognizes("localhost:5000:\n    images-by-semver:\n        a: '>1'\n", "sync.yml")
    assert not FORMAT.recognizes("zarf:\n  images:\n    - nginx\n", "x.yaml")
    assert not FORMAT.recognizes("images:\n  - source: nginx\n", "images.yaml")
