"""The flag that rewrites expected files never lets a run pass that rewrote one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden import Golden


def test_a_difference_fails_and_names_the_flag(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old\n")
    with pytest.raises(pytest.fail.Exception, match="--update-golden rewrites it") as caught:
        Golden(update=False).check({tmp_path / "a": "new\n"})
    assert "-old\n+new\n" in str(caught.value)
    assert (tmp_path / "a").read_text() == "old\n"


def test_rewriting_fails_once(tmp_path: Path) -> None:
    (tmp_path / "stale").write_text("old\n")
    got = {tmp_path / "a": "new\n", tmp_path / "stale": None}
    with pytest.raises(pytest.fail.Exception, match="rewritten"):
        Golden(update=True).check(got)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "new\n"}
    Golden(update=True).check(got)
