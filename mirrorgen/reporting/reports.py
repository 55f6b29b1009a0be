"""Reports: what a command that changes something did, as a file for other programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from textwrap import shorten
from typing import Any

from mirrorgen.errors import InputError
from mirrorgen.files import read_named
from mirrorgen.outcomes import Kind
from mirrorgen.reporting.runs import Run, read_run


@dataclass(frozen=True, slots=True)
class Report:
    """One run.

    Attributes:
        command: its name.
        run: which one, on which input.
        master_list: the list, as it was named.
        part: which of how many parts of the list.
        started, ended: in UTC.
        exit_code: of the command.
        error: why it could not go on, or None.
        result: what it did, or None.
    """

    command: str
    run: Run
    master_list: str
    part: tuple[int, int]
    started: datetime
    ended: datetime
    exit_code: int
    error: str | None
    result: Mapping[str, Any] | None


def format_report(report: Report) -> str:
    """Return a report as schemas/report.schema.json has it."""
    document = {
        "version": 1,
        "command": report.command,
        "run": report.run.document(),
        "list": report.master_list,
        "part": "/".join(map(str, report.part)),
        "started": report.started.isoformat(timespec="seconds"),
        "ended": report.ended.isoformat(timespec="seconds"),
        "exit_code": report.exit_code,
        "error": report.error,
        "result": report.result,
    }
    return json.dumps(document, indent=2) + "\n"


def read_report(path: Path) -> Report:
    """Read a report from a file.

    Raises:
        InputError: the file cannot be read or is no report.
    """
    from jsonschema import Draft202012Validator

    from mirrorgen.master_list.shape import load_schema

    try:
        data = json.loads(read_named(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    wrong = next(Draft202012Validator(load_schema("report")).iter_errors(data), None)
    if wrong is not None:
        raise _no_report(path, wrong.message)
    unknown = {failure["kind"] for failure in (data["result"] or {}).get("failures", ())} - set(Kind)
    if unknown:
        raise _no_report(path, f"there is no kind of failure called {min(unknown)!r}")
    index, _, count = data["part"].partition("/")
    return Report(
        command=data["command"],
        run=read_run(data["run"]),
        master_list=data["list"],
        part=(int(index), int(count)),
        started=_moment(path, data["started"]),
        ended=_moment(path, data["ended"]),
        exit_code=data["exit_code"],
        error=data["error"],
        result=data["result"],
    )


def _moment(path: Path, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _no_report(path, str(error)) from error
    if moment.tzinfo is None:
        raise _no_report(path, f"the time {text} has no time zone")
    return moment


def _no_report(path: Path, why: str) -> InputError:
    """The validator quotes what it found, however long that is."""
    return InputError(f"{path} is not a report: {shorten(why, 300)}", hint="`--report FILE` writes one")
