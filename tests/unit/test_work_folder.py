"""Whose turn it is in the folder of a list, with real processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mirrorgen.errors import InputError
from mirrorgen.operations.repositories.renamed import Rename, Renames
from mirrorgen.operations.repositories.saved import Moving, Occupied, SavedPlan, WorkFolder
from mirrorgen.tools.terraform import REPOSITORY, Change, TerraformPlan

# Works in the folder, says so, and ends its turn when its standard input is closed.
WORKER = """
import sys
from pathlib import Path
from mirrorgen.operations.repositories.saved import Occupied, WorkFolder

def say(line):
    print(line, flush=True)

with WorkFolder(Path(sys.argv[1])).turn("mirrorgen apply", wait=True, say=say):
    say("working")
    sys.stdin.read()
"""


@contextmanager
def worker(folder: Path) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-c", WORKER, str(folder)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said_by(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def take_turn(folder: Path) -> None:
    with WorkFolder(folder).turn("mirrorgen plan", wait=False, say=lambda _line: None):
        pass


def test_a_second_run_says_who_is_at_work_and_stops(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        assert said_by(process) == "working\n"
        with pytest.raises(Occupied) as caught:
            take_turn(tmp_path)
    assert caught.value.message == f"`mirrorgen apply` (process {process.pid}) works in {tmp_path}; nothing was done"
    assert "--wait" in caught.value.hint


def test_a_run_that_waits_goes_on_when_the_one_before_it_has_ended(tmp_path: Path) -> None:
    with worker(tmp_path) as first:
        assert said_by(first) == "working\n"
        with worker(tmp_path) as second:
            assert said_by(second) == f"waiting: `mirrorgen apply` (process {first.pid}) works in {tmp_path}\n"
            assert first.stdin
            first.stdin.close()
            assert said_by(second) == "working\n"


def test_a_killed_run_leaves_the_folder_free(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        assert said_by(process) == "working\n"
        process.kill()
        process.wait()
        take_turn(tmp_path)


def test_a_turn_that_failed_is_over(tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path)
    with pytest.raises(RuntimeError), folder.turn("mirrorgen plan", wait=False, say=lambda _line: None):
        raise RuntimeError
    take_turn(tmp_path)


def test_other_folders_are_free(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        assert said_by(process) == "working\n"
        take_turn(tmp_path / "other")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "terraform").write_text("in the way")
    with pytest.raises(InputError, match=r"cannot write .*/terraform: Not a directory"):
        take_turn(tmp_path)


def test_git_takes_no_notice_of_the_work_folder(tmp_path: Path) -> None:
    take_turn(tmp_path)
    assert (tmp_path / "terraform/.mirrorgen/.gitignore").read_text() == "*\n"
    assert (tmp_path / "terraform/.mirrorgen").stat().st_mode & 0o077 == 0


def test_a_turn_is_not_noted_under_another_name(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine\n")
    folder = tmp_path / "project"
    take_turn(folder)
    turn = folder / "terraform/.mirrorgen/run.lock"
    turn.unlink()
    turn.hardlink_to(precious)
    with pytest.raises(InputError, match=r"run\.lock has another name elsewhere") as caught:
        take_turn(folder)
    assert caught.value.hint == f"run `rm {turn}`"
    assert precious.read_text() == "mine\n"


SHOWN = SavedPlan(
    TerraformPlan((Change("a.b", REPOSITORY, "mirror/a", "replace", ("tags",), "id", "a.c"),), ("output",), True),
    {"mirror/a": ("sha256:1", "sha256:2")},
    Renames((Rename("mirror/a", "mirror/b"),), {"mirror/c": "a reason"}, {"mirror/a": ("quay.io/a",)}),
)


@pytest.fixture
def planned(tmp_path: Path) -> WorkFolder:
    """One with a plan, made from a root module and a module in it."""
    folder = WorkFolder(tmp_path)
    take_turn(tmp_path)
    for name in ("main.tf", "terraform.tfvars.json", "modules/repositories/main.tf"):
        path = tmp_path / "terraform" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("as it was")
    folder.make_room(folder.plan_file)
    folder.plan_file.write_text("the plan")
    folder.seal(SHOWN)
    return folder


def test_what_was_shown_of_a_plan_is_what_apply_gets(planned: WorkFolder) -> None:
    assert planned.require_current_plan() == SHOWN


def test_a_plan_in_the_place_of_the_one_that_was_shown_is_not_applied(planned: WorkFolder) -> None:
    planned.plan_file.write_text("another")
    with pytest.raises(InputError, match="the saved plan is not the one that was shown"):
        planned.require_current_plan()


@pytest.mark.parametrize(
    "name",
    ["main.tf", "new.tf", "new.tf.json", "terraform.tfvars.json", "x.auto.tfvars", "modules/repositories/main.tf"],
)
def test_a_plan_is_out_of_date_once_a_file_has_changed_that_terraform_reads(planned: WorkFolder, name: str) -> None:
    (planned.root / "terraform" / name).write_text("changed")
    with pytest.raises(InputError, match="has changed since the plan was made"):
        planned.require_current_plan()


def test_a_plan_stays_good_where_terraform_has_put_its_own_files(planned: WorkFolder) -> None:
    theirs = planned.root / "terraform/.terraform/modules/x/main.tf"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("")
    planned.require_current_plan()


def test_a_move_goes_on_with_what_was_shown_and_nobody_applies_that_any_more(planned: WorkFolder) -> None:
    assert planned.require_moving() == Moving(SHOWN)
    begun = Moving(SHOWN, {"mirror/a": {"latest": "sha256:1"}})
    planned.keep_moving(begun)
    assert planned.require_moving() == begun
    with pytest.raises(InputError, match="there is no saved plan"):
        planned.require_current_plan()
    (planned.root / "terraform/main.tf").write_text("changed")
    with pytest.raises(InputError, match="has changed since the plan was made"):
        planned.require_moving()


def test_a_new_plan_is_the_one_that_a_move_is_made_from(planned: WorkFolder) -> None:
    planned.keep_moving(Moving(SHOWN, {"mirror/a": {"latest": "sha256:1"}}))
    planned.make_room(planned.plan_file)
    planned.plan_file.write_text("another")
    planned.seal(SHOWN)
    assert planned.require_moving() == Moving(SHOWN)
    planned.discard_plan()
    with pytest.raises(InputError, match="there is no saved plan"):
        planned.require_moving()


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("us.tfvars.json", True),
        ("eu.tfvars.json", False),
        ("terraform.tfvars", True),
        ("more.auto.tfvars.json", True),
        ("main.tf", True),
    ],
)
def test_the_plan_of_a_target_is_made_from_what_terraform_reads_for_it(
    planned: WorkFolder, name: str, counts: bool
) -> None:
    folder = WorkFolder(planned.root, "us")
    folder.make_room(folder.plan_file)
    folder.plan_file.write_text("the plan of the target")
    folder.seal(SHOWN)
    assert folder.plan_file != planned.plan_file
    (planned.root / "terraform" / name).write_text("changed")
    if counts:
        with pytest.raises(InputError, match="the list or the Terraform module has changed"):
            folder.require_current_plan()
    else:
        assert folder.require_current_plan() == SHOWN
    folder.discard_plan()
    assert planned.plan_file.read_text() == "the plan"
