"""Which files the sdist and the wheel hold: those in git, each in its place, and nothing else."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from pathlib import Path

from mirrorgen import __version__
from tests.checkout import tracked_files
from tests.packaging.conftest import build

OWN_LIST = {"terraform/terraform.tfvars.json", "terraform/modules/repositories/exclusions_override.tf"}
PLACES = {
    "mirrorgen/": "mirrorgen/",
    "templates/": "mirrorgen/_data/templates/",
    "terraform/": "mirrorgen/_data/terraform/",
}


def content_of(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_sdist_holds_what_is_in_git(sdist: Path) -> None:
    top = f"mirrorgen-{__version__}"
    assert sdist.name == f"{top}.tar.gz"
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    assert sorted(names) == sorted(f"{top}/{name}" for name in [*tracked_files(), "PKG-INFO"])


def test_the_wheel_holds_the_package_the_templates_and_the_module(wheel: Path) -> None:
    info = f"mirrorgen-{__version__}.dist-info"
    expected = {
        place + name.removeprefix(folder)
        for name in tracked_files()
        for folder, place in PLACES.items()
        if name.startswith(folder) and name not in OWN_LIST
    }
    expected |= {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    assert content_of(wheel).keys() == expected
    assert "mirrorgen/py.typed" in expected


def test_a_wheel_built_from_the_sdist_is_the_same(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    # The first versions of Python 3.11 unpack without a filter, and later ones warn of that.
    subprocess.run(["tar", "-xzf", sdist, "-C", tmp_path], check=True)
    (source,) = tmp_path.iterdir()
    (tmp_path / "out").mkdir()
    assert content_of(build("--wheel", source, tmp_path / "out")) == content_of(wheel)


def test_data_folders_hold_no_python() -> None:
    """A module there would be left out of an editable installation."""
    assert not [
        name for name in tracked_files() if name.startswith(("templates/", "terraform/")) and name[-3:] == ".py"
    ]
