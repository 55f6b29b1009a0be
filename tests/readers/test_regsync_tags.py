"""Tags of a step of regsync.yaml: one rule of a list that takes the same, or the reason why there is none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.readers.regsync_steps import only, step, why


@pytest.mark.parametrize(
    ("tags", "rule"),
    [
        ("{allow: [latest, '1', '1\\.25']}", {"exact": ["latest", "1", "1.25"]}),
        # A dot that is not escaped is any character.
        ("{allow: ['1.25']}", {"match": ["1.25"]}),
        # Only the first alternative is bound to the start, and only the last to the end.
        ("{allow: ['1\\.2|1\\.3']}", {"match": [r"1\.2.*", r".*1\.3"]}),
        ("{allow: ['^a$|^b$']}", {"exact": ["a", "b"]}),
        ("{allow: ['(?:a|b)c']}", {"match": ["(?:a|b)c"]}),
        ("{allow: ['(?i)a|b']}", {"match": [".*(?:^(?i)a|b$).*"]}),
        ("{deny: ['.*-rc']}", {"match": [".*"], "exclude": [".*-rc"]}),
        ("{allow: [a, b, 'v.*'], deny: [b]}", {"exact": ["a"], "match": ["v.*"], "exclude": ["b"]}),
        ("{semverRange: ['>=1 <2', '>=4']}", {"semver": [">=1 <2", ">=4"]}),
        ("{semverRange: [''], allow: [a]}", {"exact": ["a"]}),
        (
            "{semverRange: ['>=1'], allow: ['.*-alpine'], deny: ['.*rc.*']}",
            {"match": [".*-alpine"], "semver": [">=1"], "exclude": [".*rc.*"]},
        ),
        ("{semverRange: ['>=1'], allow: ['1\\.2', '0\\.9', latest]}", {"exact": ["1.2"]}),
        ("{allow: [10, 3.9x, true, 1.5]}", {"exact": ["10", "true"], "match": ["3.9x", "1.5"]}),
    ],
)
def test_tags_are_a_rule_that_takes_the_same(tags: str, rule: dict[str, Any]) -> None:
    assert only(step(f"tags: {tags}")) == rule


@pytest.mark.parametrize(
    ("sets", "rule"),
    [
        ("[{allow: [a]}, {allow: [b]}, {allow: ['v.*']}]", {"exact": ["a", "b"], "match": ["v.*"]}),
        ("[{semverRange: ['>=1']}, {semverRange: ['<0.1']}]", {"semver": [">=1", "<0.1"]}),
        ("[{allow: ['v.*'], deny: [x]}, {allow: ['w.*'], deny: [x]}]", {"match": ["v.*", "w.*"], "exclude": ["x"]}),
        ("[{semverRange: ['>=1']}, {semverRange: ['>=1'], allow: ['1.*']}]", {"semver": [">=1"]}),
        ("[{allow: [a], deny: [a]}, {allow: [b]}]", {"exact": ["b"]}),
    ],
)
def test_sets_of_tags_are_one_rule(sets: str, rule: dict[str, Any]) -> None:
    assert only(step(f"tagSets: {sets}")) == rule


def test_tags_are_one_more_set() -> None:
    assert only(step("tagSets: [{allow: [a]}]\n    tags: {allow: [b]}")) == {"exact": ["a", "b"]}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("", "it copies every tag there is, which a list does not say"),
        ("tags: {allow: []}", "it copies every tag there is, which a list does not say"),
        ("tags: {allow: ['.*']}", "it copies every tag there is, which a list does not say"),
        ("tags: {allow: ['|']}", "it copies every tag there is, which a list does not say"),
        ("tags: {allow: ['a b']}", "it chooses no tag"),
        ("tags: {allow: [''], deny: [x]}", "it chooses no tag"),
        (
            "tags: {allow: ['a(?!b)']}",
            "`a(?!b)` is not a pattern that a list takes: RE2 does not have a negative lookahead, `(?!`",
        ),
        ("tags: {semverRange: ['>= 1']}", "regsync copies nothing: '>= 1' is no range of versions"),
        ("tags: {semverRange: ['>2 <1']}", "no version can be in the range '>2 <1'"),
        ("tags: {allow: single}", "a list belongs under `allow`"),
        ("tags: {allow: [[a]]}", "text belongs here"),
        ("tags: {allow: [a, null]}", "nothing stands here"),
        ("tags: [a]", "a mapping belongs here"),
        ("tags: {allow: [1.10]}", "1.10 without quotes is a number, which becomes another text"),
        ("tags: {allow: [012]}", "012 without quotes is a number, which becomes another text"),
        ("tags: {allow: [1_000]}", "1_000 without quotes is a number, which becomes another text"),
        (
            "tagSets: [{allow: ['a.*']}, {semverRange: ['>=1']}]",
            "it has sets of tags that no single rule of a list says",
        ),
        (
            "tagSets: [{allow: ['a.*'], deny: [ab]}, {allow: ['b.*']}]",
            "it has sets of tags that no single rule of a list says",
        ),
        (
            "tags: {allow: [a]}\n    platforms: [linux/amd64]",
            "it copies an index with some of its platforms, which a list does not",
        ),
        ("tags: {allow: [a]}\n    platform: amd64", "'amd64' is not one platform that is written in full"),
        ("tags: {allow: [a]}\n    includeExternal: true", "it copies layers that are elsewhere, too"),
        (
            "tags: {allow: [a]}\n    mediaTypes: [application/vnd.oci.image.index.v1+json]",
            "it copies other media types than those of images",
        ),
        (
            "tags: {allow: [a]}\n    referrers: true\n    referrerFilters: [{artifactType: x}]",
            "a list copies all that refers to an image, or nothing of it",
        ),
        ("tags: {allow: [a]}\n    digestTags: 'yes'", "true or false belongs under `digestTags`"),
    ],
)
def test_what_no_rule_says_is_refused(more: str, reason: str) -> None:
    assert why(step(more)) == reason
