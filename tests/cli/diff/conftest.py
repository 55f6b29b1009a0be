"""A repository with a list, and what `mirrorgen diff` says of it to a program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.diff.committed import IMAGES, commit, git, write
from tests.conftest import RunCli


@pytest.fixture
def repository(in_folder: Path) -> Path:
    """One in which the list has been committed."""
    git("init", "--quiet")
    write(IMAGES)
    commit()
    return in_folder


@pytest.fixture
def document(run_cli: RunCli) -> Callable[..., Any]:
    def run(*args: str) -> Any:
        result = run_cli("diff", *args, "--format", "json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return run
