"""Reports: written by a command in any case, checked by their schema, and joined."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mirrorgen.commands.reported import Result, reported
from mirrorgen.errors import InputError, ToolFailed
from mirrorgen.outcomes import ExitCode, Failure, Kind, TagRef
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.reports import Report, format_report
from mirrorgen.reporting.views import Items, View
from tests.conftest import RunCli

DONE = {"copied": [{"repository": "a", "tag": "1"}], "unchanged": 2, "failures": []}
SHOWN = View(DONE, [Items("Copied", ["a:1"])])


def run(report: Path, result: Result | BaseException, **more: Any) -> ExitCode:
    def command() -> Result:
        if isinstance(result, BaseException):
            assert "not come to its end" in report.read_text()
            raise result
        return result

    return reported("sync", command, master_list=Path("images.yaml"), output=ResultFormat.TEXT, report=report, **more)


def read(report: Path, run_cli: RunCli) -> Any:
    document = json.loads(report.read_text())
    Draft202012Validator(json.loads(run_cli("schema", "report").stdout)).validate(document)
    return document


def test_a_report_says_what_was_done(tmp_path: Path, run_cli: RunCli, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    assert run(report, Result(ExitCode.FAILED, SHOWN), part=(2, 3)) is ExitCode.FAILED
    assert capsys.readouterr().out == "Copied:\n  a:1\n"
    document = read(report, run_cli)
    assert (document["command"], document["part"], document["exit_code"]) == ("sync", "2/3", 5)
    assert document["result"] == DONE
    assert document["error"] is None


@pytest.mark.parametrize(
    ("stopped", "code", "error"),
    [(ToolFailed("regsync failed"), 5, "regsync failed"), (KeyboardInterrupt(), 130, "interrupted")],
)
def test_a_run_that_could_not_go_on_says_why(
    stopped: BaseException, code: int, error: str, tmp_path: Path, run_cli: RunCli
) -> None:
    report = tmp_path / "report.json"
    with pytest.raises(type(stopped)):
        run(report, stopped)
    document = read(report, run_cli)
    assert (document["exit_code"], document["error"], document["result"]) == (code, error, None)


def test_a_place_that_cannot_be_written_to_is_said_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    began = []
    with pytest.raises(InputError, match="cannot"):
        reported(
            "sync",
            lambda: began.append(1) or Result(ExitCode.OK, SHOWN),  # type: ignore[func-returns-value]
            master_list=Path("images.yaml"),
            output=ResultFormat.TEXT,
            report=tmp_path / "file/report.json",
        )
    assert not began


def test_the_page_of_a_github_job_gets_the_markdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    run(tmp_path / "report.json", Result(ExitCode.OK, SHOWN))
    assert summary.read_text() == "before\n## mirrorgen sync\n\n### Copied\n\n- `a:1`\n\n"


def part(folder: Path, index: int, count: int, **more: Any) -> str:
    result = {
        "copied": [{"repository": f"r{index}", "tag": "1"}],
        "unchanged": index,
        "failures": more.pop("failures", []),
    }
    moment = datetime(2026, 1, 31, index, tzinfo=UTC)
    fields: dict[str, Any] = {"exit_code": 0, "error": None, "result": result, "command": "sync", **more}
    report = Report(
        master_list="images.yaml", part=(index, count), started=moment, ended=moment.replace(minute=9), **fields
    )
    path = folder / f"{index}-{count}.json"
    path.write_text(format_report(report))
    return str(path)


def test_the_parts_of_a_sync_are_joined(run_cli: RunCli, in_folder: Path) -> None:
    failure = Failure(TagRef("r0", "9"), Kind.NOT_UPSTREAM, "upstream has no such tag").document()
    files = [part(in_folder, 2, 3), part(in_folder, 1, 3, exit_code=5, failures=[failure]), part(in_folder, 3, 3)]
    result = run_cli("report", "--merge", *files)
    assert result.exit_code == 5
    joined = json.loads(result.stdout)
    Draft202012Validator(json.loads(run_cli("schema", "report").stdout)).validate(joined)
    assert joined["result"] == {
        "copied": [{"repository": f"r{index}", "tag": "1"} for index in (1, 2, 3)],
        "unchanged": 6,
        "failures": [failure],
    }
    assert (joined["part"], joined["error"]) == ("1/1", None)
    assert (joined["started"], joined["ended"]) == ("2026-01-31T01:00:00+00:00", "2026-01-31T03:09:00+00:00")


def test_all_parts_well_is_all_well(run_cli: RunCli, in_folder: Path) -> None:
    assert run_cli("report", "--merge", part(in_folder, 1, 2), part(in_folder, 2, 2)).exit_code == 0


def test_a_part_without_a_report_is_a_failure(run_cli: RunCli, in_folder: Path) -> None:
    result = run_cli("report", "--merge", part(in_folder, 1, 3), part(in_folder, 3, 3))
    assert result.exit_code == 5
    assert json.loads(result.stdout)["error"] == "2/3: there is no report"


def test_a_part_that_was_killed_is_a_failure(run_cli: RunCli, in_folder: Path) -> None:
    killed = part(in_folder, 2, 2, exit_code=5, error="the run has not come to its end", result=None)
    result = run_cli("report", "--merge", part(in_folder, 1, 2), killed)
    assert result.exit_code == 5
    assert json.loads(result.stdout)["error"] == "2/2: the run has not come to its end"


@pytest.mark.parametrize("other", [{"command": "apply"}, {"count": 4}, {"index": 1}])
def test_reports_that_do_not_belong_together(other: dict[str, Any], run_cli: RunCli, in_folder: Path) -> None:
    first = part(in_folder, 1, 2)
    (in_folder / "other").mkdir()
    index, count = other.pop("index", 2), other.pop("count", 2)
    result = run_cli("report", "--merge", first, part(in_folder / "other", index, count, **other))
    assert (result.exit_code, result.stdout) == (1, "")


@pytest.mark.parametrize("text", ["", "{}", '{"version": 2}'])
def test_a_file_that_is_no_report(text: str, run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "report.json").write_text(text)
    assert run_cli("report", "--merge", "report.json").exit_code == 1
    assert run_cli("report", "report.json").exit_code == 2
