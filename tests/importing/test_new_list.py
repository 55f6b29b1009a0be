"""A list made of what other files name."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorgen.importing.adding import new_list
from mirrorgen.importing.outcomes import How
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.credentials import Credentials
from mirrorgen.model.images import Copying, Registry, TagRule
from mirrorgen.readers.contract import Around, Reading, Refusal
from mirrorgen.readers.formats import read
from tests.importing.lists import HEAD, digest, entries, made, named, reading, reasons, reread

A, B = digest("a"), digest("b")


def rule(**parts: object) -> TagRule:
    return TagRule(**parts, is_mapping=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # Tags of one repository stand in one entry, in the order in which they are named.
        (
            ["nginx:1.25", "quay.io/org/app:v1", "docker.io/library/nginx:1.24"],
            '  - source: docker.io/library/nginx\n    tags: ["1.25", "1.24"]\n'
            '  - source: quay.io/org/app\n    tags: ["v1"]\n',
        ),
        # A repository that the other file has a name for keeps it, and the same name says nothing.
        (
            ["nginx:1 -> proxy/nginx"],
            '  - source: docker.io/library/nginx\n    tags: ["1"]\n    repository: proxy/nginx\n',
        ),
        (["nginx:1 -> mirror/docker-hub/nginx"], '  - source: docker.io/library/nginx\n    tags: ["1"]\n'),
        (["nginx:1 -> nginx"], '  - source: docker.io/library/nginx\n    tags: ["1"]\n    repository: "nginx"\n'),
        # One source in two repositories, and two sources in one.
        (
            ["nginx:1 -> a/nginx", "nginx:2 -> b/nginx"],
            '  - source: docker.io/library/nginx\n    tags: ["1"]\n    repository: a/nginx\n'
            '  - source: docker.io/library/nginx\n    tags: ["2"]\n    repository: b/nginx\n',
        ),
        (
            ["k8s.gcr.io/pause:3.6 -> k8s/pause", "registry.k8s.io/pause:3.9 -> k8s/pause"],
            '  - source: k8s.gcr.io/pause\n    tags: ["3.6"]\n    repository: k8s/pause\n'
            '  - source: registry.k8s.io/pause\n    tags: ["3.9"]\n    repository: k8s/pause\n',
        ),
        # A tag with a digest keeps both; a digest alone gets a tag that says so; neither is latest.
        (
            [f"nginx:1.25@{A}", f"nginx@{B}", "nginx"],
            '  - source: docker.io/library/nginx\n    tags:\n      exact: ["latest"]\n      digests:\n'
            f'        "1.25": "{A}"\n        "digest-bbbbbbbbbbbb": "{B}"\n',
        ),
        # Nothing is read as a number, a date or a word of YAML.
        (
            ["nginx:1.10", "nginx:012", "nginx:2024-01-31", "nginx:on", "nginx:1e3"],
            '  - source: docker.io/library/nginx\n    tags: ["1.10", "012", "2024-01-31", "on", "1e3"]\n',
        ),
        (["localhost:5000/1:1"], '  - source: "localhost:5000/1"\n    tags: ["1"]\n'),
    ],
)  # fmt: skip
def test_what_stands_in_it(lines: list[str], expected: str, tmp_path: Path) -> None:
    added = made(*lines)
    assert entries(added) == expected
    assert not added.refused
    reread(added, tmp_path)


def test_long_lists_of_tags_have_a_line_for_each(tmp_path: Path) -> None:
    added = made(*[f"nginx:1.{minor}.0-alpine" for minor in range(20)])
    assert '    tags:\n      - "1.0.0-alpine"\n      - "1.1.0-alpine"\n' in added.text
    assert len(reread(added, tmp_path).document.data["images"][0]["tags"]) == 20


def test_rules_are_written_as_they_are(tmp_path: Path) -> None:
    added = made(
        named("quay.io/org/app", rule=rule(match=(r"v2\.4\d+",), exclude=(r".*-rc\.\d+", "it's"))),
        named("nginx", rule=rule(exact=("1.25",), semver=(">=1.26 <2",), moving="none")),
    )
    assert entries(added) == (
        "  - source: quay.io/org/app\n    tags:\n      match: ['v2\\.4\\d+']\n"
        "      exclude: ['.*-rc\\.\\d+', \"it's\"]\n"
        "  - source: docker.io/library/nginx\n    tags:\n"
        '      exact: ["1.25"]\n      semver: [">=1.26 <2"]\n      moving: "none"\n'
    )
    reread(added, tmp_path)


def test_two_rules_for_a_repository_become_one_where_one_says_the_same(tmp_path: Path) -> None:
    added = made(
        named("nginx", 1, rule=rule(match=("1.*",), exclude=("x",))),
        named("nginx", 2, rule=rule(match=("2.*", "1.*"), exclude=("x",))),
        named("nginx", 3, rule=rule(match=("2.*",), exclude=("x",))),
        named("nginx", 4, rule=rule(semver=(">=3",))),
    )
    assert "match: ['1.*', '2.*']" in added.text.replace('"', "'")
    assert [taken.how for taken in added.taken] == [How.ADDED, How.ADDED, How.TWICE]
    assert reasons(added) == [
        "other.yaml:4:1 nginx: its rule and that at other.yaml:1:1 cannot be one, and mirror/docker-hub/nginx has one"
    ]
    reread(added, tmp_path)


def test_rules_that_count_cannot_be_joined() -> None:
    added = made(
        named("nginx", 1, rule=rule(match=("1.*",), newest=2)),
        named("nginx", 2, rule=rule(match=("2.*",), newest=2)),
    )
    assert "newest: 2" in added.text
    assert [each.place.line for each in added.refused] == [2]


def test_what_is_copied_of_an_image_is_kept_and_nothing_is_mixed(tmp_path: Path) -> None:
    one, all_of_it = Copying(platform="linux/amd64", referrers=True), Copying(digest_tags=True)
    added = made(
        named("nginx:1", 1, copying=one),
        named("nginx:2", 2, copying=one),
        named("nginx:3", 3),
        named("redis:1", 4, copying=all_of_it),
    )
    assert entries(added) == (
        '  - source: docker.io/library/nginx\n    tags: ["1", "2"]\n    platforms: linux/amd64\n    referrers: true\n'
        '  - source: docker.io/library/redis\n    tags: ["1"]\n    digest_tags: true\n'
    )
    assert reasons(added) == [
        "other.yaml:3:1 nginx:3: mirror/docker-hub/nginx is copied with platforms: linux/amd64, "
        "as other.yaml:1:1 says, not with all"
    ]
    reread(added, tmp_path)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (
            ["nginx:1", f"nginx:1@{A}"],
            f"nginx:1@{A}: the tag 1 of mirror/docker-hub/nginx stands for what upstream has under it, "
            "as other.yaml:1:1 says",
        ),
        (
            [f"nginx:1@{A}", f"nginx:1@{B}"],
            f"nginx:1@{B}: the tag 1 of mirror/docker-hub/nginx stands for {A}, as other.yaml:1:1 says",
        ),
        (
            ["k8s.gcr.io/pause:3.6 -> k8s/pause", "registry.k8s.io/pause:3.6 -> k8s/pause"],
            "registry.k8s.io/pause:3.6: the tag 3.6 of k8s/pause comes from k8s.gcr.io/pause, as other.yaml:1:1 says",
        ),
    ],
)
def test_one_tag_with_two_contents_is_refused_with_both_places(lines: list[str], why: str) -> None:
    added = made(*lines)
    assert reasons(added) == [f"other.yaml:2:1 {why}"]
    assert len(added.taken) == 1


def test_what_is_named_twice_is_said_with_its_first_place() -> None:
    added = made("nginx:1", "docker.io/library/nginx:1", f"nginx@{A}", f"nginx@{A}", f"redis:1@{A}", f"redis@{A}")
    assert [(taken.how, taken.note) for taken in added.taken] == [
        (How.ADDED, ""),
        (How.TWICE, "it stands at other.yaml:1:1, too"),
        (How.ADDED, "the digest gets the tag digest-aaaaaaaaaaaa"),
        (How.TWICE, "it stands at other.yaml:3:1, too"),
        (How.ADDED, ""),
        (How.TWICE, "it stands at other.yaml:5:1, too"),
    ]


def test_a_digest_gets_a_longer_tag_where_the_short_one_names_another() -> None:
    near = f"sha256:{'a' * 12}{'b' * 52}"
    added = made(f"nginx@{A}", f"nginx@{near}", f"nginx@{near}")
    assert f'"digest-{"a" * 12}": "{A}"' in added.text
    assert f'"digest-{"a" * 12}{"b" * 52}": "{near}"' in added.text
    assert added.count(How.TWICE) == 1
    taken = made("nginx:digest-aaaaaaaaaaaa", f"nginx:digest-{'a' * 64}", f"nginx@{A}")
    assert reasons(taken) == [
        f"other.yaml:3:1 nginx@{A}: the tag digest-{'a' * 64} of mirror/docker-hub/nginx stands for "
        "what upstream has under it, as other.yaml:2:1 says"
    ]


def test_what_no_list_can_say_is_refused_with_the_words_of_validate(tmp_path: Path) -> None:
    added = made(
        named("nginx", 1, rule=rule(match=(".*",))),
        named("redis", 2, rule=rule(match=("(?=x)",))),
        named("app.example.com/a:1 -> UPPER", 3),
        named("app.example.com/a:1 -> UPPER", 4),
        named("app:1 -> fine/app", 5),
        named("empty", 6, rule=rule()),
    )
    assert reasons(added) == [
        "other.yaml:1:1 nginx: this rule matches every tag there is",
        "other.yaml:2:1 redis: `(?=x)` is not a pattern that regsync takes: RE2 does not have a lookahead, `(?=`",
        "other.yaml:3:1 app.example.com/a:1: ECR refuses the repository name 'UPPER'",
        "other.yaml:4:1 app.example.com/a:1: ECR refuses the repository name 'UPPER'",
        "other.yaml:6:1 empty: its rule names no tags",
    ]
    assert [taken.image.written for taken in added.taken] == ["app:1"]
    reread(added, tmp_path)


def test_two_hosts_that_share_a_name_in_the_target_cannot_both_come_in(tmp_path: Path) -> None:
    added = made("a.b:5000/x:1", "a.b-5000/y:1", "a.b-5000/z:1", "a.b:5000/z2:1")
    assert [reason.partition(" ")[0] for reason in reasons(added)] == ["other.yaml:1:1", "other.yaml:4:1"]
    assert all(reason.endswith("have the alias 'a.b-5000'") for reason in reasons(added))
    reread(added, tmp_path)


def test_a_rule_that_would_bring_what_another_source_brings_is_refused(tmp_path: Path) -> None:
    added = made(
        named("k8s.gcr.io/pause:3.6 -> k8s/pause"),
        named("registry.k8s.io/pause -> k8s/pause", 2, rule=rule(semver=(">=3",))),
    )
    assert reasons(added) == [
        "other.yaml:2:1 registry.k8s.io/pause: k8s.gcr.io/pause and registry.k8s.io/pause would both bring 3.6 "
        "into the repository 'k8s/pause'"
    ]
    reread(added, tmp_path)


def test_images_of_ecr_are_left_out() -> None:
    ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    unknown = made(f"{ecr}/app:1", "public.ecr.aws/nginx/nginx:1")
    assert "it is in ECR already, and nothing says whether that is the target" in reasons(unknown)[0]
    assert [taken.repository for taken in unknown.taken] == ["mirror/ecr-public/nginx/nginx"]
    # The file itself says that this is what it copies to.
    own = new_list([Reading("regsync", (named(f"{ecr}/app:1"),), target=ecr)], Allowances())
    assert ([taken.how for taken in own.taken], own.refused, own.text) == ([How.OWN], (), "")
    # Under another name it is not there yet.
    renamed = new_list([Reading("regsync", (named(f"{ecr}/app:1 -> prod/app"),), target=ecr)], Allowances())
    assert [(taken.how, taken.repository) for taken in renamed.taken] == [(How.ADDED, "prod/app")]


def test_registries_are_reached_as_the_file_reaches_them(tmp_path: Path) -> None:
    hub, proxied = Credentials("DOCKER_USER", "DOCKER_TOKEN"), Registry("quay.io", "quay", hostname="proxy.example.com")
    of_github = Credentials("GITHUB_ACTOR", "GITHUB_TOKEN")
    found = Reading(
        "regsync",
        (named("nginx:1"), named("quay.io/a/b:1"), named("ghcr.io/a/b:1")),
        credentials={"docker.io": hub, "ghcr.io": of_github, "unused.example.com": hub},
        registries={"quay.io": proxied, "docker.io": Registry("docker.io", "docker-hub", requests_per_second=10)},
    )
    added = new_list([found], Allowances())
    assert added.text.removeprefix(HEAD).partition("images:")[0] == (
        "registries:\n"
        "  quay.io: {hostname: proxy.example.com}\n"
        "  docker.io: {credentials: {username_env: DOCKER_USER, password_env: DOCKER_TOKEN}, requests_per_second: 10}\n"
    )
    assert [f"{each.written}: {each.reason}" for each in added.refused] == [
        "the settings for ghcr.io: a list may not sign in with GITHUB_ACTOR"
    ]
    reread(added, tmp_path)
    allowed = new_list([found], Allowances.read(["GITHUB_TOKEN", "GITHUB_ACTOR"]))
    assert "password_env: GITHUB_TOKEN" in allowed.text
    assert not allowed.refused


def test_two_files_that_reach_a_registry_in_two_ways_cannot_both_be_right() -> None:
    first, second = Registry("quay.io", "quay", tls="insecure"), Registry("quay.io", "quay", tls="disabled")
    files = [
        Reading("regsync", (named("quay.io/a/b:1", file=file),), registries={"quay.io": registry})
        for file, registry in {"a.yaml": first, "b.yaml": second, "c.yaml": first}.items()
    ]
    added = new_list(files, Allowances())
    assert 'quay.io: {tls: "insecure"}' in added.text
    assert reasons(added) == ["b.yaml the settings for quay.io: a.yaml has other settings for it"]


def test_refusals_of_readers_stand_among_the_others_in_the_order_of_their_lines() -> None:
    found = reading(["nginx:1", "nginx:2", f"nginx:1@{A}"])
    unread = Refusal("${X}", named("x", 2).place, "", "a variable")
    added = new_list([Reading("plain", found.images, (unread,))], Allowances())
    assert [each.place.line for each in added.refused] == [2, 3]


def test_of_nothing_no_list_is_made() -> None:
    assert made().text == ""


def test_what_aliases_repeat_stands_once_and_is_said_once() -> None:
    text = """\
x-worker: &worker {image: "nginx:1.27"}
x-broken: &broken {image: "${REGISTRY}/app:1"}
services:
  one: *worker
  two: *worker
  three: *broken
  four: *broken
"""
    added = new_list([read(text, Around("compose.yaml"))], Allowances())

    assert [taken.how for taken in added.taken] == [How.ADDED]
    assert [str(refused.place) for refused in added.refused] == ["compose.yaml:2:27"]
