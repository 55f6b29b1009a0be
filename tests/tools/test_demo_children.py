"""What the demo starts Python for, in a folder with modules of somebody else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mirrorgen.demo import emulator
from mirrorgen.errors import ToolFailed, ToolUnusable
from mirrorgen.tools.runner import ProcessRunner


def test_the_demo_imports_nothing_from_the_current_folder(
    in_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for module in ("venv", "pip", "hypercorn", "sitecustomize"):
        (in_folder / f"{module}.py").write_text(f"open({str(in_folder / 'ran')!r}, 'w')\n")
    env = {"PATH": os.environ["PATH"], "PIP_NO_INDEX": "1"}
    outside = tmp_path_factory.mktemp("outside")
    with pytest.raises(ToolUnusable, match="No matching distribution found for ministack"):
        emulator.install(outside, ProcessRunner(), env)
    # This interpreter has no hypercorn but the one in the folder.
    with pytest.raises(ToolFailed, match="No module named hypercorn"):
        emulator.start(
            Path(sys.executable), log=outside / "log", env=env, account_id="123456789012", region="r", outlives_us=False
        )
    assert not (in_folder / "ran").exists()
