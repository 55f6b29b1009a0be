"""A cloned branch does not decide which programs are run: where programs are looked for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mirrorgen.errors import ToolUnusable
from mirrorgen.tools.environments import environment
from mirrorgen.tools.git import Git
from mirrorgen.tools.install import install
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.searching import find_program, outside
from mirrorgen.tools.versions import find_tool, tool_specs
from tests.tools.test_versions import fake


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


@pytest.mark.parametrize("path", ["", ".", ":", "bin", "./bin", "{here}/bin", "{link}"])
@pytest.mark.parametrize("name", ["regsync", "go", "git", "terraform"])
def test_a_program_in_the_project_is_not_found(in_folder: Path, elsewhere: Path, name: str, path: str) -> None:
    for folder in (in_folder, in_folder / "bin"):
        fake(folder, name, "v9.9.9")
    (elsewhere / "link").symlink_to(in_folder / "bin")
    env = {"PATH": path.format(here=in_folder, link=elsewhere / "link"), "HOME": str(elsewhere)}
    assert find_program(name, env) is None
    expected = fake(elsewhere / "bin", name, "v9.9.9")
    assert find_program(name, {**env, "PATH": f"{env['PATH']}:{expected.parent}"}) == expected


def test_where_the_user_is_at_home_is_no_project(in_folder: Path) -> None:
    found = fake(in_folder / ".local/bin", "terraform", "v9.9.9")
    assert find_program("terraform", {"PATH": str(found.parent), "HOME": str(in_folder)}) == found


def test_neither_go_nor_git_of_the_project_is_run(in_folder: Path, elsewhere: Path) -> None:
    for name in ("go", "git"):
        fake(in_folder, name, "").write_text(f"#!/bin/sh\ntouch {in_folder}/ran\n")
    env = {"PATH": ".::", "HOME": str(elsewhere), "MIRRORGEN_CACHE_DIR": str(elsewhere)}
    with pytest.raises(ToolUnusable, match="Go is not on PATH"):
        install(tool_specs()["regsync"], ProcessRunner(), env)
    with pytest.raises(ToolUnusable, match="git is not on PATH"):
        Git.at(in_folder, ProcessRunner(), env)
    assert not (in_folder / "ran").exists()


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git work tree with a program, and one in a submodule, in which a subfolder is the current one."""
    inner = tmp_path / "tree/vendored"
    for folder in (inner.parent, inner):
        fake(folder / "bin", "regsync", "v9.9.9")
        (folder / ".git").mkdir()
    (inner / "mirror").mkdir()
    monkeypatch.chdir(inner / "mirror")
    return inner.parent


@pytest.mark.parametrize("folder", ["bin", "vendored/bin"])
def test_the_project_is_the_work_tree_around(tree: Path, elsewhere: Path, folder: str) -> None:
    (elsewhere / "link").symlink_to(tree)
    for path in (tree / folder, elsewhere / "link" / folder, tree / "vendored/mirror/../.." / folder):
        assert find_program("regsync", {"PATH": str(path), "HOME": str(elsewhere)}) is None
        assert outside({"PATH": f"{path}:/bin", "HOME": str(elsewhere)})["PATH"] == "/bin"


def test_the_project_is_also_where_the_list_is(tree: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(elsewhere)
    env = {"PATH": str(tree / "bin"), "HOME": str(elsewhere.parent / "home")}
    assert find_program("regsync", env)
    assert find_program("regsync", env, around=tree / "vendored/mirror") is None


def test_a_link_into_the_project_is_in_the_project(tree: Path, elsewhere: Path) -> None:
    (elsewhere / "regsync").symlink_to(tree / "bin/regsync")
    (tree / "links").mkdir()
    (tree / "links/regsync").symlink_to(fake(elsewhere / "bin", "regsync", "v9.9.9"))
    env = {"PATH": f"{elsewhere}:{tree}/links", "HOME": str(elsewhere.parent / "home")}
    assert find_program("regsync", env) is None
    assert find_program("regsync", {**env, "PATH": f"{env['PATH']}:{elsewhere}/bin"}) == elsewhere / "bin/regsync"


def test_a_home_that_is_a_work_tree_makes_no_project_of_all_in_it(tree: Path) -> None:
    """Some keep their settings in git."""
    env = {"PATH": str(tree / "bin"), "HOME": str(tree)}
    assert find_program("regsync", env) == tree / "bin/regsync"
    assert find_program("regsync", {**env, "PATH": str(tree / "vendored/bin")}) is None


@pytest.mark.parametrize(
    "variables", [{"XDG_CACHE_HOME": "{tree}/.cache"}, {"MIRRORGEN_CACHE_DIR": "{tree}/.cache/mirrorgen"}]
)
def test_a_built_program_in_the_project_is_not_run(tree: Path, elsewhere: Path, variables: dict[str, str]) -> None:
    planted = fake(tree / ".cache/mirrorgen/bin", "regsync", "v9.9.9")
    record = tree / ".cache/mirrorgen/built/regsync.sha256"
    record.parent.mkdir()
    record.write_text(f"{hashlib.sha256(planted.read_bytes()).hexdigest()}\n")
    env = {"PATH": "/nowhere", "HOME": str(elsewhere), **{k: v.format(tree=tree) for k, v in variables.items()}}
    assert find_tool("regsync", ProcessRunner(), env).trouble == "not found"
    assert find_tool("regsync", ProcessRunner(), {**env, "MIRRORGEN_REGSYNC": str(planted)}).usable().path == planted
    assert find_tool("regsync", ProcessRunner(), env, option=planted).usable().path == planted


@pytest.mark.parametrize(
    ("path", "kept"),
    [(":/usr/bin:.:bin:/bin", "/usr/bin:/bin"), ("", "/dev/null"), (".", "/dev/null")],
    ids=["some", "empty", "nothing left"],
)
def test_programs_look_for_others_in_no_relative_folder(path: str, kept: str) -> None:
    """An empty PATH would stand for the current folder."""
    assert environment("regsync", {"PATH": path})["PATH"] == kept


def test_programs_look_for_others_in_no_folder_of_the_project(tree: Path, elsewhere: Path) -> None:
    env = {"PATH": f"{tree}/bin:/usr/bin:/bin", "HOME": str(elsewhere)}
    script = f'#!/bin/sh\nprintf "%s" "$PATH" > {elsewhere}/path\necho v9.9.9\n'
    for name in ("regsync", "git"):
        fake(elsewhere / "bin", name, "").write_text(script)
    env["PATH"] += f":{elsewhere}/bin"
    find_tool("regsync", ProcessRunner(), env).usable()
    assert (elsewhere / "path").read_text() == f"/usr/bin:/bin:{elsewhere}/bin"
