"""`mirrorgen update` asks registries through regctl: for tag lists alone, and whatever becomes of one of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real.paper_registry import PaperRegistry, paper_registry

APP, TOOL = "org/app", "org/tool"
TAGS = {APP: ["v1.0.0", "v1.1.0", "v1.2.0-rc.1", "v2.0.0"], TOOL: ["1.0-alpine", "1.1-alpine", "1.1"]}
LIST = """\
registries:
  quay.io: {{hostname: "{address}", tls: disabled}}
images:
  - source: quay.io/org/app # the application
    tags: ["v1.0.0", "v2.0.0"]
  - source: quay.io/org/tool
    tags: [1.0-alpine]
  - source: quay.io/org/moving
    tags: ["latest"]
"""


@dataclass
class Listed:
    """A folder with a list whose upstream is a registry of paper."""

    folder: Path
    registry: PaperRegistry
    env: dict[str, str]

    @property
    def path(self) -> Path:
        return self.folder / "images.yaml"

    def update(self, *args: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "mirrorgen", "update", *args]
        return subprocess.run(
            argv, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=100
        )


@pytest.fixture
def listed(tmp_path: Path, base_env: dict[str, str]) -> Iterator[Listed]:
    home = tmp_path / "home"
    home.mkdir()
    with paper_registry(TAGS) as registry:
        found = Listed(tmp_path, registry, {**base_env, "HOME": str(home)})
        found.path.write_text(LIST.format(address=registry.address))
        yield found


def test_it_asks_for_tag_lists_of_what_has_versions_and_for_nothing_else(listed: Listed) -> None:
    before = listed.path.read_text()
    result = listed.update()
    assert (result.returncode, result.stderr) == (3, "asking the upstream registries for their tags\n")
    assert [line.split() for line in result.stdout.splitlines()[1:3]] == [
        ["quay.io/org/app", "v1.0.0", "v1.1.0", "minor", "-"],
        ["quay.io/org/tool", "1.0-alpine", "1.1-alpine", "minor", "-"],
    ]
    assert sorted(listed.registry.requests) == [("GET", f"/v2/{APP}/tags/list"), ("GET", f"/v2/{TOOL}/tags/list")]
    assert listed.path.read_text() == before


def test_written_once_there_is_nothing_newer(listed: Listed) -> None:
    before = listed.path.read_text()
    assert listed.update("--write").returncode == 0
    after = before.replace('["v1.0.0",', '["v1.0.0", "v1.1.0",').replace("[1.0-alpine", "[1.1-alpine, 1.0-alpine")
    assert listed.path.read_text() == after
    again = listed.update("--write")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "Nothing newer is found.")
    assert listed.path.read_text() == after


def test_an_upstream_that_fails_is_named_and_the_others_are_written(listed: Listed) -> None:
    listed.registry.broken.add(APP)
    before = listed.path.read_text()
    result = listed.update("--write")
    assert result.returncode == 5
    assert "Could not be asked:\n  mirror/quay/org/app: " in result.stdout
    assert listed.path.read_text() == before.replace("[1.0-alpine", "[1.1-alpine, 1.0-alpine")


def test_a_list_that_changes_while_upstream_is_asked_is_not_overwritten(listed: Listed) -> None:
    answer, edited = listed.registry.answer, listed.path.read_text() + "# an edit meanwhile\n"

    def editing(method: str, path: str) -> object:
        listed.path.write_text(edited)
        return answer(method, path)

    listed.registry.answer = editing  # type: ignore[assignment, method-assign]
    result = listed.update("--write")
    assert result.returncode == 1
    assert "error: images.yaml has changed since it was read\n" in result.stderr
    assert listed.path.read_text() == edited


def test_real_tags_are_not_taken_from_a_stand_in(listed: Listed) -> None:
    listed.env["MIRRORGEN_REDIRECT"] = str(listed.folder / "stand-in.json")
    assert listed.update("--write").returncode == 2
