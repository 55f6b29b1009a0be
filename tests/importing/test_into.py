"""Images that are added to a list: what is there stays as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorgen.errors import InputError
from mirrorgen.importing.adding import add_images
from mirrorgen.importing.outcomes import How
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.credentials import Credentials
from mirrorgen.model.images import Copying, Registry, TagRule
from mirrorgen.readers.contract import Reading
from tests.documents import load_text
from tests.importing.lists import digest, into, named, reading, reasons, reread

A = digest("a")
NGINX = "images:\n  - source: nginx\n"
NEW = '  - source: quay.io/org/app\n    tags: ["v1"]\n'


@pytest.mark.parametrize(
    ("lines", "before", "after"),
    [
        # New entries come behind the others, with their indentation; what is said below stays below.
        (["quay.io/org/app:v1"], NGINX + '    tags: ["1"] # web\n', NGINX + '    tags: ["1"] # web\n' + NEW),
        (["quay.io/org/app:v1"], NGINX + '    tags: ["1"]\n# end\n', NGINX + '    tags: ["1"]\n' + NEW + "# end\n"),
        (["quay.io/org/app:v1"], NGINX + '    tags: ["1"]\n    # owner: me\n  # end\n',
         NGINX + '    tags: ["1"]\n    # owner: me\n' + NEW + "  # end\n"),
        (["quay.io/org/app:v1"], NGINX + '    tags: ["1"]\n    # owner: me',
         NGINX + '    tags: ["1"]\n    # owner: me\n' + NEW.rstrip()),
        (["quay.io/org/app:v1"], NGINX + '    tags: ["1"]\n    owner: >-\n      me\n# end\n',
         NGINX + '    tags: ["1"]\n    owner: >-\n      me\n' + NEW + "# end\n"),
        (["quay.io/org/app:v1"], NGINX + '    tags: ["1"]', NGINX + '    tags: ["1"]\n' + NEW.rstrip()),
        (["quay.io/org/app:v1"], NGINX + '    tags:\n    - "1"\n\n\ndefaults: {parallel: 2}\n',
         NGINX + '    tags:\n    - "1"\n' + NEW + "\n\ndefaults: {parallel: 2}\n"),
        (["quay.io/org/app:v1"], 'images:\n-   source: nginx\n    tags: ["1"]\n',
         'images:\n-   source: nginx\n    tags: ["1"]\n-   source: quay.io/org/app\n    tags: ["v1"]\n'),
        (["quay.io/org/app:v1"], 'images: [{source: nginx, tags: ["1"]}]\n',
         'images: [{source: nginx, tags: ["1"]}, {source: quay.io/org/app, tags: ["v1"]}]\n'),
        (["quay.io/org/app:v1"], '{"images": [{"source": "nginx", "tags": ["1"]}]}',
         '{"images": [{"source": "nginx", "tags": ["1"]}, {source: quay.io/org/app, tags: ["v1"]}]}'),
        # Tags come behind those of their entry, in its quotes.
        (["nginx:2", "nginx:3"], NGINX + "    tags: ['1'] # web\n", NGINX + "    tags: ['1', '2', '3'] # web\n"),
        (["nginx:2", "nginx:3"], NGINX + '    tags:\n      - "1" # why\n    owner: me\n',
         NGINX + '    tags:\n      - "1" # why\n      - "2"\n      - "3"\n    owner: me\n'),
        (["nginx:2"], NGINX + '    tags: [\n      "1", # why\n    ]\n',
         NGINX + '    tags: [\n      "1", # why\n      "2",\n    ]\n'),
        (["nginx:2", "nginx:3"], NGINX + '    tags: [\n      "1" # why\n    ]\n',
         NGINX + '    tags: [\n      "1", # why\n      "2",\n      "3"\n    ]\n'),
        (["nginx:2"], NGINX + '    tags:\n      exact: ["1"]\n      semver: [">=3"]\n',
         NGINX + '    tags:\n      exact: ["1", "2"]\n      semver: [">=3"]\n'),
        (["nginx:2"], NGINX + '    tags:\n      semver: [">=3"] # all\n    owner: me\n',
         NGINX + '    tags:\n      semver: [">=3"] # all\n      exact: ["2"]\n    owner: me\n'),
        (["nginx:2"], NGINX + '    tags: {semver: [">=3"]}\n', NGINX + '    tags: {semver: [">=3"], exact: ["2"]}\n'),
        # A digest makes a list of tags a mapping, in which they stay as they are.
        ([f"nginx:2@{A}"], NGINX + '    tags: ["1"] # web\n',
         NGINX + f'    tags: {{exact: ["1"], digests: {{"2": "{A}"}}}} # web\n'),
        ([f"nginx:2@{A}", "nginx:3"], NGINX + '    tags:\n      # old\n      - "1" # why\n    owner: me\n',
         NGINX + '    tags:\n      exact:\n      # old\n      - "1" # why\n      - "3"\n'
         f'      digests:\n        "2": "{A}"\n    owner: me\n'),
        ([f"nginx:2@{A}"], NGINX + '    tags:\n    - "1" # why\n',
         NGINX + f'    tags:\n      exact:\n      - "1" # why\n      digests:\n        "2": "{A}"\n'),
        ([f"nginx:2@{A}"], NGINX + f'    tags:\n      digests:\n        "1": "{A}" # why\n    owner: me\n',
         NGINX + f'    tags:\n      digests:\n        "1": "{A}" # why\n        "2": "{A}"\n    owner: me\n'),
        ([f"nginx:2@{A}", "nginx:3"], NGINX + f'    tags: {{digests: {{"1": "{A}"}}}}\n',
         NGINX + f'    tags: {{digests: {{"1": "{A}", "2": "{A}"}}, exact: ["3"]}}\n'),
        # Both at once, at the end of a file without a line break.
        (["nginx:2", "quay.io/org/app:v1"], NGINX + '    tags:\n      - "1"',
         NGINX + '    tags:\n      - "1"\n      - "2"\n' + NEW.rstrip()),
        # The breaks between lines stay what they are.
        (["nginx:2", f"nginx:3@{A}", "quay.io/org/app:v1"],
         (NGINX + '    tags:\n      - "1"\n').replace("\n", "\r\n"),
         (NGINX + '    tags:\n      exact:\n      - "1"\n      - "2"\n      digests:\n'
          f'        "3": "{A}"\n' + NEW).replace("\n", "\r\n")),
    ],
)  # fmt: skip
def test_what_becomes_of_the_text(lines: list[str], before: str, after: str, tmp_path: Path) -> None:
    added = into(before, tmp_path, *lines)
    assert added.text == after
    assert not added.refused
    reread(added, tmp_path)
    again = into(after, tmp_path, *lines)
    assert (again.text, [taken.how for taken in again.taken]) == (after, [How.HELD] * len(lines))


def test_a_rule_comes_to_an_entry_that_has_none(tmp_path: Path) -> None:
    rule = named("nginx", rule=TagRule(semver=(">=2",), exclude=("x",), is_mapping=True))
    added = into(NGINX + '    tags: ["1"] # web\n', tmp_path, rule)
    assert added.text == NGINX + '    tags: {exact: ["1"], semver: [">=2"], exclude: ["x"]} # web\n'
    assert [taken.how for taken in into(added.text, tmp_path, rule).taken] == [How.HELD]


def test_an_entry_with_a_rule_of_its_own_is_left_alone(tmp_path: Path) -> None:
    text = NGINX + '    tags: {semver: [">=1"]}\n'
    added = into(text, tmp_path, named("nginx", rule=TagRule(match=("2.*",), is_mapping=True)))
    assert added.text == text
    place = f"{tmp_path / 'images.yaml'}:3:11"
    assert reasons(added) == [f"other.yaml:1:1 nginx: {place} has a rule of its own for mirror/docker-hub/nginx"]


def test_a_tag_that_a_rule_of_the_list_chooses_is_there(tmp_path: Path) -> None:
    text = NGINX + '    tags: {semver: [">=1.24"]}\n'
    added = into(text, tmp_path, "nginx:1.25", "nginx:1.23")
    assert added.text == NGINX + '    tags: {semver: [">=1.24"], exact: ["1.23"]}\n'
    assert [taken.how for taken in added.taken] == [How.HELD, How.ADDED]
    pinned = into(text, tmp_path, f"nginx:1.25@{A}")
    assert pinned.text == NGINX + f'    tags: {{semver: [">=1.24"], digests: {{"1.25": "{A}"}}}}\n'


def test_an_image_goes_where_the_list_has_its_source(tmp_path: Path) -> None:
    text = NGINX + '    tags: ["1"]\n    repository: web/nginx\n'
    added = into(text, tmp_path, "nginx:2", "nginx:3 -> other/nginx", "nginx:1 -> web/nginx")
    assert added.text == (
        NGINX + '    tags: ["1", "2"]\n    repository: web/nginx\n'
        '  - source: docker.io/library/nginx\n    tags: ["3"]\n    repository: other/nginx\n'
    )
    assert [taken.how for taken in added.taken] == [How.ADDED, How.ADDED, How.HELD]
    two = into(added.text, tmp_path, "nginx:4")
    assert reasons(two) == [
        "other.yaml:1:1 nginx:4: the list has several repositories for docker.io/library/nginx, of which any may be "
        "meant: web/nginx, other/nginx"
    ]


def test_names_are_derived_as_the_list_has_it(tmp_path: Path) -> None:
    text = (
        "target: {account_id: '123456789012', region: eu-west-1, prefix: own}\n"
        "registries: {docker.io: {alias: hub, keep_library: true}}\n" + NGINX + '    tags: ["1"]\n'
    )
    added = into(text, tmp_path, "nginx:2 -> own/hub/library/nginx", "redis:7 -> own/hub/library/redis")
    assert [taken.repository for taken in added.taken] == ["own/hub/library/nginx", "own/hub/library/redis"]
    assert added.text == text.replace('["1"]', '["1", "2"]') + '  - source: docker.io/library/redis\n    tags: ["7"]\n'


def test_a_digest_that_the_list_has_under_a_tag_needs_no_other(tmp_path: Path) -> None:
    text = NGINX + f'    tags: {{digests: {{reviewed: "{A}"}}}}\n'
    added = into(text, tmp_path, f"nginx@{A}")
    assert (added.text, added.taken[0].how, added.taken[0].tags) == (text, How.HELD, ("reviewed",))


def test_what_the_list_says_otherwise_is_refused_with_its_place(tmp_path: Path) -> None:
    text = NGINX + f'    tags: {{exact: ["1"], digests: {{"2": "{A}"}}}}\n    platforms: linux/amd64\n'
    file = tmp_path / "images.yaml"
    added = into(
        text,
        tmp_path,
        f"nginx:1@{A}",
        named("nginx:2", 2),
        named("nginx:3", 3, copying=Copying(platform="linux/arm64")),
        named("redis:1 -> mirror/docker-hub/nginx", 4),
    )
    assert added.text == text
    assert reasons(added) == [
        f"other.yaml:1:1 nginx:1@{A}: the tag 1 of mirror/docker-hub/nginx stands for what upstream has under it, "
        f"as {file}:3:20 says",
        f"other.yaml:2:1 nginx:2: the tag 2 of mirror/docker-hub/nginx stands for {A}, as {file}:3:41 says",
        f"other.yaml:3:1 nginx:3: mirror/docker-hub/nginx is copied with platforms: linux/amd64, as {file}:2:5 says, "
        "not with linux/arm64",
        f"other.yaml:4:1 redis:1: the tag 1 of mirror/docker-hub/nginx comes from docker.io/library/nginx, "
        f"as {file}:3:20 says",
    ]


def test_where_nothing_is_said_of_platforms_the_list_decides_and_it_is_said(tmp_path: Path) -> None:
    text = NGINX + '    tags: ["1"]\n    platforms: linux/amd64\ndefaults: {platforms: linux/arm64}\n'
    added = into(text, tmp_path, "nginx:2", "redis:1")
    assert [taken.note for taken in added.taken] == [
        "the list copies linux/amd64 alone",
        "the list copies linux/arm64 alone",
    ]
    assert '- source: docker.io/library/redis\n    tags: ["1"]\ndefaults' in added.text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        # Shared by an alias.
        (NGINX + '    tags: &t ["1"]\n  - source: redis\n    tags: *t\n', ["redis:2", "nginx:2"]),
        (NGINX + '    tags: &t {semver: [">=3"]}\n  - source: redis\n    tags: *t\n', ["redis:2", "nginx:2"]),
        # A comment that may be about the tag before it or the one behind it.
        (NGINX + '    tags: ["1", # why\n      "2"] # web\n  - &r {source: redis, tags: ["1"]}\n', []),
        ('images: [ # all\n  {source: nginx, tags: ["1"]} # web\n]\n', ["redis:1"]),
        (NGINX + '    tags: {semver: [">=3"] # why\n    }\n', ["nginx:1"]),
    ],
)  # fmt: skip
def test_what_leaves_no_place_is_left_to_people(text: str, lines: list[str], tmp_path: Path) -> None:
    added = into(text, tmp_path, *lines)
    assert added.text == text
    assert len(added.refused) == len(lines)
    assert all(each.hint == "put it there by hand" for each in added.refused)


def test_what_can_be_added_is_although_something_else_cannot(tmp_path: Path) -> None:
    text = NGINX + '    tags: &t ["1"]\n  - source: redis\n    tags: *t\n'
    added = into(text, tmp_path, "redis:2", "quay.io/org/app:v1")
    assert added.text == text + NEW
    assert [each.written for each in added.refused] == ["redis:2"]
    text += "\n# end\ndefaults: {parallel: 2}\n"
    assert into(text, tmp_path, "quay.io/org/app:v1").text == text.replace("\n\n", f"\n{NEW}\n")


def test_settings_of_an_entry_speak_against_a_tag(tmp_path: Path) -> None:
    text = NGINX + '    tags: ["1.25.3"]\n    ecr: {tag_mutability: immutable}\n'
    added = into(text, tmp_path, "nginx:1.25", "nginx:1.26.0")
    assert added.text == text.replace('["1.25.3"]', '["1.25.3", "1.26.0"]')
    assert reasons(added) == [
        "other.yaml:1:1 nginx:1.25: upstream moves the tag '1.25', but this repository is to be immutable"
    ]


def test_images_of_the_target_are_there(tmp_path: Path) -> None:
    ecr = "target: {account_id: '123456789012', region: eu-west-1}\n" + NGINX + '    tags: ["1"]\n'
    own, other = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a", "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/a"
    added = into(ecr, tmp_path, f"{own}:1", f"{other}:1")
    assert [taken.how for taken in added.taken] == [How.OWN, How.ADDED]
    harbor = "target: {registry: harbor.example.com/mirror}\n" + NGINX + '    tags: ["1"]\n'
    assert into(harbor, tmp_path, "harbor.example.com/mirror/a:1").taken[0].how is How.OWN


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "registries:\n  quay.io: {tls: \"disabled\"}\n"),
        ("registries:\n  docker.io: {alias: hub} # ours\n",
         "registries:\n  docker.io: {alias: hub} # ours\n  quay.io: {tls: \"disabled\"}\n"),
        ("registries: {docker.io: {alias: hub}}\n",
         "registries: {docker.io: {alias: hub}, quay.io: {tls: \"disabled\"}}\n"),
    ],
)  # fmt: skip
def test_settings_of_registries_come_to_those_of_the_list(before: str, after: str, tmp_path: Path) -> None:
    text = NGINX + '    tags: ["1"]\n'
    settings = {"quay.io": Registry("quay.io", "quay", tls="disabled")}
    found = Reading("regsync", reading(["quay.io/org/app:v1"]).images, registries=settings)
    added = add_images(load_text(text + before, tmp_path), [found], Allowances())
    assert added.text == text + NEW + after
    reread(added, tmp_path)
    again = add_images(load_text(added.text, tmp_path), [found], Allowances())
    assert (again.text, again.refused) == (added.text, ())


def test_settings_that_a_list_has_for_a_registry_are_its_own(tmp_path: Path) -> None:
    text = NGINX + '    tags: ["1"]\nregistries: {docker.io: {alias: hub}}\n'
    found = Reading("regsync", reading(["nginx:1"]).images, credentials={"docker.io": Credentials("A_USER", "A_TOKEN")})
    added = add_images(load_text(text, tmp_path), [found], Allowances())
    assert added.text == text
    assert [(each.reason, each.hint) for each in added.refused] == [
        (
            "the list has other settings for it",
            "write credentials under registries.docker.io by hand, if that is meant",
        )
    ]


def test_what_would_no_longer_be_a_list_is_not_made(tmp_path: Path) -> None:
    """Behind the mark for its end, YAML takes nothing that belongs to a document."""
    settings = {"quay.io": Registry("quay.io", "quay", tls="disabled")}
    found = Reading("regsync", reading(["quay.io/org/app:v1"]).images, registries=settings)
    loaded = load_text(NGINX + '    tags: ["1"]\n...\n', tmp_path)
    with pytest.raises(InputError, match="the list could not be read again"):
        add_images(loaded, [found], Allowances())


def test_a_list_that_says_what_it_should_is_left_as_it_is(tmp_path: Path) -> None:
    text = NGINX + "    tags: [ '1' ]   # odd\n\n\n"
    assert into(text, tmp_path, "nginx:1").text == text
    assert into(text, tmp_path).text == text
