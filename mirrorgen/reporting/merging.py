"""The parts of one run as one report; reports that are not that, each once, are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from mirrorgen.desired.parts import MAX_PARTS
from mirrorgen.errors import InputError
from mirrorgen.outcomes import Failure, Kind, TagRef, exit_code
from mirrorgen.reporting.reports import Report

MAX_SPREAD = timedelta(hours=24)
"""Between the first and the last start of the parts of one run: what a part said longer ago may no longer be so."""

_NAMED = 10
"""How many missing parts are named."""

Parts = Sequence[tuple[Path, Report]]

_COMMON: Mapping[str, Callable[[Report], str]] = {
    "runs": lambda report: report.run.id or "none",
    "lists": lambda report: report.master_list,
    "contents of the list": lambda report: report.run.list_digest or "none",
    "contents of the lock": lambda report: report.run.lock_digest or "none",
    "versions of mirrorgen": lambda report: report.run.version,
    "selections with --only": lambda report: ", ".join(report.run.only) or "none",
    "targets": lambda report: report.run.target or "none",
    "stand-ins": lambda report: report.run.stand_in or "none",
    "numbers of parts": lambda report: str(report.part[1]),
}
"""What the parts of one run have in common."""


def merge_reports(parts: Parts) -> Report:
    """Join the reports of the parts of one sync.

    Args:
        parts: each report behind the file that it is from.

    Raises:
        InputError: they are not the parts of one run, each of them once and with a result; all reasons are said.
    """
    refusals = objections(parts)
    if refusals:
        raise InputError("; ".join(refusals), hint="join the reports of all parts of one run, and of no other")
    reports = [report for _, report in parts]
    failures = [failure for report in reports for failure in _failures(report)]
    return Report(
        command="sync",
        run=reports[0].run,
        master_list=reports[0].master_list,
        part=(1, 1),
        started=min(report.started for report in reports),
        ended=max(report.ended for report in reports),
        exit_code=int(exit_code(failures)),
        error=None,
        result={
            "copied": _sorted(reports, "copied"),
            "unchanged": sum((report.result or {})["unchanged"] for report in reports),
            "failures": _sorted(reports, "failures"),
        },
    )


def objections(parts: Parts, *, to_unfinished: bool = True) -> list[str]:
    """Return what speaks against reports being the parts of one sync, each of them once and with a result.

    Args:
        parts: each report behind the file that it is from.
        to_unfinished: also against those that say themselves why they have no result.
    """
    alone = parts if to_unfinished else [(path, report) for path, report in parts if report.result is not None]
    return [*_each_alone(alone), *(_together(parts) if parts else ())]


def _each_alone(parts: Parts) -> Iterator[str]:
    for path, report in parts:
        index, count = report.part
        if report.command != "sync":
            yield f"{path} is a report of {report.command}, and only those of sync have parts"
            continue
        if not index <= count <= MAX_PARTS:
            yield f"{path} is of the part {index}/{count}, and there is no such part of any list"
        if report.ended < report.started:
            yield f"{path} ended before it started"
        yield from _about_result(path, report)


def _about_result(path: Path, report: Report) -> Iterator[str]:
    said = f": {report.error}" if report.error else ""
    if report.result is None:
        yield f"{path} has no result{said}"
        return
    if report.error:
        yield f"{path} has a result and an error{said}"
    failures = _failures(report)
    code = exit_code(failures)
    if report.exit_code != code:
        yield f"{path} says exit code {report.exit_code}, and its failures ({len(failures)}) make it {int(code)}"


def _together(parts: Parts) -> Iterator[str]:
    for what, of in _COMMON.items():
        first = {of(report): path for path, report in reversed(parts)}
        if len(first) > 1:
            values = sorted(first.items(), key=lambda found: found[1])
            yield f"the reports are of different {what}: {', '.join(f'{value} in {path}' for value, path in values)}"
    yield from _about_numbers(parts)
    starts = sorted((report.started, path) for path, report in parts)
    (earliest, early), (latest, late) = starts[0], starts[-1]
    if latest - earliest > MAX_SPREAD:
        hours = int(MAX_SPREAD.total_seconds() // 3600)
        yield f"{late} started more than {hours} hours after {early}"


def _about_numbers(parts: Parts) -> Iterator[str]:
    """What is missing and what is there twice; only where all count to the same bounded number."""
    counts = {report.part[1] for _, report in parts}
    count = counts.pop()
    if counts or count > MAX_PARTS:
        return
    seen: dict[int, Path] = {}
    for path, report in parts:
        index = report.part[0]
        if index in seen:
            yield f"{seen[index]} and {path} are both of the part {index}/{count}"
        seen.setdefault(index, path)
    missing = [f"{index}/{count}" for index in range(1, count + 1) if index not in seen]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        yield f"there is no report of the part{'s' if len(missing) > 1 else ''} {', '.join(missing[:_NAMED])}{more}"


def _failures(report: Report) -> list[Failure]:
    return [
        Failure(TagRef(failure["repository"], failure["tag"]), Kind(failure["kind"]), failure["reason"])
        for failure in (report.result or {}).get("failures", ())
    ]


def _sorted(reports: Sequence[Report], key: str) -> list[Any]:
    found = [entry for report in reports for entry in (report.result or {})[key]]
    return sorted(found, key=lambda entry: (entry["repository"], entry["tag"]))
