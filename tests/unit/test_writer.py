"""Generated files on disk: all of them or none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mirrorgen.errors import InputError
from mirrorgen.files import diff_files, write_files
from mirrorgen.places import Folder


def test_what_changes_is_written_and_named(tmp_path: Path) -> None:
    assert write_files(tmp_path, {"a": "1\n", "sub/b": "2\n"}) == ["a", "sub/b"]
    assert write_files(tmp_path, {"a": "1\n", "sub/b": "3\n"}) == ["sub/b"]
    assert (tmp_path / "sub/b").read_text() == "3\n"


def test_a_file_that_must_not_exist_is_removed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old\n")
    assert write_files(tmp_path, {"a": None, "b": None}) == ["a"]
    assert list(tmp_path.iterdir()) == []


def test_if_one_file_cannot_be_written_none_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old\n")
    (tmp_path / "gone").write_text("old\n")
    (tmp_path / "z").mkdir()
    (tmp_path / "z/inside").touch()
    with pytest.raises(InputError):
        write_files(tmp_path, {"a": "new\n", "fresh": "new\n", "gone": None, "z": "new\n"})
    assert (tmp_path / "a").read_text() == "old\n"
    assert (tmp_path / "gone").read_text() == "old\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "gone", "z"]


def test_if_one_file_cannot_take_its_place_the_others_get_theirs_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("old\n")
    replace = Folder.replace

    def refuse(self: Folder, name: str, place: str) -> None:
        if place == "c":
            raise PermissionError(13, "Permission denied", place)
        replace(self, name, place)

    monkeypatch.setattr(Folder, "replace", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        write_files(tmp_path, {"a": "new\n", "b": "new\n", "c": "new\n"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old\n"}


def test_the_mode_of_a_file_stays(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old\n")
    (tmp_path / "a").chmod(0o640)
    write_files(tmp_path, {"a": "new\n", "b": "new\n"})
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "b").stat().st_mode & 0o400


def test_a_diff_says_what_writing_would_change(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one\ntwo\n")
    (tmp_path / "gone").write_text("x\n")
    assert diff_files(tmp_path, {"a": "one\n2\n", "gone": None, "fresh": "y", "never": None}) == (
        "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
        "--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        "--- /dev/null\n+++ b/fresh\n@@ -0,0 +1 @@\n+y\n\\ No newline at end of file\n"
    )


def test_line_ends_are_part_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\r\n")
    assert diff_files(tmp_path, {"a": "one\n"}) != ""


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "silent")
    with pytest.raises(InputError, match="is not a regular file"):
        write_files(tmp_path, {"silent": "text"})
