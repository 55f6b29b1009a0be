"""config.yaml of rancher/artifact-mirror: what would be mirrored is taken, or refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from mirrorgen.model.credentials import Credentials
from mirrorgen.readers.contract import Reading
from mirrorgen.readers.rancher import FORMAT
from tests.readers.dialects import noted, reading, refused, taken

REPOSITORIES = """
        Repositories:
        - BaseUrl: h.example/rancher
          DefaultTarget: true
          Registry: h.example
          Username: '{{ env "HARBOR_USERNAME" }}'
          Password: '{{ env "HARBOR_PASSWORD" }}'
          ReqConcurrent: 4
        - BaseUrl: h.example/charts
          DefaultTarget: false
          Registry: h.example
          Username: '{{ env "HARBOR_USERNAME" }}'
          Password: '{{ env "HARBOR_PASSWORD" }}'
        - BaseUrl: dp.apps.rancher.io/containers
          Registry: dp.apps.rancher.io
          Username: '{{ env "APPCO_USERNAME" }}'
          Password: '{{ env "APPCO_PASSWORD" }}'
"""


def read(artifacts: str, repositories: str = REPOSITORIES, **around: Any) -> Reading:
    return reading(FORMAT, f"        Artifacts:{artifacts}{repositories}", **around)


def test_names_in_the_target_are_derived_as_the_tool_does_or_written_out() -> None:
    found = read("""
        - SourceArtifact: banzaicloud/logging-operator
          Tags: ["3.10.0", "3.9.0"]
        - SourceArtifact: banzaicloud/logging-operator
          Tags: ["3.6.0"]
          TargetArtifactName: banzaicloud-logging-operator
        - SourceArtifact: quay.io/org/team/app
          Tags: [v1]
        - SourceArtifact: dp.apps.rancher.io/containers/openjdk
          Tags: ["21"]
    """)
    assert taken(found) == [
        (
            "docker.io/banzaicloud/logging-operator",
            {"exact": ["3.10.0", "3.9.0"]},
            "rancher/mirrored-banzaicloud-logging-operator",
        ),
        ("docker.io/banzaicloud/logging-operator", {"exact": ["3.6.0"]}, "rancher/banzaicloud-logging-operator"),
        ("quay.io/org/team/app", {"exact": ["v1"]}, "rancher/mirrored-team-app"),
        ("dp.apps.rancher.io/containers/openjdk", {"exact": ["21"]}, "rancher/appco-openjdk"),
    ]
    assert found.target == "h.example"
    assert found.credentials == {
        "h.example": Credentials("HARBOR_USERNAME", "HARBOR_PASSWORD"),
        "dp.apps.rancher.io": Credentials("APPCO_USERNAME", "APPCO_PASSWORD"),
    }
    assert found.registries["h.example"].concurrent_requests == 4
    assert not found.refused
    assert not found.notes


def test_the_names_of_old_files_mean_the_same() -> None:
    text = """
        Images:
        - SourceImage: org/app
          Tags: [v1]
          TargetImageName: app
        Repositories:
        - {BaseUrl: h.example/rancher, Target: true, Registry: h.example}
    """
    found = reading(FORMAT, text)
    assert taken(found) == [("docker.io/org/app", {"exact": ["v1"]}, "rancher/app")]
    assert not found.refused


def test_what_is_not_to_be_mirrored_is_left_out_and_noted() -> None:
    found = read("""
        - SourceArtifact: org/all
          DoNotMirror: true
          Tags: [v1, v2]
        - SourceArtifact: org/some
          DoNotMirror: [v1]
          Tags: [v1, v2]
        - SourceArtifact: org/none
          DoNotMirror: false
          Tags: [v1]
        - SourceArtifact: h.example/rancher/own
          TargetArtifactName: own
          Tags: [v1]
    """)
    assert taken(found) == [
        ("docker.io/org/some", {"exact": ["v2"]}, "rancher/mirrored-org-some"),
        ("docker.io/org/none", {"exact": ["v1"]}, "rancher/mirrored-org-none"),
    ]
    assert noted(found) == [
        "2 Artifacts[0]: `DoNotMirror` keeps these tags out: v1, v2",
        "5 Artifacts[1]: `DoNotMirror` keeps these tags out: v1",
        "11 Artifacts[3]: it is what it would be mirrored to",
    ]
    assert not found.refused


def test_an_artifact_goes_to_the_repositories_that_it_names() -> None:
    found = read("""
        - SourceArtifact: org/chart
          Tags: [v1]
          TargetRepositories: [h.example/charts, h.example/rancher]
        - SourceArtifact: org/lost
          Tags: [v1]
          TargetRepositories: [h.example/other]
    """)
    assert [name for _, _, name in taken(found)] == ["rancher/mirrored-org-chart", "charts/mirrored-org-chart"]
    assert refused(found) == [
        "5 Artifacts[1]: it is mirrored to nowhere: it names no repository that the file has",
    ]


TWO = """
        Repositories:
        - {BaseUrl: a.example/x, DefaultTarget: true, Registry: a.example}
        - {BaseUrl: b.example/x, DefaultTarget: true, Registry: b.example}
"""


def test_of_several_targets_the_list_is_for_the_first_or_the_one_that_is_named() -> None:
    artifacts = """
        - SourceArtifact: org/app
          Tags: [v1]
        - SourceArtifact: org/only-b
          Tags: [v1]
          TargetRepositories: [b.example/x]
    """
    found = read(artifacts, TWO)
    assert [name for _, _, name in taken(found)] == ["x/mirrored-org-app"]
    assert refused(found) == [
        "4 Artifacts[1]: it goes to b.example, and the list is for a.example",
        "10 Repositories[1]: it is a further target, and the list is for a.example",
    ]
    other = read(artifacts, TWO, target="b.example")
    assert other.target == "b.example"
    assert len(other.images) == 2
    assert refused(other) == ["9 Repositories[0]: it is a further target, and the list is for b.example"]


@pytest.mark.parametrize(
    ("artifact", "reason"),
    [
        ("{SourceArtifact: nginx, Tags: [v1]}", "the tool wants a source with a slash"),
        ("{Tags: [v1]}", "the tool wants a source with a slash"),
        ("{SourceArtifact: org/app}", "it names no tags"),
        ("{SourceArtifact: org/app, Tags: []}", "it names no tags"),
        ("{SourceArtifact: org/app, Tags: v1}", "a list belongs under `Tags`"),
        ("{SourceArtifact: org/app, Tags: [1.10]}", "1.10 without quotes is a number, which becomes another text"),
        ("{SourceArtifact: org/app, Tags: ['a b']}", "'a b' is not a tag"),
        ("{SourceArtifact: org/app, Tags: [v1], DoNotMirror: v1}", "a list belongs under `DoNotMirror`"),
        (
            "{SourceArtifact: 'org/app:v1', Tags: [v1]}",
            "the tool puts a tag behind the source, which has one, or a digest",
        ),
        ("{SourceArtifact: org/App, Tags: [v1]}", "'org/App' is not an image repository"),
        ("'org/app'", "a mapping belongs here"),
    ],
)
def test_an_artifact_that_a_list_cannot_say_is_refused(artifact: str, reason: str) -> None:
    found = read(f"\n        - {artifact}")
    assert [refusal.reason for refusal in found.refused] == [reason]
    assert not found.images


def test_no_password_is_taken_or_repeated() -> None:
    found = read(
        "\n        - {SourceArtifact: org/app, Tags: [v1]}",
        REPOSITORIES.replace('{{ env "HARBOR_PASSWORD" }}', "hunter2"),
    )
    assert len(found.images) == 1
    assert {refusal.reason for refusal in found.refused} == {
        "the password is not the name of a variable, and a list holds nothing else"
    }
    assert "hunter2" not in repr(found)


def test_it_is_recognized_by_artifacts_with_sources() -> None:
    assert FORMAT.recognizes("Artifacts:\n- SourceArtifact: org/app\n", "config.yaml")
    assert FORMAT.recognizes("Images:\n- SourceImage: org/app\n", "config.yaml")
    assert not FORMAT.recognizes("images:\n- source: nginx\n", "images.yaml")
