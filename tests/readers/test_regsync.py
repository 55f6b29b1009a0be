"""regsync.yaml: what each step copies is taken, or refused with the reason."""

from __future__ import annotations

import pytest

from mirrorgen.model.images import RateLimit
from mirrorgen.readers.contract import Place
from mirrorgen.readers.regsync import FORMAT
from tests.readers.dialects import noted, refused, taken
from tests.readers.regsync_steps import only, read, step, why

DIGEST = f"sha256:{'0a1b' * 16}"


def test_a_step_is_an_image_or_the_tags_of_a_repository() -> None:
    found = read(f"""
        version: 1
        sync:
          - source: nginx:1.25
            target: mirror.example.com/web/nginx:1.25
            type: image
          - source: quay.io/org/app
            target: mirror.example.com/org/app
            type: repository
            tags:
              allow: [stable, 'v1\\.\\d+']
          - source: gcr.io/distroless/static@{DIGEST}
            target: mirror.example.com/static:reviewed
            type: image
    """)
    assert taken(found) == [
        ("docker.io/library/nginx", ["1.25"], "web/nginx"),
        ("quay.io/org/app", {"exact": ["stable"], "match": [r"v1\.\d+"]}, "org/app"),
        ("gcr.io/distroless/static", {"reviewed": DIGEST}, "static"),
    ]
    assert found.target == "mirror.example.com"
    assert not found.refused
    assert found.images[1].place == Place("file.yaml", 7, 5)
    assert found.images[1].path == "sync[1]"


def test_anchors_and_extensions_are_followed() -> None:
    found = read("""
        x-hub: &hub
          target: mirror.example.com/hub/{{ .Sync.Source }}
          type: repository
        x-tags: &tags {allow: ["stable"]}
        sync:
          - <<: *hub
            source: grafana/grafana
            tags: *tags
          - <<: *hub
            source: redis
            tags: *tags
    """)
    assert taken(found) == [
        ("docker.io/grafana/grafana", {"exact": ["stable"]}, "hub/grafana/grafana"),
        ("docker.io/library/redis", {"exact": ["stable"]}, "hub/redis"),
    ]


def test_a_merge_that_regsync_reads_in_another_way_is_refused() -> None:
    hidden = """
        x-base: &base {source: nginx, type: image}
        sync:
          - source: redis:7
            <<: *base
            target: mirror.example.com/redis:7
    """
    assert why(hidden) == "regsync takes 'source' from what is merged here, and not from the lines above"
    assert only(hidden.replace("source: redis:7", "type: image").replace("/redis:7", "/nginx")) == ["latest"]
    two = "x-a: &a {type: image}\nx-b: &b {source: nginx}\nsync: [{<<: [*a, *b], target: h.example/nginx}]"
    assert why(two) == "regsync merges one mapping, and reads no file with a list here"


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{{ .Sync.Source }}", "gcr.io/org/app"),
        ('{{ index (split .Sync.Source "gcr.io/") 1 }}', "org/app"),
        ('{{ index ( split .Sync.Source "/" ) 2 | lower }}', "app"),
        ('{{ join (split .Sync.Source "/") "-" }}', "gcr.io-org-app"),
        ('{{- env "TEAM" -}}/app', "blue/app"),
        ('{{ default "x" "" }}{{ `y` | trimSpace }}', "xy"),
    ],
)
def test_templates_that_cut_texts_are_filled_in(template: str, name: str) -> None:
    text = step("tags: {allow: [a]}", source="gcr.io/org/app", target=f"'mirror.example.com/{template}'")
    assert taken(read(text, variables={"TEAM": "blue"})) == [("gcr.io/org/app", {"exact": ["a"]}, name)]


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ('{{ env "TEAM" }}', "its template needs the variable TEAM"),
        ('{{ file "/etc/hostname" }}', "its template calls `file`"),
        ("{{ .Other }}", "its template asks for `.Other`"),
        ("{{ if true }}a{{ end }}", "its template calls `if`"),
        ("{{ .Sync.Source", "it has `{{` without `}}`"),
        ("{{ index (split .Sync.Source) 9 }}", "its template calls `split` with what does not fit"),
    ],
)
def test_templates_that_cannot_be_resolved_are_refused(template: str, reason: str) -> None:
    assert why(step("tags: {allow: [a]}", target=f"'mirror.example.com/{template}'")) == reason


def test_which_account_the_target_is_in_may_be_known_only_when_it_runs() -> None:
    target = """'{{env "AWS_ACCOUNT_ID"}}.dkr.ecr.eu-west-1.amazonaws.com/mirror/nginx'"""
    found = read(
        """creds: [{registry: '{{env "AWS_ACCOUNT_ID"}}.dkr.ecr.eu-west-1.amazonaws.com', """
        "credHelper: docker-credential-ecr-login}]\n" + step("tags: {allow: [a]}", target=target)
    )
    assert taken(found) == [("docker.io/library/nginx", {"exact": ["a"]}, "mirror/nginx")]
    assert found.target is None
    assert not found.refused
    account = {"AWS_ACCOUNT_ID": "123456789012"}
    known = read(step("tags: {allow: [a]}", target=target), variables=account)
    assert known.target == "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("kind", "source", "target", "reason"),
    [
        ("registry", "registry.example.com", "h.example/all", "which repositories it copies is known only upstream"),
        ("images", "nginx", "h.example/x", "regsync knows no type 'images'"),
        ("''", "nginx", "h.example/x", "it has no type"),
        (
            "image",
            "nginx:1.25",
            "h.example/x:stable",
            "the tag 1.25 becomes stable, and a list keeps tags as they are upstream",
        ),
        (
            "image",
            "nginx:1.25",
            "h.example/x",
            "the tag 1.25 becomes latest, and a list keeps tags as they are upstream",
        ),
        ("image", "nginx", f"h.example/x@{DIGEST}", "it is copied under its digest, and a list gives each image a tag"),
        ("image", "ocidir:///srv/nginx:1", "h.example/x:1", "it is a folder, and no registry"),
        ("image", "nginx", "ocidir:///srv/nginx", "it is a folder, and no registry"),
        ("image", "Nginx", "h.example/x", "'Nginx' is not an image repository"),
        ("image", "''", "h.example/x", "it has no source"),
        ("image", "nginx", "''", "it has no target"),
        ("image", "nginx", "nginx", "the target nginx names no registry"),
        ("image", "nginx", "h.example/UP", "the target h.example/UP is not a repository"),
        (
            "repository",
            "nginx:1.25",
            "h.example/x",
            "regsync copies nothing: with this type a source has neither tag nor digest",
        ),
        ("repository", "nginx", "h.example/x:1.25", "the target h.example/x:1.25 is not a repository"),
    ],
)
def test_a_step_that_a_list_cannot_say_is_refused(kind: str, source: str, target: str, reason: str) -> None:
    assert why(step("tags: {allow: [a]}" if kind == "repository" else "", kind, source, target)) == reason


def test_a_password_in_a_source_is_not_repeated() -> None:
    found = read(step("", "image", "user:hunter2@quay.io/org/app"))
    assert "hunter2" not in repr(found)
    assert len(found.refused) == 1


def test_defaults_fill_in_what_a_step_leaves_out() -> None:
    found = read("""
        defaults:
          referrers: true
          digestTags: true
          ratelimit: {min: 20, retry: 15m}
        sync:
          - {source: nginx, target: h.example/a, type: image}
          - {source: redis, target: h.example/b, type: image, referrers: false, platform: linux/arm64}
          - {source: quay.io/org/app, target: h.example/c, type: image, ratelimit: {min: 50}}
    """)
    first, second, _ = (image.copying for image in found.images)
    assert (first.platform, first.referrers, first.digest_tags) == (None, True, True)
    assert (second.platform, second.referrers, second.digest_tags) == ("linux/arm64", False, True)
    assert found.registries["docker.io"].rate_limit == RateLimit(20, "15m")
    assert found.registries["quay.io"].rate_limit == RateLimit(50, "15m")


def test_a_step_that_the_defaults_make_impossible_is_refused_itself() -> None:
    found = read("defaults: {includeExternal: true}\nsync: [{source: nginx, target: h.example/a, type: image}]")
    assert refused(found) == ["2 sync[0]: it copies layers that are elsewhere, too, as the defaults say"]


def test_what_changes_nothing_of_what_is_copied_is_a_note() -> None:
    found = read("""
        defaults:
          interval: 60m
          parallel: 4
          hooks: {pre: {type: x}}
        sync:
          - source: nginx
            target: h.example/a
            type: image
            schedule: "15 3 * * *"
            tag: {allow: [a]}
        other: 1
    """)
    assert not found.refused
    assert noted(found) == [
        "3 defaults.interval: a list does not say when it is copied",
        "4 defaults.parallel: a list has no such setting",
        "5 defaults.hooks: no program is run for an image",
        "10 sync[0].schedule: a list does not say when it is copied",
        "11 sync[0].tag: regsync does not know it",
        "12 other: regsync does not know it",
    ]


def test_a_backup_is_one_more_copy_and_so_refused() -> None:
    found = read("defaults: {backup: 'old-{{.Ref.Tag}}'}\n" + step("", "image"))
    assert len(found.images) == 1
    assert refused(found) == ["1 defaults.backup: a list keeps nothing that a tag has named before"]


def test_images_for_another_registry_than_the_first_are_refused_until_it_is_named() -> None:
    text = """
        sync:
          - {source: nginx, target: a.example/nginx, type: image}
          - {source: redis, target: b.example/redis, type: image}
    """
    assert taken(read(text)) == [("docker.io/library/nginx", ["latest"], "nginx")]
    assert refused(read(text)) == ["4 sync[1]: it goes to b.example, and the list is for a.example"]
    assert taken(read(text, target="b.example")) == [("docker.io/library/redis", ["latest"], "redis")]


def test_a_file_that_regsync_does_not_read_is_refused_as_a_whole() -> None:
    assert why("version: 2\nsync: []") == "regsync knows no version 2 of its file"
    assert why("sync: {}") == "a list belongs under `sync`"
    assert why("[sync]") == "a mapping belongs here"
    assert why("defaults: [x]\nsync: []") == "a mapping belongs here"
    assert why("sync: [x]") == "a mapping belongs here"
    two = read("sync: [{source: nginx, target: h.example/a, type: image}]\n---\nsync: []")
    assert refused(two) == ["3 (document): regsync reads the first document alone"]


def test_it_is_recognized_by_steps_with_targets() -> None:
    assert FORMAT.recognizes("version: 1\nsync:\n  - {source: nginx, target: h.example/nginx}\n", "any.yaml")
    assert FORMAT.recognizes('{"version": 1, "sync": [{"source": "a", "target": "b.c/d"}]}', "x.json")
    assert not FORMAT.recognizes("sync:\n  enabled: true\n", "values.yaml")
    assert not FORMAT.recognizes("images:\n  - source: nginx\n", "images.yaml")
