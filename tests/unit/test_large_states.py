"""A large list whose Terraform keeps its state in a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.files import write_files
from mirrorgen.operations.repositories.planning import plan_repositories
from mirrorgen.rendering.module import module_files
from mirrorgen.tools.runner import Completed
from mirrorgen.tools.secrets import Secrets
from tests.unit.conftest import Desire
from tests.unit.memory import runtime_of


class IdleTerraform:
    """Has nothing to do; `init` sets up the backend that it is given, if any."""

    secrets = Secrets()

    def __init__(self, module: Path, backend: str | None) -> None:
        self.module, self.backend = module, backend

    def run(self, argv: Sequence[str], **_: Any) -> Completed:
        if "init" in argv and self.backend:
            (self.module / ".terraform").mkdir()
            (self.module / ".terraform/terraform.tfstate").write_text(json.dumps({"backend": {"type": self.backend}}))
        return Completed(tuple(argv), 0, "", "")


def warnings_of_a_plan(folder: Path, desire: Desire, repositories: int, backend: str | None) -> list[str]:
    write_files(folder, module_files())
    images = "".join(f"  - source: quay.io/org/app-{number}\n    tags: ['1.0.0']\n" for number in range(repositories))
    runtime = runtime_of(folder, desire(f"images:\n{images}"), {})
    runtime.runner = IdleTerraform(folder / "terraform", backend)
    said: list[str] = []
    runtime.warn = said.append
    plan_repositories(runtime)
    return said


@pytest.mark.parametrize("backend", [None, "local"])
def test_above_two_hundred_repositories_a_state_in_a_file_is_warned_of(
    tmp_path: Path, desire: Desire, backend: str | None
) -> None:
    (warning,) = warnings_of_a_plan(tmp_path, desire, 201, backend)
    assert "which is written whole at each of the changes to 201 repositories" in warning
    assert "see terraform/README.md" in warning


@pytest.mark.parametrize(("repositories", "backend"), [(200, None), (201, "s3")])
def test_a_small_list_and_a_backend_are_not_warned_of(
    tmp_path: Path, desire: Desire, repositories: int, backend: str | None
) -> None:
    assert warnings_of_a_plan(tmp_path, desire, repositories, backend) == []
