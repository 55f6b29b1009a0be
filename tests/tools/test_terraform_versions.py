"""Which Terraform is asked for, and which is installed: each is said in one place."""

from __future__ import annotations

import re

from mirrorgen.origin import Source
from mirrorgen.starting.contents import pipeline_files
from mirrorgen.starting.setup import Provider, Setup
from mirrorgen.tools.versions import tool_specs
from tests.documents import ROOT

SPEC = tool_specs()["terraform"]
SOURCE = Source("https://git.example.com/platform/mirrorgen", "0123456789abcdef0123456789abcdef01234567")


def key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_every_module_asks_for_the_lowest_version_that_is_accepted() -> None:
    asked = {
        name.relative_to(ROOT).as_posix(): re.findall(r'required_version = "(.+)"', name.read_text(encoding="utf-8"))
        for name in (ROOT / "terraform").rglob("*.tf")
        if name.name == "versions.tf" or name.parent.parent.name == "examples"
    }
    assert "terraform/versions.tf" in asked
    assert {name: said for name, said in asked.items() if said != [f">= {SPEC.minimum.removesuffix('.0')}"]} == {}


def test_every_pipeline_installs_the_version_that_was_tested() -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / ".github/workflows").glob("*.yaml")}
    for provider in (Provider.GITHUB, Provider.GITLAB):
        files |= pipeline_files(Setup(provider=provider, source=SOURCE))
    said = re.compile(r"terraform_version: '(.+)'|/terraform_(.+)_linux_amd64\.zip")
    installed = {name: said.findall(text) for name, text in files.items()}
    versions = {name: {"".join(found) for found in each} for name, each in installed.items() if each}
    assert {"test.yaml", "image-check.yaml", "image-sync.yaml", ".gitlab-ci.yml"} <= versions.keys()
    assert {name: each for name, each in versions.items() if each != {SPEC.tested}} == {}


def test_it_is_newer_than_the_lowest_and_evaluates_large_values_once() -> None:
    assert key(SPEC.tested) >= (1, 13) > key(SPEC.minimum)


def test_no_pipeline_takes_a_provider_that_was_not_locked() -> None:
    for provider in Provider:
        text = "".join(pipeline_files(Setup(provider=provider, source=SOURCE)).values())
        assert not re.search(r"-upgrade|terraform [^\n]*\binit\b|tools lock", text)
