"""A cloned branch does not decide which programs are run."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorgen.errors import ToolUnusable
from mirrorgen.tools.built import record_path
from mirrorgen.tools.environments import environment
from mirrorgen.tools.git import untracked
from mirrorgen.tools.install import GO_SETTINGS, install, unchecked
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.searching import find_program
from mirrorgen.tools.versions import find_tool, tool_specs
from tests.tools.test_versions import fake

SPEC = tool_specs()["regsync"]


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outside")


@pytest.mark.parametrize("path", ["", ".", ":", "bin", "./bin", "{here}/bin", "{link}"])
@pytest.mark.parametrize("name", ["regsync", "go", "git", "terraform"])
def test_a_program_in_the_project_is_not_found(in_folder: Path, outside: Path, name: str, path: str) -> None:
    for folder in (in_folder, in_folder / "bin"):
        fake(folder, name, "v9.9.9")
    (outside / "link").symlink_to(in_folder / "bin")
    env = {"PATH": path.format(here=in_folder, link=outside / "link"), "HOME": str(outside)}
    assert find_program(name, env) is None
    expected = fake(outside / "bin", name, "v9.9.9")
    assert find_program(name, {**env, "PATH": f"{env['PATH']}:{expected.parent}"}) == expected


def test_where_the_user_is_at_home_is_no_project(in_folder: Path) -> None:
    found = fake(in_folder / ".local/bin", "terraform", "v9.9.9")
    assert find_program("terraform", {"PATH": str(found.parent), "HOME": str(in_folder)}) == found


def test_neither_go_nor_git_of_the_project_is_run(in_folder: Path, outside: Path) -> None:
    for name in ("go", "git"):
        fake(in_folder, name, "").write_text(f"#!/bin/sh\ntouch {in_folder}/ran\n")
    env = {"PATH": ".::", "HOME": str(outside), "MIRRORGEN_CACHE_DIR": str(outside)}
    with pytest.raises(ToolUnusable, match="Go is not on PATH"):
        install(SPEC, ProcessRunner(), env)
    with pytest.raises(ToolUnusable, match="git is not on PATH"):
        untracked(in_folder, ["a"], ProcessRunner(), env)
    assert not (in_folder / "ran").exists()


def test_programs_look_for_others_in_no_relative_folder() -> None:
    assert environment("regsync", {"PATH": ":/usr/bin:.:bin:/bin"})["PATH"] == "/usr/bin:/bin"


@pytest.fixture
def go(outside: Path) -> dict[str, str]:
    """An environment whose Go notes what it is told, and builds a regsync."""
    script = (
        f"#!/bin/sh\nenv > {outside}/told\npwd > {outside}/where\n"
        "printf '#!/bin/sh\\necho v0.11.5\\n' > $GOBIN/regsync\nchmod 755 $GOBIN/regsync\n"
    )
    fake(outside / "bin", "go", "").write_text(script)
    path = f"{outside / 'bin'}:/usr/bin:/bin"
    return {"PATH": path, "HOME": str(outside), "MIRRORGEN_CACHE_DIR": str(outside / "cache")}


def told(outside: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in (outside / "told").read_text().splitlines())
    return {name: value for name, _, value in pairs if name in GO_SETTINGS or name == "GOPROXY"}


def test_go_is_told_to_ask_the_checksum_database(in_folder: Path, outside: Path, go: dict[str, str]) -> None:
    assert install(SPEC, ProcessRunner(), go).usable().version == "0.11.5"
    assert told(outside) == GO_SETTINGS
    assert GO_SETTINGS["GOSUMDB"] == "sum.golang.org"
    assert not (outside / "where").read_text().startswith(str(in_folder))


def test_the_environment_says_otherwise(outside: Path, go: dict[str, str]) -> None:
    said = {"GOPROXY": "https://go.example.com", "GOSUMDB": "sum.example.com", "GOFLAGS": "-modcacherw"}
    install(SPEC, ProcessRunner(), {**go, **said})
    assert told(outside) == {**GO_SETTINGS, **said}


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({}, []),
        ({"GOPROXY": "direct", "GOSUMDB": "sum.example.com", "GOFLAGS": "-modcacherw"}, []),
        ({"GOSUMDB": "off"}, ["GOSUMDB=off"]),
        ({"GOFLAGS": "-modcacherw -insecure"}, ["GOFLAGS=-modcacherw -insecure"]),
        ({"GONOSUMDB": "*"}, ["GONOSUMDB=*"]),
        ({"GOPRIVATE": "github.com/*"}, ["GOPRIVATE=github.com/*"]),
        ({"GOINSECURE": "*"}, ["GOINSECURE=*"]),
    ],
)
def test_the_checksum_database_is_never_off_without_a_word(env: dict[str, str], named: list[str]) -> None:
    assert unchecked(env) == named


def test_a_built_program_that_has_changed_since_is_not_run(outside: Path, go: dict[str, str]) -> None:
    built = install(SPEC, ProcessRunner(), go).usable().path
    built.write_text(f"#!/bin/sh\ntouch {outside}/ran\necho v0.11.5\n")
    found = find_tool("regsync", ProcessRunner(), go)
    assert found.trouble == f"{built} is not what `mirrorgen tools install` has put there"
    with pytest.raises(ToolUnusable) as caught:
        found.usable()
    assert caught.value.hint.startswith("run `mirrorgen tools install regsync`")
    assert not (outside / "ran").exists()
    install(SPEC, ProcessRunner(), go).usable()


def test_a_program_that_somebody_else_has_put_there_is_not_run(go: dict[str, str]) -> None:
    built = install(SPEC, ProcessRunner(), go).usable().path
    record_path(built).unlink()
    assert "is not what" in find_tool("regsync", ProcessRunner(), go).trouble
