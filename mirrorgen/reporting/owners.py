"""What the reports of a run say went wrong, by who answers for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.merging import Parts, objections
from mirrorgen.reporting.reports import Report
from mirrorgen.reporting.views import Items, View

_ENDED = frozenset({ExitCode.OK, ExitCode.PROBLEMS, ExitCode.DIFFERENT, ExitCode.FAILED})
"""What a command has that came to its end; a program that is missing, say, stops one."""


def worst_exit_code(parts: Parts) -> ExitCode:
    """Return the exit code of several commands as if they were one: what stopped one counts before what failed.

    Args:
        parts: each report behind the file that it is from.
    """
    codes = {_code(report) for _, report in parts}
    stopped = codes - _ENDED
    if stopped:
        return max(stopped)
    if _doubts(parts):
        codes.add(ExitCode.FAILED)
    return next(code for code in (ExitCode.FAILED, ExitCode.PROBLEMS, ExitCode.DIFFERENT, ExitCode.OK) if code in codes)


def _code(report: Report) -> ExitCode:
    """What no command exits with, or only with a result, was written by nobody who can be believed."""
    believed = report.exit_code in set(ExitCode) and (report.exit_code != ExitCode.OK or report.result is not None)
    return ExitCode(report.exit_code) if believed else ExitCode.FAILED


def view_by_owner(parts: Parts) -> View:
    """Return what failed, a list for each owner, and what the reports cannot say.

    Args:
        parts: each report behind the file that it is from; of whatever commands, one at least.
    """
    owners = _by_owner(report for _, report in parts)
    stopped = [(report, report.error or "it has no result") for _, report in parts if _is_stopped(report)]
    doubts = _doubts(parts)
    document = {
        "stopped": [_stopped_document(report, error) for report, error in stopped],
        "doubts": doubts,
        "owners": [{"owner": owner, "failures": failures} for owner, failures in owners.items()],
    }
    lists = [
        Items("Did not come to its end", [_stopped_line(report, error) for report, error in stopped], failed=True),
        Items("Not certain", doubts, failed=True),
        *(
            Items(owner or "Without an owner in the list", list(map(_line, failures)), failed=True)
            for owner, failures in owners.items()
        ),
    ]
    return View(document, lists, _summary({owner: len(failures) for owner, failures in owners.items()}))


def _is_stopped(report: Report) -> bool:
    return report.error is not None or report.result is None


def _doubts(parts: Parts) -> list[str]:
    """What speaks against the reports of sync being all the parts of one run; who has stopped is said elsewhere.

    Each target of a list has parts of its own.
    """
    syncs = [part for part in parts if part[1].command == "sync"]
    targets = dict.fromkeys(report.run.target for _, report in syncs)
    return [
        objection if target is None else f"{target}: {objection}"
        for target in targets
        for objection in objections([part for part in syncs if part[1].run.target == target], to_unfinished=False)
    ]


def _by_owner(reports: Iterable[Report]) -> Mapping[str, list[dict[str, Any]]]:
    """Failures by owner, those of nobody last."""
    owners: dict[str, list[dict[str, Any]]] = {}
    for report in reports:
        for failure in (report.result or {}).get("failures", ()):
            owners.setdefault(failure.get("owner", ""), []).append({**failure, **_target(report)})
    ordered = sorted(owners, key=lambda owner: (not owner, owner))
    return {
        owner: sorted(
            owners[owner], key=lambda failure: (failure["repository"], failure["tag"], failure.get("target", ""))
        )
        for owner in ordered
    }


def _line(failure: Mapping[str, Any]) -> str:
    name = f"{failure['repository']}:{failure['tag']}" if failure["tag"] else failure["repository"]
    ways = [f"{way} {failure[key]}" for way, key in (("from", "source"), ("to", "target")) if failure.get(key)]
    where = f" ({', '.join(ways)})" if ways else ""
    return f"{name}{where}: {failure['reason']} [{failure['kind']}]"


def _target(report: Report) -> dict[str, str]:
    """Which of several targets a report is of."""
    return {"target": report.run.target} if report.run.target else {}


def _stopped_document(report: Report, error: str) -> dict[str, Any]:
    part = "/".join(map(str, report.part))
    return {"command": report.command, **_target(report), "part": part, "exit_code": report.exit_code, "error": error}


def _stopped_line(report: Report, error: str) -> str:
    part = f", part {report.part[0]}/{report.part[1]}" if report.part != (1, 1) else ""
    target = f" --target {report.run.target}" if report.run.target else ""
    return f"mirrorgen {report.command}{target}{part}: {error}"


def _summary(counts: Mapping[str, int]) -> str:
    if not counts:
        return "The reports name no failure."
    said = [f"Failed: {sum(counts.values())}.", f"Owners: {len(counts.keys() - {''})}."]
    return " ".join([*said, f"Without an owner: {counts['']}."] if "" in counts else said)
