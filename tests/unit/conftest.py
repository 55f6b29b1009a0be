"""What a list means, without any program, network or AWS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorgen.desired.state import DesiredState
from mirrorgen.project import Loaded, load

Desire = Callable[[str], DesiredState]
Load = Callable[[str], Loaded]


@pytest.fixture
def load_list(tmp_path: Path) -> Load:
    """Write a list and load it, whatever is wrong with it."""

    def write(text: str) -> Loaded:
        path = tmp_path / "images.yaml"
        path.write_text(text)
        return load(path)

    return write


@pytest.fixture
def desire(load_list: Load) -> Desire:
    """Write a list and return what it asks for."""

    def make(text: str) -> DesiredState:
        loaded = load_list(text)
        assert loaded.desired, [problem.message for problem in loaded.problems]
        return loaded.desired

    return make
