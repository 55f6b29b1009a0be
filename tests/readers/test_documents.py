"""Tools that copy read the first document of their file alone: what stands in others is refused, not dropped."""

from __future__ import annotations

import pytest

from mirrorgen.readers.contract import Around
from mirrorgen.readers.formats import read

FILES = {
    "dregsy": """\
tasks:
- name: a
  source: {registry: quay.io}
  target: {registry: registry.example.com}
  mappings:
  - {from: org/app, tags: ["1.0"], platform: all}
""",
    "image-syncer": "quay.io/org/app:1.0: registry.example.com/org/app\n",
    "rancher": """\
Artifacts:
- {SourceArtifact: quay.io/org/app, Tags: ["1.0"]}
Repositories:
- {BaseUrl: registry.example.com/org, Registry: registry.example.com, DefaultTarget: true}
""",
    "regsync": """\
version: 1
sync:
- {source: "quay.io/org/app:1.0", target: "registry.example.com/org/app:1.0", type: image}
""",
    "sinker": """\
target: {host: registry.example.com}
sources:
- {repository: org/app, host: quay.io, tag: "1.0"}
""",
    "skopeo": "quay.io:\n  images:\n    org/app: ['1.0']\n",
}


@pytest.mark.parametrize("format", FILES)
def test_what_stands_in_a_further_document_is_refused_with_its_place(format: str) -> None:
    text = FILES[format]
    reading = read(f"{text}---\n{text}", Around("file.yaml"))

    assert (reading.format, len(reading.images)) == (format, 1)
    (refused,) = reading.refused
    assert refused.reason == f"{format} reads the first document alone"
    assert refused.place.line == text.count("\n") + 2
