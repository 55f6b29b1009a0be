"""Reports: written by a command in any case, with what they are of, and checked by their schema."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mirrorgen import __version__
from mirrorgen.commands.reported import Result, reported
from mirrorgen.errors import InputError, ToolFailed
from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.runs import run_id
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


def test_a_report_is_complete_also_where_the_result_cannot_be_shown(
    tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    report = tmp_path / "report.json"
    with pytest.raises(InputError, match=r"cannot write .*: Is a directory"):
        run(report, Result(ExitCode.OK, SHOWN))
    assert read(report, run_cli)["result"] == DONE


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


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_a_report_says_which_run_it_is_of(in_folder: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    (in_folder / "images.yaml").write_text("the list")
    monkeypatch.setenv("MIRRORGEN_RUN", "nightly-7")
    run(in_folder / "report.json", Result(ExitCode.OK, SHOWN), only=["quay.io/*"])
    assert read(in_folder / "report.json", run_cli)["run"] == {
        "id": "nightly-7",
        "mirrorgen": __version__,
        "list_digest": digest("the list"),
        "lock_digest": None,
        "only": ["quay.io/*"],
        "stand_in": None,
        "target": None,
    }
    (in_folder / "images.lock.yaml").write_text("the lock")
    run(in_folder / "report.json", Result(ExitCode.OK, SHOWN))
    assert read(in_folder / "report.json", run_cli)["run"]["lock_digest"] == digest("the lock")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"GITHUB_RUN_ID": "17", "GITHUB_RUN_ATTEMPT": "2"}, "17/2"),
        ({"AWS_BATCH_JOB_ID": "0b1c:3"}, "0b1c"),
        ({"MIRRORGEN_RUN": "mine", "GITHUB_RUN_ID": "17", "GITHUB_RUN_ATTEMPT": "2"}, "mine"),
    ],
)
def test_what_runs_the_parts_names_the_run(variables: dict[str, str], expected: str | None) -> None:
    assert run_id(variables) == expected


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"version": 2}', "[" * 100_000, '{"version": 1e999}', "\udcff"],
    ids=["empty", "no report", "another version", "nested", "infinite", "not UTF-8"],
)
def test_a_file_that_is_no_report(text: str, run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "report.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    assert run_cli("report", "--merge", "report.json").exit_code == 1
    assert run_cli("report", "report.json").exit_code == 2


def test_a_report_names_the_stand_in_that_was_asked(
    in_folder: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    (in_folder / "stand-in.json").write_text('{"address": "127.0.0.1:4566", "account_id": "1", "region": "r"}')
    monkeypatch.setenv("MIRRORGEN_REDIRECT", "stand-in.json")
    run(in_folder / "report.json", Result(ExitCode.OK, SHOWN))
    report = read(in_folder / "report.json", run_cli)
    assert report["run"]["stand_in"] == "127.0.0.1:4566"
