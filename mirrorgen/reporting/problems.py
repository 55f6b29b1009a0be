"""Problems as text, JSON, GitHub annotations and SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from mirrorgen import __version__
from mirrorgen.problems import CODES, Problem, Severity, format_path
from mirrorgen.reporting.escaping import github_data, github_property
from mirrorgen.reporting.excerpts import format_excerpt
from mirrorgen.reporting.formats import ProblemFormat


def format_problems(problems: Sequence[Problem], output: ProblemFormat, *, excerpts: bool = False) -> str:
    """Return the report, with a line break at its end unless it is empty.

    Args:
        problems: sorted.
        output: the format.
        excerpts: whether text shows the line of the file, too: for people at a terminal.
    """
    if output is ProblemFormat.TEXT and excerpts:
        return "".join(_text_lines(problem, format_excerpt(problem)) for problem in problems)
    return _FORMATS[output](problems)


def _text(problems: Sequence[Problem]) -> str:
    return "".join(_text_lines(problem) for problem in problems)


def _text_lines(problem: Problem, excerpt: Sequence[str] = ()) -> str:
    place = f"{problem.file}:{problem.line}:{problem.column}" if problem.line else problem.file
    lines = [f"{place}: {problem.severity}[{problem.code}]: {problem.message}", *excerpt]
    if problem.path:
        lines.append(f"    at {format_path(problem.path)}")
    if problem.related is not None and problem.related_line:
        lines.append(f"    see {problem.file}:{problem.related_line}, {format_path(problem.related)}")
    if problem.hint:
        lines.append(f"    hint: {problem.hint}")
    return "\n".join(lines) + "\n"


def summary(problems: Sequence[Problem]) -> str:
    """Return one line that counts: `2 errors, 1 warning`; `no problems` for none."""
    counts = [(sum(problem.severity is severity for problem in problems), severity) for severity in Severity]
    said = [f"{count} {severity}{'s' if count > 1 else ''}" for count, severity in counts if count]
    return ", ".join(said) or "no problems"


def _json(problems: Sequence[Problem]) -> str:
    entries = [
        {
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "path": format_path(problem.path) if problem.path else "",
            "code": problem.code,
            "severity": str(problem.severity),
            "message": problem.message,
            "hint": problem.hint,
        }
        for problem in problems
    ]
    return json.dumps({"version": 1, "problems": entries}, indent=2, ensure_ascii=False) + "\n"


def _github(problems: Sequence[Problem]) -> str:
    return "".join(_annotation(problem) for problem in problems)


def _annotation(problem: Problem) -> str:
    """One workflow command; see actions/toolkit, packages/core/src/command.ts."""
    level = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "notice"}[problem.severity]
    properties = {"file": problem.file, "line": problem.line or 1, "col": problem.column or 1, "title": problem.code}
    said = ",".join(f"{key}={github_property(str(value))}" for key, value in properties.items())
    message = f"{problem.message}\nhint: {problem.hint}" if problem.hint else problem.message
    return f"::{level} {said}::{github_data(message)}\n"


def _sarif(problems: Sequence[Problem]) -> str:
    codes = sorted({problem.code for problem in problems})
    driver = {
        "name": "mirrorgen",
        "version": __version__,
        "rules": [{"id": code, "shortDescription": {"text": CODES[code]}} for code in codes],
    }
    run = {"tool": {"driver": driver}, "results": [_sarif_result(problem, codes) for problem in problems]}
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _sarif_result(problem: Problem, codes: list[str]) -> dict[str, Any]:
    level = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note"}[problem.severity]
    location: dict[str, Any] = {"artifactLocation": {"uri": problem.file}}
    if problem.line:
        location["region"] = {"startLine": problem.line, "startColumn": problem.column}
    text = f"{problem.message}. Hint: {problem.hint}" if problem.hint else problem.message
    return {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
    }


_FORMATS: dict[ProblemFormat, Callable[[Sequence[Problem]], str]] = {
    ProblemFormat.TEXT: _text,
    ProblemFormat.JSON: _json,
    ProblemFormat.GITHUB: _github,
    ProblemFormat.SARIF: _sarif,
}
