"""Which newer tag follows which: a table over what real images have, and what holds for any tags at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.desired.updates import LeftAlone, Update, find_updates, left_alone
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.policies import DEFAULT, Policy
from mirrorgen.model.versions import parse_version
from mirrorgen.operations.upstream.rewriting import rewrite
from mirrorgen.project import Loaded
from tests.documents import load_text
from tests.unit.conftest import Desire
from tests.unit.excerpts import EXCERPTS

SOURCES = {source.rpartition("/")[2]: source for source in EXCERPTS}


def entry(source: str, tags: Sequence[str], policy: Policy = DEFAULT) -> str:
    written = policy if isinstance(policy, str) else list(policy)
    return f"images:\n  - source: {source}\n    tags: {json.dumps(tags)}\n    update: {json.dumps(written)}\n"


def updates(desire: Desire, name: str, tags: Sequence[str], policy: Policy, keep: int | None = None) -> list[Update]:
    return list(find_updates(desire(entry(SOURCES[name], tags, policy)).entries, EXCERPTS, keep=keep))


@pytest.mark.parametrize(
    ("name", "policy", "tag", "newer"),
    [
        # Another release with the same suffix; no prerelease, no other base, no shorter or longer version.
        ("nginx", "minor", "1.27.1-alpine", "1.28.0-alpine"),
        ("nginx", "patch", "1.27.1-alpine", "1.27.5-alpine"),
        ("nginx", "minor", "1.27.1", "1.28.0"),
        ("nginx", "minor", "1.27", "1.29"),
        ("nginx", "minor", "1.27-alpine", "1.28-alpine"),
        ("nginx", "patch", "1.27", None),
        ("nginx", "major", "1", None),
        ("nginx", "minor", "1.27.1-alpine3.20", "1.27.5-alpine3.20"),
        ("nginx", "minor", "1.25.5-bookworm", "1.28.0-bookworm"),
        ("nginx", "minor", "1.26.3-perl", None),
        # Even minor versions of nginx are the stable ones.
        ("nginx", (r"1\.\d*[02468]\.\d+-alpine",), "1.26.3-alpine", "1.28.0-alpine"),
        ("nginx", (r"1\.\d*[02468]",), "1.26", "1.28"),
        ("nginx", (r"2\..*",), "1.26", None),
        ("postgres", "minor", "16.1", "16.9"),
        ("postgres", "minor", "16.1-bookworm", "16.9-bookworm"),
        ("postgres", "minor", "16", None),
        ("postgres", "patch", "16.1", None),
        ("postgres", "major", "16", "18"),
        ("postgres", "major", "16.1", "18.0"),
        ("postgres", "major", "15.4-alpine", "17.5-alpine"),
        ("postgres", (r"1[67]\..*",), "15.4", "17.5"),
        ("redis", "patch", "7.2.4-alpine", "7.2.9-alpine"),
        ("redis", "minor", "7.2.4-alpine", "7.4.4-alpine"),
        ("redis", "major", "7.2.4-alpine", "8.0.2-alpine"),
        ("redis", "major", "7.2", "8.0"),
        ("redis", "minor", "7.0", "7.4"),
        ("redis", "minor", "6.2.6", "6.2.18"),
        ("python", "patch", "3.11.9-slim-bookworm", "3.11.13-slim-bookworm"),
        ("python", "minor", "3.11.9-slim-bookworm", "3.13.5-slim-bookworm"),
        ("python", "minor", "3.12.3-slim", "3.13.5-slim"),
        ("python", "minor", "3.12-slim", "3.13-slim"),
        ("python", "minor", "3.13", None),
        ("alpine", "minor", "3.18", "3.22"),
        ("alpine", "minor", "3.9", "3.22"),
        ("alpine", "patch", "3.18.4", "3.18.12"),
        ("alpine", "minor", "3.18.4", "3.22.0"),
        # A day is no major version, and its first number is all of it.
        ("alpine", "major", "3", None),
        ("alpine", "minor", "20240329", None),
        ("alpine", "major", "20240329", "20250108"),
        ("alpine", (r"2024\d{4}",), "20240329", "20240807"),
        ("node", "minor", "20.11.0-alpine", "20.19.3-alpine"),
        ("node", "minor", "20.11.0-alpine3.19", "20.19.3-alpine3.19"),
        ("node", "major", "20.11.0-alpine", "24.3.0-alpine"),
        ("node", "major", "20-alpine", "24-alpine"),
        ("node", (r"(?:18|20|22)\..*",), "18.19.0", "18.20.8"),
        ("node", "minor", "18.19.0", "18.20.8"),
        ("prometheus", "patch", "v2.48.0", "v2.48.1"),
        ("prometheus", "minor", "v2.9.2", "v2.55.1"),
        ("prometheus", "minor", "v2.48.0", "v2.55.1"),
        ("prometheus", "major", "v2.48.0", "v3.4.1"),
        ("prometheus", "major", "v3.4.1", None),
        # Versions with long-term support.
        ("prometheus", (r"v2\.(?:45|53)\..*",), "v2.45.0", "v2.53.4"),
        ("grafana", "patch", "10.2.3", None),
        ("grafana", "minor", "10.2.3", "10.4.19"),
        ("grafana", "minor", "10.2.3-ubuntu", "10.4.19-ubuntu"),
        ("grafana", "major", "10.2.3", "12.0.2"),
        # The build behind `_` is one more number.
        ("eclipse-temurin", "patch", "17.0.10_7-jre", "17.0.15_6-jre"),
        ("eclipse-temurin", "patch", "17.0.11_9-jre-alpine", "17.0.15_6-jre-alpine"),
        ("eclipse-temurin", "major", "17.0.10_7-jre", "24.0.1_9-jre"),
        ("eclipse-temurin", (r"(?:17|21)\..*-jre",), "17.0.10_7-jre", "21.0.7_6-jre"),
        ("eclipse-temurin", "minor", "17-jre", None),
        ("eclipse-temurin", "major", "17-jre", "24-jre"),
        ("ubuntu", "minor", "22.04", None),
        ("ubuntu", "minor", "24.04", "24.10"),
        ("ubuntu", "major", "22.04", "25.04"),
        ("ubuntu", (r"\d*[02468]\.04",), "22.04", "24.04"),
    ],
)
def test_what_follows(desire: Desire, name: str, policy: Policy, tag: str, newer: str | None) -> None:
    (found,) = updates(desire, name, [tag], policy)
    assert (found.tag, found.newer) == (tag, newer)


@pytest.mark.parametrize(
    ("name", "tags", "policy", "moved"),
    [
        # Under `minor` each major version is a line of its own, under `patch` each minor one.
        ("redis", ["7.2", "7.0", "6.2"], "minor", {"7.2": "7.4", "6.2": None}),
        ("redis", ["7.2.4", "7.0.15", "6.2.6"], "patch", {"7.2.4": "7.2.9", "7.0.15": None, "6.2.6": "6.2.18"}),
        ("redis", ["7.2", "7.0", "6.2"], "major", {"7.2": "8.0"}),
        ("postgres", ["14", "15", "16"], "minor", {"14": None, "15": None, "16": None}),
        # Each form and each suffix is, too.
        ("nginx", ["1.27", "1.27.1", "1.27.1-alpine"], "minor", {"1.27": "1.29", "1.27.1": "1.28.0",
            "1.27.1-alpine": "1.28.0-alpine"}),
        ("nginx", ["1.28.0", "1.27.1"], "minor", {"1.28.0": None}),
    ],
)  # fmt: skip
def test_what_is_a_line(
    desire: Desire, name: str, tags: list[str], policy: Policy, moved: dict[str, str | None]
) -> None:
    assert {found.tag: found.newer for found in updates(desire, name, tags, policy)} == moved


@pytest.mark.parametrize(
    ("tags", "keep", "dropped"),
    [
        (["7.2", "7.0", "6.2"], None, ["", ""]),
        (["7.2", "7.0", "6.2"], 1, ["7.2 7.0", ""]),
        (["7.2", "7.0", "6.2"], 2, ["7.0", ""]),
        (["7.0", "7.2", "6.2"], 2, ["7.0", ""]),
        (["7.4", "7.2", "7.0", "latest"], 2, ["7.0"]),
        (["7.2", "7.0", "6.2"], 3, ["", ""]),
    ],
)
def test_what_is_dropped(desire: Desire, tags: list[str], keep: int | None, dropped: list[str]) -> None:
    assert [" ".join(found.dropped) for found in updates(desire, "redis", tags, "minor", keep)] == dropped


def test_what_a_policy_keeps_back_is_named(desire: Desire) -> None:
    found = updates(desire, "redis", ["7.2", "8.0"], "minor")
    assert [(each.newer, each.beyond) for each in found] == [("7.4", "8.0"), (None, None)]
    (lts,) = updates(desire, "ubuntu", ["22.04"], (r"\d*[02468]\.04",))
    assert (lts.newer, lts.beyond) == ("24.04", "25.04")


def alone(found: Iterator[LeftAlone]) -> list[tuple[str, str]]:
    return [(str(each.reason), " ".join(each.tags)) for each in found]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('["latest", "noble-20240605", "noble"]', [("no-version", "latest noble-20240605 noble")]),
        ('["sha-0a1b2c3", "0a1b2c3", "edge", "1.2.3-0a1b2c3", "1.2-20240101"]',
            [("no-version", "sha-0a1b2c3 0a1b2c3 edge 1.2.3-0a1b2c3 1.2-20240101")]),
        ('["8u412-b08-jre", "17beta1", "v", "1..2"]', [("no-version", "8u412-b08-jre 17beta1 v 1..2")]),
        ('["3.14-rc-slim", "1.29.0-rc.1", "1.0"]', [("prerelease", "3.14-rc-slim 1.29.0-rc.1")]),
        (f'{{digests: {{"1.0": "sha256:{"0" * 64}"}}}}', [("digest", "1.0")]),
        ('{exact: ["1.0"], semver: [">=1"]}', [("rules", "")]),
        ('["1.0"]\n    update: none', [("policy", "")]),
        ('["1.0", "v1", "20240101"]', []),
    ],
)  # fmt: skip
def test_what_is_left_alone_says_why(desire: Desire, written: str, expected: list[tuple[str, str]]) -> None:
    state = desire(f"images:\n  - source: quay.io/org/app\n    tags: {written}\n")
    assert alone(left_alone(state.entries)) == expected
    offered = {
        "quay.io/org/app": ["9", "v9", "1.9", "99990101", "noble-20250101", "1.30.0-rc.1", "1.30.0", "3.15-rc-slim"]
    }
    followed = {found.tag for found in find_updates(state.entries, offered)}
    assert not followed & {tag for each in left_alone(state.entries) for tag in each.tags}
    assert followed or expected


def test_builds_and_days_do_not_follow_versions(desire: Desire) -> None:
    state = desire('images:\n  - source: quay.io/org/app\n    tags: ["17", "1.2.3", "v1"]\n    update: major\n')
    offered = {"quay.io/org/app": ["4821930", "20240101", "2024.1.0", "12345678.0.0", "v20240101", "v2024"]}
    assert [found.newer for found in find_updates(state.entries, offered)] == [None, None, None]


def test_two_sources_of_one_repository_do_not_bring_one_tag(desire: Desire) -> None:
    state = desire(
        'images:\n  - {source: quay.io/old/app, repository: mirror/app, tags: ["1.0"]}\n'
        '  - {source: quay.io/new/app, repository: mirror/app, tags: ["1.1"]}\n'
    )
    offered = {"quay.io/old/app": ["1.0", "1.1", "1.2"], "quay.io/new/app": ["1.1", "1.2"]}
    assert sorted(filter(None, (found.newer for found in find_updates(state.entries, offered)))) == ["1.2"]


# Whatever upstream has

NUMBERS = st.lists(st.integers(0, 12), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
SUFFIXES = st.sampled_from(["", "-alpine", "-alpine3.19", "-bookworm", "-rc.1", "-rc1-alpine", "-beta", "-0a1b2c3"])
TAGS = st.one_of(
    st.builds("{}{}{}".format, st.sampled_from(["", "v"]), NUMBERS, SUFFIXES),
    st.sampled_from(["latest", "20240101", "20250101", "2024.1.0", "2025.1.0", "sha-0a1b2c3", "17.0.1_2", "17.0.2_1"]),
)
POLICIES: st.SearchStrategy[Policy] = st.one_of(
    st.sampled_from(["patch", "minor", "major"]),
    st.sampled_from([(r"1\..*",), (r"v?\d+\.[02468].*", r".*-alpine"), (r"x",)]),
)


def shape(tag: str) -> tuple[str, str]:
    """Written without the code that is tested: what is in the place of the numbers, and all behind the first dash."""
    numbers, dash, suffix = tag.partition("-")
    return "".join("#" if char.isdigit() else char for char in numbers).replace("##", "#"), dash + suffix


@given(
    tags=st.lists(TAGS, min_size=1, max_size=6, unique=True),
    upstream=st.lists(TAGS, max_size=25),
    policy=POLICIES,
    keep=st.none() | st.integers(1, 3),
)
def test_what_follows_is_newer_alike_and_allowed_and_once_is_enough(
    tags: list[str], upstream: list[str], policy: Policy, keep: int | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        loaded = load_text(entry("quay.io/org/app", tags, policy), Path(folder))
        found, after = once(loaded, upstream, keep)
        for update in found:
            if update.newer is None:
                continue
            assert update.newer in upstream
            assert shape(update.newer) == shape(update.tag)
            older, newer = numbers(update.tag), numbers(update.newer)
            assert newer > older
            assert "rc" not in update.newer
            assert "beta" not in update.newer
            if isinstance(policy, str):
                kept = {"patch": 2, "minor": 1, "major": 0}[policy]
                assert newer[:kept] == older[:kept]
            assert update.newer in after
        dropped = {tag for update in found for tag in update.dropped}
        assert [tag for tag in after if tag in tags] == [tag for tag in tags if tag not in dropped]
        again, same = once(load_text(entry("quay.io/org/app", after, policy), Path(folder)), upstream, keep)
        assert same == after
        assert not any(update.is_due for update in again)


def once(loaded: Loaded, upstream: Sequence[str], keep: int | None) -> tuple[list[Update], list[str]]:
    """The updates of a list of one entry, and the tags that it has with them."""
    assert loaded.desired
    found = list(find_updates(loaded.desired.entries, {"quay.io/org/app": upstream}, keep=keep))
    rewritten = rewrite(loaded, found, Allowances.read([]))
    assert (rewritten.by_hand, rewritten.trouble) == ((), None)
    again = load_text(rewritten.text, loaded.path.parent)
    assert again.master_list
    return found, list(again.master_list.images[0].tags.exact)


def numbers(tag: str) -> tuple[int, ...]:
    version = parse_version(tag.replace("_", "."))
    assert version
    return version.numbers
