"""What is in git here, for the tests that look at all of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def tracked_files() -> list[str]:
    """The names, relative to the root, of the files that git knows and that are there; skips where there is no git."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted({name for name in listed.split("\0") if name and (ROOT / name).is_file()})


def copy_of_checkout(folder: Path) -> Path:
    """A copy of what is in git, and of nothing else that lies about; returns the folder, which is made."""
    for name in tracked_files():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, place)
    return folder
