"""Reports: what a command that changes something did, as a file for other programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mirrorgen.errors import InputError
from mirrorgen.outcomes import ExitCode


@dataclass(frozen=True, slots=True)
class Report:
    """One run.

    Attributes:
        command: its name.
        master_list: the list, as it was named.
        part: which of how many parts of the list.
        started, ended: in UTC.
        exit_code: of the command.
        error: why it could not go on, or None.
        result: what it did, or None.
    """

    command: str
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
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    wrong = next(Draft202012Validator(load_schema("report")).iter_errors(data), None)
    if wrong is not None:
        raise InputError(f"{path} is not a report: {wrong.message}", hint="`--report FILE` writes one")
    index, _, count = data["part"].partition("/")
    return Report(
        command=data["command"],
        master_list=data["list"],
        part=(int(index), int(count)),
        started=datetime.fromisoformat(data["started"]),
        ended=datetime.fromisoformat(data["ended"]),
        exit_code=data["exit_code"],
        error=data["error"],
        result=data["result"],
    )


def merge_reports(reports: Sequence[Report]) -> Report:
    """Join the reports of the parts of one sync.

    Raises:
        InputError: they are not the parts of one list, each of them once.
    """
    if any(one.command != "sync" for one in reports):
        raise InputError("only reports of sync have parts that can be joined")
    counts = {(one.part[1], one.master_list) for one in reports}
    if len(counts) > 1:
        raise InputError("these are reports of different lists, or of another number of parts")
    ((count, master_list),) = counts
    numbers = sorted(one.part[0] for one in reports)
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise InputError(f"two reports of the part {twice[0]}/{count}")
    missing = [f"{number}/{count}" for number in range(1, count + 1) if number not in numbers]
    errors = [f"{one.part[0]}/{count}: {one.error}" for one in reports if one.error]
    errors += [f"{part}: there is no report" for part in missing]
    results = [one.result or {} for one in reports]
    return Report(
        command="sync",
        master_list=master_list,
        part=(1, 1),
        started=min(one.started for one in reports),
        ended=max(one.ended for one in reports),
        exit_code=int(ExitCode.FAILED) if errors else max(one.exit_code for one in reports),
        error="; ".join(errors) or None,
        result={
            "copied": _sorted(results, "copied"),
            "unchanged": sum(one.get("unchanged", 0) for one in results),
            "failures": _sorted(results, "failures"),
        },
    )


def _sorted(results: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
    found = [one for result in results for one in result.get(key, ())]
    return sorted(found, key=lambda one: (one["repository"], one["tag"]))
