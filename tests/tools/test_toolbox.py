"""The programs at hand: looked for once, and all that cannot be used is named at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.errors import ToolUnusable
from mirrorgen.tools.runner import Completed
from mirrorgen.tools.secrets import Secrets
from mirrorgen.tools.toolbox import Toolbox


class VersionRunner:
    """Every program says that it has this version; counts how often one was asked."""

    secrets = Secrets()

    def __init__(self, version: str) -> None:
        self.version = version
        self.asked: list[str] = []

    def run(self, argv: Sequence[str], **_: Any) -> Completed:
        self.asked.append(Path(argv[0]).name)
        return Completed(tuple(argv), 0, self.version, "")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """regsync and regctl are on PATH, and nothing else is."""
    for name in ("regsync", "regctl"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    return {"PATH": str(tmp_path), "MIRRORGEN_CACHE_DIR": str(tmp_path / "cache")}


def test_what_is_required_is_named_if_it_is_missing(env: dict[str, str]) -> None:
    toolbox = Toolbox(VersionRunner("v99.0.0"), env)
    with pytest.raises(ToolUnusable, match="terraform: not found; docker-credential-ecr-login: not found") as raised:
        toolbox.require("regsync", "terraform", "docker-credential-ecr-login")
    assert "MIRRORGEN_TERRAFORM" in raised.value.hint
    assert "mirrorgen tools install docker-credential-ecr-login" in raised.value.hint


def test_what_is_too_old_is_named_beside_what_is_missing(env: dict[str, str]) -> None:
    with pytest.raises(ToolUnusable, match=r"regsync: .* is version 0\.0\.1; .*; terraform: not found"):
        Toolbox(VersionRunner("v0.0.1"), env).require("regsync", "terraform")


def test_one_that_is_missing_has_the_words_of_its_own(env: dict[str, str]) -> None:
    with pytest.raises(ToolUnusable, match=r"^terraform: not found$"):
        Toolbox(VersionRunner("v99.0.0"), env).require("regsync", "terraform")


def test_each_program_is_asked_once(env: dict[str, str]) -> None:
    runner = VersionRunner("v99.0.0")
    toolbox = Toolbox(runner, env)
    toolbox.require("regsync", "regctl")
    assert toolbox.get("regsync").version == "99.0.0"
    toolbox.require("regsync")
    assert runner.asked == ["regsync", "regctl"]


def test_nothing_required_is_nothing_asked(env: dict[str, str]) -> None:
    runner = VersionRunner("v99.0.0")
    Toolbox(runner, env).require()
    assert runner.asked == []
