"""What waits to be taken over into Terraform's state is for one target; the module with it is shared."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorgen.errors import InputError
from mirrorgen.operations.repositories.import_file import IMPORTS_FILE, header, require_own_imports
from mirrorgen.operations.runtime import Runtime
from mirrorgen.project import load

ONE = 'images:\n  - source: docker.io/library/nginx\n    tags: ["1.25.3"]\n'
SEVERAL = f"""\
targets:
  eu: {{account_id: "123456789012", region: eu-west-1}}
  us: {{account_id: "123456789012", region: us-east-1}}
{ONE}"""
BLOCK = 'import {\n  to = aws_ecr_repository.mine["a"]\n  id = "a"\n}\n'


def run_for(folder: Path, target: str) -> Runtime:
    """Return a run for one of several targets; with no name, for the only one."""
    path = folder / "images.yaml"
    path.write_text(SEVERAL if target else ONE)
    desired = load(path, target=target).desired
    assert desired
    return Runtime(folder, desired)


def waits(folder: Path, text: str) -> None:
    (folder / IMPORTS_FILE).parent.mkdir()
    (folder / IMPORTS_FILE).write_text(text)


@pytest.mark.parametrize("target", ["", "eu"])
def test_what_was_written_for_a_target_is_planned_for_it(tmp_path: Path, target: str) -> None:
    runtime = run_for(tmp_path, target)
    require_own_imports(runtime)
    waits(tmp_path, header(runtime) + BLOCK)
    require_own_imports(runtime)


@pytest.mark.parametrize(
    ("adopted", "planned", "whose"),
    [
        ("eu", "us", "of eu, and the plan would be for us"),
        ("", "us", "of nobody knows which target, and the plan would be for us"),
        ("eu", "", "of eu, and the plan would be for the only target"),
    ],
)
def test_it_is_planned_for_no_other(tmp_path: Path, adopted: str, planned: str, whose: str) -> None:
    waits(tmp_path, header(run_for(tmp_path, adopted)) + BLOCK)
    with pytest.raises(InputError, match=f"imports.tf takes over repositories {whose}"):
        require_own_imports(run_for(tmp_path, planned))


def test_blocks_that_somebody_wrote_are_for_the_only_target_or_for_nobody_knows_which(tmp_path: Path) -> None:
    waits(tmp_path, BLOCK)
    require_own_imports(run_for(tmp_path, ""))
    with pytest.raises(InputError, match="of nobody knows which target"):
        require_own_imports(run_for(tmp_path, "us"))
