"""The manifest of sinker: its sources are taken, or refused with the reason."""

from __future__ import annotations

import pytest

from mirrorgen.model.credentials import Credentials
from mirrorgen.readers.sinker import FORMAT
from tests.readers.dialects import reading, refused, taken

HEX = "0a1b" * 16


def test_sources_are_taken_with_their_names_in_the_target() -> None:
    found = reading(
        FORMAT,
        f"""
        target:
          host: mycompany.com
          repository: myteam
          auth: {{username: MINE_USER, password: MINE_TOKEN}}
        sources:
          - repository: coreos/prometheus-operator
            host: quay.io
            tag: v0.40.0
          - repository: super/secret
            tag: v0.3.0
            auth: {{username: DOCKER_USER_ENV, password: DOCKER_PASSWORD_ENV}}
          - repository: nginx
            digest: sha256:{HEX}
          - repository: redis
          - repository: tagged
            tag: v1
            digest: sha256:{HEX}
        """,
    )
    assert taken(found) == [
        ("quay.io/coreos/prometheus-operator", ["v0.40.0"], "myteam/coreos/prometheus-operator"),
        ("docker.io/super/secret", ["v0.3.0"], "myteam/super/secret"),
        # sinker gives a digest without a tag this one.
        ("docker.io/library/nginx", {HEX: f"sha256:{HEX}"}, "myteam/nginx"),
        ("docker.io/library/redis", ["latest"], "myteam/redis"),
        # A tag counts before a digest.
        ("docker.io/library/tagged", ["v1"], "myteam/tagged"),
    ]
    assert found.target == "mycompany.com"
    assert found.credentials == {
        "mycompany.com": Credentials("MINE_USER", "MINE_TOKEN"),
        "docker.io": Credentials("DOCKER_USER_ENV", "DOCKER_PASSWORD_ENV"),
    }
    assert not found.refused


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("{host: quay.io, repository: mine}", "mine/app"),
        ("{host: h.example}", "org/app"),
        ("{repository: mine}", "mine/app"),
    ],
)
def test_some_registries_have_one_level_of_names(target: str, name: str) -> None:
    found = reading(FORMAT, f"target: {target}\nsources: [{{repository: org/app, tag: v1}}]")
    assert taken(found) == [("docker.io/org/app", ["v1"], name)]


def test_a_source_may_have_a_target_of_its_own() -> None:
    text = """
        target: {host: a.example}
        sources:
          - {repository: org/app, tag: v1}
          - {repository: org/app, tag: v2, target: {host: a.example, repository: own}}
          - {repository: org/app, tag: v3, target: {repository: ignored}}
          - {repository: org/app, tag: v4, target: {host: b.example}}
    """
    found = reading(FORMAT, text)
    assert [name for _, _, name in taken(found)] == ["org/app", "own/org/app", "org/app"]
    assert refused(found) == ["7 sources[3]: it goes to b.example, and the list is for a.example"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{repository: org/app, tag: 'a b'}", "'a b' in 'org/app:a b' is not a tag"),
        (
            "{repository: org/app, digest: 'sha256:0'}",
            "'org/app@sha256:0' has no digest of 64 hexadecimal digits behind its @",
        ),
        ("{tag: v1}", "':v1' is not an image repository"),
        ("{repository: [a]}", "text belongs under `repository`"),
        ("org/app", "a mapping belongs here"),
        (
            "{repository: org/app, auth: {username: U, password: hunter2}}",
            "a list names variables in capitals, digits and `_`",
        ),
    ],
)
def test_what_a_list_cannot_say_is_refused_and_no_secret_repeated(source: str, reason: str) -> None:
    found = reading(FORMAT, f"target: {{host: h.example}}\nsources: [{source}]")
    assert [refusal.reason for refusal in found.refused] == [reason]
    assert "hunter2" not in repr(found)


def test_one_registry_is_signed_in_to_in_one_way() -> None:
    found = reading(
        FORMAT,
        """
        target: {host: h.example}
        sources:
          - {repository: a, auth: {username: A_USER, password: A_TOKEN}}
          - {repository: b, auth: {username: B_USER, password: B_TOKEN}}
        """,
    )
    assert refused(found) == ["5 sources[1].auth: docker.io is signed in to in another way above, and a list has one"]
    assert found.credentials == {"docker.io": Credentials("A_USER", "A_TOKEN")}


def test_it_is_recognized_by_sources_and_a_target() -> None:
    assert FORMAT.recognizes("target:\n  host: a.b\nsources:\n- repository: nginx\n", ".images.yaml")
    assert not FORMAT.recognizes("sources:\n- repository: nginx\n", "Chart.yaml")
