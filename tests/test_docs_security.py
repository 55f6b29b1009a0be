"""docs/security.md names tests that exist, and one at least for each threat."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.documents import ROOT, rows_of, text_of

PAGE = ROOT / "docs/security.md"
ROWS = rows_of(PAGE, "threat", "what stops it", "test")


def functions_of(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(text_of(path))) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_each_threat_has_tests_that_exist(row: list[str]) -> None:
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", row[2])
    assert named
    for file, function in named:
        assert function in functions_of(ROOT / file), f"{file} has no {function}"
