"""mirrorgen installed from a wheel, and as an editable checkout, each in an environment of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mirrorgen import __version__
from tests.packaging.conftest import Installed

GENERATED = ("regsync.yaml", "terraform/terraform.tfvars.json")


@pytest.fixture
def listed(checkout: Path, tmp_path: Path) -> Path:
    """A folder with the list of this repository."""
    shutil.copy(checkout / "images.yaml", tmp_path)
    return tmp_path


def test_it_is_its_own_copy(installed: Installed, checkout: Path, tmp_path: Path) -> None:
    place = checkout if installed.way == "editable" else installed.bin.parent
    shown = installed.run(["python", "-c", "import mirrorgen; print(mirrorgen.__file__)"], tmp_path)
    assert Path(shown.stdout.strip()).is_relative_to(place)


def test_the_script_and_the_module_are_the_same_program(installed: Installed, tmp_path: Path) -> None:
    for program in (["mirrorgen"], ["python", "-m", "mirrorgen"]):
        assert installed.run([*program, "--version"], tmp_path).stdout == f"mirrorgen {__version__}\n"
        assert "one reviewed list" in installed.run([*program, "--help"], tmp_path).stdout


def test_it_validates_and_renders_a_list(installed: Installed, checkout: Path, listed: Path) -> None:
    validated = installed.run(["mirrorgen", "validate"], listed)
    assert validated.stdout.startswith("images.yaml: no problems")
    installed.run(["mirrorgen", "render"], listed)
    for name in GENERATED:
        assert (listed / name).read_bytes() == (checkout / name).read_bytes()


def test_it_prints_the_schema(installed: Installed, checkout: Path, tmp_path: Path) -> None:
    printed = installed.run(["mirrorgen", "schema"], tmp_path).stdout
    assert printed == (checkout / "mirrorgen/schemas/images.schema.json").read_text(encoding="utf-8")


def test_it_finds_its_terraform_module(installed: Installed, checkout: Path, tmp_path: Path) -> None:
    program = "from mirrorgen.resources import resource; print(resource('terraform'))"
    module = Path(installed.run(["python", "-c", program], tmp_path).stdout.strip())
    assert (module / "main.tf").read_bytes() == (checkout / "terraform/main.tf").read_bytes()


def test_it_starts_a_folder_that_is_ready_to_use(installed: Installed, tmp_path: Path) -> None:
    installed.run(["mirrorgen", "init", "mirror", "--provider", "cron"], tmp_path)
    installed.run(["mirrorgen", "render", "--check"], tmp_path / "mirror")
    for name in ("main.tf", "variables.tf", ".gitignore", "modules/repositories/main.tf"):
        assert (tmp_path / "mirror/terraform" / name).is_file()
