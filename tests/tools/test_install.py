"""`tools install`: what Go is told when it builds the pinned programs, and what is kept of what it built."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorgen.errors import ToolUnusable, UsageError
from mirrorgen.tools.built import record_path
from mirrorgen.tools.install import GO_SETTINGS, install, leading_into_project, unchecked
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.versions import find_tool, tool_specs
from tests.conftest import RunCli
from tests.tools.test_versions import fake

SPEC = tool_specs()["regsync"]


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture
def go(elsewhere: Path) -> dict[str, str]:
    """An environment whose Go notes what it is told, and builds a regsync."""
    script = (
        f"#!/bin/sh\nenv > {elsewhere}/told\npwd > {elsewhere}/where\n"
        "printf '#!/bin/sh\\necho v0.11.5\\n' > $GOBIN/regsync\nchmod 755 $GOBIN/regsync\n"
    )
    fake(elsewhere / "bin", "go", "").write_text(script)
    path = f"{elsewhere / 'bin'}:/usr/bin:/bin"
    return {"PATH": path, "HOME": str(elsewhere), "MIRRORGEN_CACHE_DIR": str(elsewhere / "cache")}


def told(elsewhere: Path) -> dict[str, str]:
    """What Go was told of its own settings."""
    pairs = (line.partition("=") for line in (elsewhere / "told").read_text().splitlines())
    return {name: value for name, _, value in pairs if name.startswith(("GO", "CGO", "CC")) and name != "GOBIN"}


def test_go_is_told_to_ask_the_checksum_database(in_folder: Path, elsewhere: Path, go: dict[str, str]) -> None:
    assert install(SPEC, ProcessRunner(), {**go, "CC": "/evil", "GOFLAGS": ""}).usable().version == "0.11.5"
    assert told(elsewhere) == GO_SETTINGS
    assert (GO_SETTINGS["GOSUMDB"], GO_SETTINGS["GOENV"]) == ("sum.golang.org", "off")
    assert not (elsewhere / "where").read_text().startswith(str(in_folder))


def test_the_environment_says_otherwise(elsewhere: Path, go: dict[str, str]) -> None:
    said = {"GOPROXY": "https://go.example.com", "GOSUMDB": "sum.example.com", "GOFLAGS": "-modcacherw", "GOENV": "/e"}
    install(SPEC, ProcessRunner(), {**go, **said})
    assert told(elsewhere) == {**GO_SETTINGS, **said}


@pytest.mark.parametrize("value", ["{here}/pkg", "{here}/../{name}/pkg", "/a:{here}", "-modfile={here}/go.mod"])
@pytest.mark.parametrize("name", ["GOMODCACHE", "GOPATH", "GOENV", "GOROOT", "GOFLAGS"])
def test_go_takes_nothing_from_the_project(
    in_folder: Path, elsewhere: Path, go: dict[str, str], name: str, value: str
) -> None:
    env = {**go, name: value.format(here=in_folder, name=in_folder.name)}
    install(SPEC, ProcessRunner(), env)
    assert told(elsewhere) == GO_SETTINGS
    assert leading_into_project(env) == [name]
    assert leading_into_project({**go, name: str(elsewhere / "go")}) == []


def test_modules_in_the_project_are_compared_with_the_checksum_database(in_folder: Path, go: dict[str, str]) -> None:
    assert leading_into_project({**go, "GOPROXY": f"file://{in_folder}/modules"}) == []


@pytest.mark.parametrize(
    "setting",
    [
        *("GOENV=/etc/go.env", "GOSUMDB=off", "GOSUMDB=sum.example.com+1+key", "GOSUMDB=sum.golang.org+1+key"),
        *("GOFLAGS=-modcacherw -toolexec=/bin/x", "GOFLAGS=-overlay=/o.json", "GOFLAGS=--modfile=/m.mod"),
        *("GOFLAGS=-insecure", "GOFLAGS=-ldflags=-X=a.b=c", "GOFLAGS=-printf", "GONOSUMDB=*", "GOPRIVATE=github.com/*"),
        *("GOINSECURE=*", "GOROOT=/opt/go", "GOCACHEPROG=/bin/x"),
    ],
)
def test_what_the_checksum_database_does_not_vouch_for_is_never_built_without_a_word(setting: str) -> None:
    name, _, value = setting.partition("=")
    assert unchecked({"PATH": "/bin", name: value}) == [setting]


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"GOPROXY": "direct", "GOFLAGS": "-modcacherw -buildvcs=false", "GOTOOLCHAIN": "local", "GOENV": "off"},
        {"GOSUMDB": "sum.golang.google.cn", "GOPRIVATE": ""},
        {"GOSUMDB": "sum.golang.org https://sum.example.com"},
    ],
)
def test_of_what_it_vouches_for_nothing_is_said(env: dict[str, str]) -> None:
    assert unchecked({"PATH": "/bin", **env}) == []


def test_all_this_is_said(
    in_folder: Path, go: dict[str, str], run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**go, "GOFLAGS": "-toolexec=/bin/x", "GOMODCACHE": str(in_folder / "pkg")}.items():
        monkeypatch.setenv(name, value)
    result = run_cli("tools", "install", "regsync")
    assert result.exit_code == 0
    assert result.stderr == (
        "with GOFLAGS=-toolexec=/bin/x Go may build what its checksum database does not vouch for\n"
        "GOMODCACHE leads into the project, and Go is not told of it\n"
        "building regsync 0.11.5 ...\n"
    )


@pytest.mark.parametrize("variable", ["XDG_CACHE_HOME", "MIRRORGEN_CACHE_DIR"])
def test_nothing_is_built_into_the_project(in_folder: Path, go: dict[str, str], variable: str) -> None:
    del go["MIRRORGEN_CACHE_DIR"]
    (in_folder / ".git").mkdir()
    with pytest.raises(UsageError, match="the cache folder, is inside the project"):
        install(SPEC, ProcessRunner(), {**go, variable: str(in_folder / ".cache")})
    assert [entry.name for entry in in_folder.iterdir()] == [".git"]


def test_a_built_program_that_has_changed_since_is_not_run(elsewhere: Path, go: dict[str, str]) -> None:
    built = install(SPEC, ProcessRunner(), go).usable().path
    built.write_text(f"#!/bin/sh\ntouch {elsewhere}/ran\necho v0.11.5\n")
    found = find_tool("regsync", ProcessRunner(), go)
    assert found.trouble == f"{built} is not what `mirrorgen tools install` has put there"
    with pytest.raises(ToolUnusable) as caught:
        found.usable()
    assert caught.value.hint.startswith("run `mirrorgen tools install regsync`")
    assert not (elsewhere / "ran").exists()
    install(SPEC, ProcessRunner(), go).usable()


def test_a_program_that_somebody_else_has_put_there_is_not_run(go: dict[str, str]) -> None:
    built = install(SPEC, ProcessRunner(), go).usable().path
    record_path(built).unlink()
    assert "is not what" in find_tool("regsync", ProcessRunner(), go).trouble
