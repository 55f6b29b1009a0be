"""Where a program is looked for, and which version will do."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorgen.errors import ToolUnusable, UsageError
from mirrorgen.tools.install import install_argv
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.versions import Found, find_tool, tool_specs


def fake(folder: Path, name: str, prints: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)
    return path


def look(tmp_path: Path, name: str = "regsync", option: Path | None = None, **env: str) -> Found:
    base = {"PATH": f"{tmp_path / 'path'}:/usr/bin:/bin", "MIRRORGEN_CACHE_DIR": str(tmp_path / "cache")}
    return find_tool(name, ProcessRunner(), {**base, **env}, option=option)


@pytest.mark.parametrize(
    ("prints", "version", "trouble"),
    [
        ("v0.11.5", "0.11.5", ""),
        ("v0.11.1", "0.11.1", ""),
        ("v1.0.0", "1.0.0", ""),
        ("v0.9.12", "0.9.12", "is version 0.9.12; 0.11.1 or later is needed"),
        ("v0.10.9-rc1", "0.10.9", "is version 0.10.9; 0.11.1 or later is needed"),
        ("development", "", "does not tell its version; 0.11.1 or later is needed"),
        ("", "", "does not tell its version; 0.11.1 or later is needed"),
    ],
)
def test_the_version_decides(tmp_path: Path, prints: str, version: str, trouble: str) -> None:
    path = fake(tmp_path / "path", "regsync", prints)
    found = look(tmp_path)
    assert (found.path, found.version) == (path, version)
    assert found.trouble == (f"{path} {trouble}" if trouble else "")


def test_terraform_tells_its_version_as_json(tmp_path: Path) -> None:
    fake(tmp_path / "path", "terraform", '{"terraform_version": "1.11.4", "platform": "linux_amd64"}')
    assert look(tmp_path, "terraform").usable().version == "1.11.4"


def test_the_option_comes_before_the_variable_the_cache_and_path(tmp_path: Path) -> None:
    on_path = fake(tmp_path / "path", "regsync", "v0.11.1")
    assert look(tmp_path).path == on_path
    cached = fake(tmp_path / "cache/bin", "regsync", "v0.11.2")
    assert look(tmp_path).path == cached
    named = fake(tmp_path / "named", "my-regsync", "v0.11.3")
    assert look(tmp_path, MIRRORGEN_REGSYNC=str(named)).path == named
    option = fake(tmp_path / "option", "regsync", "v0.11.4")
    assert look(tmp_path, option=option, MIRRORGEN_REGSYNC=str(named)).path == option


def test_a_named_program_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="/nowhere is not a program that can be run"):
        look(tmp_path, MIRRORGEN_REGSYNC="/nowhere")


def test_a_missing_program_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ToolUnusable) as caught:
        look(tmp_path).usable()
    assert caught.value.message == "regsync: not found"
    assert caught.value.hint.startswith("run `mirrorgen tools install regsync`")


def test_a_program_that_fails_is_broken(tmp_path: Path) -> None:
    path = fake(tmp_path / "path", "regsync", "")
    path.write_text("#!/bin/sh\nexit 1\n")
    assert look(tmp_path).trouble == f"{path} does not work: regsync failed"


def test_go_builds_the_pinned_version() -> None:
    assert install_argv("go", tool_specs()["regsync"]) == [
        "go",
        "install",
        "-trimpath",
        "github.com/regclient/regclient/cmd/regsync@v0.11.5",
    ]
    helper = install_argv("go", tool_specs()["docker-credential-ecr-login"])
    assert helper[3].startswith("-ldflags=-X github.com/awslabs/")
    assert helper[3].endswith("version.Version=0.12.0")
