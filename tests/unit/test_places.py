"""Nothing in a project is a link, another user's, or everybody's to write; outside of it only links are refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorgen.errors import InputError
from mirrorgen.files import append_file, diff_files, read_file, write_file, write_files
from mirrorgen.places import TRUST_VARIABLE
from mirrorgen.tools.searching import find_program

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


@pytest.fixture
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the user, outside of the project."""
    path = tmp_path_factory.mktemp("outside") / "id_ed25519"
    path.write_text("private\n")
    return path


@pytest.mark.parametrize(
    "use",
    [
        lambda root: write_files(root, {"sub/a": "new\n"}),
        lambda root: write_files(root, {"sub/a": None}),
        lambda root: diff_files(root, {"sub/a": "new\n"}),
        lambda root: read_file(root / "sub/a", project=root),
        lambda root: write_file(root / "sub/a", "new\n", project=root),
    ],
    ids=["write", "remove", "diff", "read", "write one"],
)
class TestInsideTheProject:
    def test_a_link_is_neither_followed_nor_replaced(
        self, tmp_path: Path, secret: Path, use: Callable[[Path], object]
    ) -> None:
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub/a").symlink_to(secret)
        with pytest.raises(InputError, match=r"sub/a is a symbolic link$") as caught:
            use(tmp_path)
        assert "private" not in f"{caught.value} {caught.value.hint}"
        assert secret.read_text() == "private\n"
        assert (tmp_path / "sub/a").is_symlink()

    def test_a_link_to_nothing_is_one_too(self, tmp_path: Path, use: Callable[[Path], object]) -> None:
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub/a").symlink_to(tmp_path / "nothing")
        with pytest.raises(InputError, match=r"sub/a is a symbolic link$"):
            use(tmp_path)
        assert not (tmp_path / "nothing").exists()

    def test_a_folder_that_is_a_link_is_not_entered(
        self, tmp_path: Path, secret: Path, use: Callable[[Path], object]
    ) -> None:
        (secret.parent / "a").write_text("private\n")
        (tmp_path / "sub").symlink_to(secret.parent)
        with pytest.raises(InputError, match=r"sub is a symbolic link$"):
            use(tmp_path)
        assert (secret.parent / "a").read_text() == "private\n"

    @pytest.mark.parametrize("place", ["sub/a", "sub", "."])
    def test_what_everybody_can_write_is_refused(
        self, tmp_path: Path, use: Callable[[Path], object], place: str
    ) -> None:
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub/a").write_text("old\n")
        (tmp_path / place).chmod(0o777)
        with pytest.raises(InputError, match=r"can be written to by every user$") as caught:
            use(tmp_path)
        assert caught.value.hint == f"run `chmod o-w {tmp_path / place}`"

    @as_root
    @pytest.mark.parametrize("place", ["sub/a", "sub", "."])
    def test_what_is_another_users_is_refused_unless_that_user_is_trusted(
        self, tmp_path: Path, use: Callable[[Path], object], place: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub/a").write_text("old\n")
        os.chown(tmp_path / place, 4711, -1)
        with pytest.raises(InputError, match=r"belongs to another user \(4711\)$") as caught:
            use(tmp_path)
        assert caught.value.hint.endswith(f"{TRUST_VARIABLE}=4711")
        monkeypatch.setenv(TRUST_VARIABLE, "4711")
        use(tmp_path)


def test_a_link_on_the_way_from_the_current_folder_to_the_project_is_not_followed(
    in_folder: Path, secret: Path
) -> None:
    (in_folder / "lists").symlink_to(secret.parent)
    with pytest.raises(InputError, match=r"^lists is a symbolic link$"):
        write_files(Path("lists"), {"a": "new\n"})
    assert not (secret.parent / "a").exists()


def test_a_link_on_the_way_to_where_the_user_is_at_home_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_files(tmp_path / "link", {"a": "new\n"})
    assert (tmp_path / "real/a").read_text() == "new\n"


@pytest.mark.parametrize("where", ["reports/x.json", "{here}/reports/x.json"])
def test_a_report_below_the_project_goes_through_no_link(in_folder: Path, secret: Path, where: str) -> None:
    (in_folder / "reports").symlink_to(secret.parent)
    with pytest.raises(InputError, match=r"reports is a symbolic link$"):
        write_file(Path(where.format(here=in_folder)), "new\n", project=Path())
    assert [path.name for path in secret.parent.iterdir()] == [secret.name]


@pytest.fixture
def beside(in_folder: Path, secret: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A link out of a git work tree, beside the current folder, which is in that tree."""
    (in_folder / ".git").mkdir()
    (in_folder / "lists").mkdir()
    (in_folder / "reports").symlink_to(secret.parent)
    monkeypatch.chdir(in_folder / "lists")
    return in_folder / "reports"


@pytest.mark.parametrize("where", ["../reports", "{beside}"])
def test_a_report_beside_the_project_goes_through_no_link_of_the_work_tree(
    beside: Path, secret: Path, where: str
) -> None:
    place = Path(where.format(beside=beside))
    with pytest.raises(InputError, match=r"reports is a symbolic link$"):
        write_file(place / "x.json", "new\n", project=Path())
    with pytest.raises(InputError, match=r"reports is a symbolic link$"):
        read_file(place / secret.name)
    assert [path.name for path in secret.parent.iterdir()] == [secret.name]


def test_a_link_in_a_home_that_is_a_work_tree_is_followed(
    beside: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(beside.parent))
    write_file(beside / "x.json", "new\n", project=Path())
    assert (secret.parent / "x.json").exists()


def test_another_name_of_a_file_keeps_what_it_had(tmp_path: Path, secret: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).hardlink_to(secret)
    assert write_files(tmp_path, {"a": "new\n", "b": None}) == ["a", "b"]
    assert ((tmp_path / "a").read_text(), (tmp_path / "b").exists()) == ("new\n", False)
    write_file(tmp_path / "a", "newer\n", project=tmp_path, is_private=True)
    assert secret.read_text() == "private\n"


def test_two_dots_lead_out_of_no_link(in_folder: Path, secret: Path) -> None:
    (in_folder / "reports").symlink_to(secret.parent)
    write_file(Path("reports/../x.json"), "new\n", project=Path())
    assert (in_folder / "x.json").read_text() == "new\n"
    assert [path.name for path in secret.parent.iterdir()] == [secret.name]


def test_a_report_may_go_to_a_folder_of_everybody_but_through_no_link_there(
    in_folder: Path, tmp_path_factory: pytest.TempPathFactory, secret: Path
) -> None:
    shared = tmp_path_factory.mktemp("shared")
    shared.chmod(0o1777)
    write_file(shared / "x.json", "new\n", project=in_folder, is_private=True)
    assert (shared / "x.json").read_text() == "new\n"
    (shared / "y.json").symlink_to(secret)
    with pytest.raises(InputError, match=r"y\.json is a symbolic link$"):
        write_file(shared / "y.json", "new\n", project=in_folder, is_private=True)
    with pytest.raises(InputError, match=r"y\.json is a symbolic link$"):
        append_file(shared / "y.json", "new\n")
    assert secret.read_text() == "private\n"


def test_what_is_private_is_read_by_nobody_else_even_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("plan\n")
    path.chmod(0o644)
    write_file(path, "plan\n", is_private=True)
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_written_is_not_everybodys_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_files(tmp_path, {"sub/a": "new\n"})
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o002 for name in ("sub", "sub/a")] == [0, 0]
    assert diff_files(tmp_path, {"sub/a": "new\n"}) == ""


def test_a_current_folder_that_is_gone_hides_nothing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path_factory.mktemp("gone")
    monkeypatch.chdir(gone)
    gone.rmdir()
    write_files(tmp_path, {"a": "new\n"})
    assert read_file(tmp_path / "a", project=tmp_path) == b"new\n"
    assert find_program("sh", {"PATH": "/usr/bin:/bin"})


def test_a_pipe_outside_the_project_can_be_read(in_folder: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"{}")
    os.close(writing)
    assert read_file(Path(f"/dev/fd/{reading}"), project=in_folder) == b"{}"
    os.close(reading)
