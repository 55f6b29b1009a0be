"""Expected files that `--update-golden` rewrites; a run that rewrites one fails, so that CI can never pass by it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

import pytest


class Golden:
    """Compares what a test got with expected files.

    Args:
        update: whether to rewrite them.
    """

    def __init__(self, *, update: bool) -> None:
        self._update = update

    def check(self, got: Mapping[Path, str | None]) -> None:
        """Fail unless each file says what `got` says of it; None means that there must be no file."""
        differing = {path: text for path, text in got.items() if _read(path) != text}
        if not differing:
            return
        names = ", ".join(str(path) for path in differing)
        if self._update:
            for path, text in differing.items():
                _rewrite(path, text)
            pytest.fail(f"rewritten: {names}; look at the difference and run again without --update-golden")
        diffs = "".join(_diff(path, text) for path, text in differing.items())
        pytest.fail(f"not what is expected: {names}; --update-golden rewrites it\n{diffs}")


def _read(path: Path) -> str | None:
    return path.read_bytes().decode() if path.exists() else None


def _rewrite(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def _diff(path: Path, got: str | None) -> str:
    expected = (_read(path) or "").splitlines(keepends=True)
    return "".join(difflib.unified_diff(expected, (got or "").splitlines(keepends=True), str(path), "got"))
