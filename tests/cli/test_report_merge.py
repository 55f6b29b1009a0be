"""`mirrorgen report --merge`: the parts of one run make one report, and nothing else does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.reporting.reports import Report, format_report
from mirrorgen.reporting.runs import Run
from tests.conftest import RunCli

RUN = {"id": "17/1", "version": "0.1.0", "list_digest": "sha256:" + "a" * 64, "lock_digest": None, "only": ()}
MOMENT = datetime(2026, 1, 31, 1, tzinfo=UTC)
FAILURE = Failure(TagRef("r0", "9"), Kind.NOT_UPSTREAM, "upstream has no such tag").document()
RULE = Failure(TagRef("r0"), Kind.RULE, "the rule chooses nothing").document()


def part(
    folder: Path,
    index: int,
    count: int,
    *,
    failures: tuple[Any, ...] = (),
    run: dict[str, Any] | None = None,
    **more: Any,
) -> str:
    """Write the report of a part; return the name of its file."""
    result = {"copied": [{"repository": f"r{index}", "tag": "1"}], "unchanged": index, "failures": list(failures)}
    fields: dict[str, Any] = {
        "command": "sync",
        "master_list": "images.yaml",
        "started": MOMENT + timedelta(minutes=index),
        "ended": MOMENT + timedelta(minutes=10 + index),
        "exit_code": 5 if failures else 0,
        "error": None,
        "result": result,
        **more,
    }
    path = folder / f"{index}-{count}.json"
    path.write_text(format_report(Report(run=Run(**{**RUN, **(run or {})}), part=(index, count), **fields)))
    return path.name


def test_the_parts_of_a_sync_are_joined(run_cli: RunCli, in_folder: Path) -> None:
    files = [part(in_folder, 2, 3), part(in_folder, 1, 3, failures=(FAILURE,)), part(in_folder, 3, 3)]
    result = run_cli("report", "--merge", *files)
    assert result.exit_code == 5
    joined = json.loads(result.stdout)
    Draft202012Validator(json.loads(run_cli("schema", "report").stdout)).validate(joined)
    assert joined["result"] == {
        "copied": [{"repository": f"r{index}", "tag": "1"} for index in (1, 2, 3)],
        "unchanged": 6,
        "failures": [FAILURE],
    }
    assert (joined["part"], joined["exit_code"], joined["error"]) == ("1/1", 5, None)
    assert (joined["started"], joined["ended"]) == ("2026-01-31T01:01:00+00:00", "2026-01-31T01:13:00+00:00")
    assert joined["run"]["id"] == "17/1"


@pytest.mark.parametrize(
    ("failures", "code"), [((), 0), ((RULE,), 1), ((FAILURE,), 5)], ids=["all well", "a rule", "not mirrored"]
)
def test_the_exit_code_is_that_of_one_sync(
    failures: tuple[Any, ...], code: int, run_cli: RunCli, in_folder: Path
) -> None:
    files = [part(in_folder, 1, 2, failures=failures, exit_code=code), part(in_folder, 2, 2)]
    assert run_cli("report", "--merge", *files).exit_code == code


def refused(run_cli: RunCli, *files: str) -> str:
    """What is said of reports that cannot be joined; nothing is printed then."""
    result = run_cli("report", "--merge", *files)
    assert (result.exit_code, result.stdout) == (1, "")
    return result.stderr


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"run": {"id": "17/2"}}, "the reports are of different runs: 17/1 in 1-2.json, 17/2 in 2-2.json"),
        ({"run": {"id": None}}, "the reports are of different runs: 17/1 in 1-2.json, none in 2-2.json"),
        ({"run": {"list_digest": "sha256:" + "b" * 64}}, "the reports are of different contents of the list"),
        ({"run": {"lock_digest": "sha256:" + "b" * 64}}, "the reports are of different contents of the lock"),
        ({"run": {"version": "0.2.0"}}, "the reports are of different versions of mirrorgen"),
        ({"run": {"only": ("quay.io/*",)}}, "the reports are of different selections with --only: none in"),
        ({"run": {"target": "us"}}, "the reports are of different targets: none in"),
        ({"run": {"stand_in": "127.0.0.1:1"}}, "the reports are of different stand-ins: none in"),
        ({"master_list": "others.yaml"}, "the reports are of different lists: images.yaml in"),
        ({"command": "prune"}, "2-2.json is a report of prune"),
        ({"result": None, "exit_code": 5, "error": "killed"}, "2-2.json has no result: killed"),
        ({"result": None, "exit_code": 0}, "2-2.json has no result"),
        ({"error": "killed"}, "2-2.json has a result and an error: killed"),
        ({"failures": (FAILURE,), "exit_code": 0}, "2-2.json says exit code 0, and its failures (1) make it 5"),
        ({"failures": (RULE,), "exit_code": 5}, "2-2.json says exit code 5, and its failures (1) make it 1"),
        ({"exit_code": 5}, "2-2.json says exit code 5, and its failures (0) make it 0"),
        ({"failures": ({**FAILURE, "kind": "bad-luck"},)}, "2-2.json is not a report: there is no kind of failure"),
        ({"ended": MOMENT}, "2-2.json ended before it started"),
        ({"started": MOMENT + timedelta(days=1, minutes=2), "ended": MOMENT + timedelta(days=2)}, "more than 24 hours"),
    ],
)
def test_what_is_no_part_of_the_same_run_is_refused(
    other: dict[str, Any], said: str, run_cli: RunCli, in_folder: Path
) -> None:
    assert said in refused(run_cli, part(in_folder, 1, 2), part(in_folder, 2, 2, **other))


def test_a_part_that_is_missing(run_cli: RunCli, in_folder: Path) -> None:
    said = refused(run_cli, part(in_folder, 1, 4), part(in_folder, 3, 4))
    assert "there is no report of the parts 2/4, 4/4" in said


def test_not_every_one_of_many_missing_parts_is_named(run_cli: RunCli, in_folder: Path) -> None:
    assert "11/1000 and 989 more" in refused(run_cli, part(in_folder, 1, 1000))


def test_a_part_that_is_there_twice(run_cli: RunCli, in_folder: Path) -> None:
    first = part(in_folder, 1, 2)
    (in_folder / "copy.json").write_bytes((in_folder / first).read_bytes())
    said = refused(run_cli, first, "copy.json", part(in_folder, 2, 2))
    assert "1-2.json and copy.json are both of the part 1/2" in said
    assert "are both of the part" in refused(run_cli, first, first, part(in_folder, 2, 2))


def test_parts_of_different_numbers(run_cli: RunCli, in_folder: Path) -> None:
    said = refused(run_cli, part(in_folder, 1, 2), part(in_folder, 2, 3))
    assert "the reports are of different numbers of parts: 2 in 1-2.json, 3 in 2-3.json" in said


@pytest.mark.parametrize("number", ["1/1001", "1/999999999999999999999", "3/2", "0/1", "1/0"])
def test_no_part_of_any_run(number: str, run_cli: RunCli, in_folder: Path) -> None:
    path = in_folder / part(in_folder, 1, 2)
    path.write_text(path.read_text().replace('"part": "1/2"', f'"part": "{number}"'))
    refused(run_cli, path.name)


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-31", "2026-01-31T06:00:00", "2026-13-31T06:00:00+00:00"])
def test_a_time_that_is_none(moment: str, run_cli: RunCli, in_folder: Path) -> None:
    path = in_folder / part(in_folder, 1, 1)
    path.write_text(path.read_text().replace((MOMENT + timedelta(minutes=1)).isoformat(), moment))
    assert "1-1.json is not a report" in refused(run_cli, path.name)


@pytest.mark.parametrize("key", ["copied", "unchanged", "failures"])
def test_a_result_that_leaves_something_out(key: str, run_cli: RunCli, in_folder: Path) -> None:
    path = in_folder / part(in_folder, 1, 1)
    document = json.loads(path.read_text())
    del document["result"][key]
    path.write_text(json.dumps(document))
    assert "1-1.json is not a report" in refused(run_cli, path.name)


def test_all_that_speaks_against_it_is_said_at_once(run_cli: RunCli, in_folder: Path) -> None:
    killed = part(in_folder, 2, 3, result=None, exit_code=5, error="killed", run={"id": "17/2"})
    said = refused(run_cli, part(in_folder, 1, 3), killed)
    assert "killed" in said
    assert "different runs" in said
    assert "no report of the part 3/3" in said
