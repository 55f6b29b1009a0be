"""Which images of files are mirrored, where each stands, and what the list lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mirrorgen.consumers.covering import Coverage, Use
from mirrorgen.consumers.mirrored import Copy
from mirrorgen.outcomes import Failure
from mirrorgen.problems import Problem, Severity, sort_problems
from mirrorgen.readers.contract import Place, Refusal
from mirrorgen.reporting.mirrored import finding_document
from mirrorgen.reporting.views import Block, Code, Items, Table, View, failure_documents, failure_items

_HEAD = ("image", "named at", "in the target", "digest")


@dataclass(frozen=True, slots=True)
class Covered:
    """What `covers` has found.

    Attributes:
        coverage: by the list.
        patch: what would have to change in the list, as a unified diff; empty where nothing, or where it is done.
        not_added: what is missing and cannot be added to the list.
        label: of the target.
        absent: why the target cannot give an image that the list mirrors, by `Use.key`; None where it was not asked.
        failures: what could not be asked.
    """

    coverage: Coverage
    patch: str = ""
    not_added: tuple[Refusal, ...] = ()
    label: str = ""
    absent: Mapping[tuple[str, str], str] | None = None
    failures: tuple[Failure, ...] = field(default=())

    def lost(self) -> Iterator[tuple[Use, str]]:
        """Yield what the list mirrors and the target cannot give, each with the reason."""
        for use in self.coverage.mirrored:
            reason = (self.absent or {}).get(use.key)
            if reason:
                yield use, reason


def view_covers(covered: Covered) -> View:
    """Return every image with its place, what is missing, and what to add to the list."""
    coverage = covered.coverage
    lost = list(covered.lost())
    blocks: list[Block] = [
        Table(_HEAD, [_row(use, where) for use, where in _once(coverage.mirrored)]),
        Items("Not certain", [f"{_named(use, where)}: {use.finding.copy.doubt}" for use, where in _doubted(coverage)]),
        Items("Not mirrored", [_missing(use, where) for use, where in _once(coverage.missing)], failed=True),
        Items(
            f"By the list in {covered.label}, and not there",
            [f"{_named(use, where)}: {reason}" for (use, where), reason in _with_reasons(lost)],
            failed=True,
        ),
        Items("To know", [_refused(note) for note in coverage.notes]),
        Items("Could not be read", [_refused(each) for each in coverage.refused], failed=True),
        failure_items("Could not be asked", covered.failures),
        Code("What the list lacks", "diff", covered.patch),
        Items("For you to add by hand", [_refused(each) for each in covered.not_added]),
    ]
    return View(_document(covered), blocks, _summary(covered, len(lost)))


def covers_problems(covered: Covered) -> list[Problem]:
    """Return what is not mirrored as problems of the files that name it, for annotations and code scanning."""
    coverage = covered.coverage
    found = [_problem("image-not-mirrored", use, use.finding.reason, use.finding.hint) for use in coverage.missing]
    found += [_problem("image-not-held", use, reason) for use, reason in covered.lost()]
    found += [
        _problem("image-in-doubt", use, use.finding.copy.doubt, severity=Severity.WARNING)
        for use in coverage.mirrored
        if use.finding.copy.doubt
    ]
    for refused in coverage.refused:
        message = f"{refused.written}: {refused.reason}" if refused.written else refused.reason
        problem = Problem("image-not-read", message, hint=refused.hint)
        found.append(problem.at(refused.place.file, refused.place.line, refused.place.column))
    return sort_problems(found)


def _problem(code: str, use: Use, reason: str, hint: str = "", severity: Severity = Severity.ERROR) -> Problem:
    place = use.image.place
    problem = Problem(code, f"{use.image.written}: {reason}", hint=hint, severity=severity)
    return problem.at(place.file, place.line, place.column)


def _once(uses: Iterable[Use]) -> list[tuple[Use, str]]:
    """Each image once, with the first of its places and how many more there are."""
    places: dict[tuple[str, ...], list[Use]] = {}
    for use in uses:
        image = use.image
        key = (image.written, str(image.source), image.tag or "", image.digest or "", use.finding.reason)
        places.setdefault(key, []).append(use)
    return [
        (found[0], f"{found[0].image.place}" + (f" and {len(found) - 1} more" if len(found) > 1 else ""))
        for found in places.values()
    ]


def _with_reasons(lost: Sequence[tuple[Use, str]]) -> Iterator[tuple[tuple[Use, str], str]]:
    reasons = {use.key: reason for use, reason in lost}
    for use, where in _once(use for use, _ in lost):
        yield (use, where), reasons[use.key]


def _doubted(coverage: Coverage) -> list[tuple[Use, str]]:
    return _once(use for use in coverage.mirrored if use.finding.copy.doubt)


def _row(use: Use, where: str) -> tuple[str, ...]:
    copy = use.finding.copy
    return use.image.written, where, f"{copy.repository}:{copy.tag}", _short(copy)


def _short(copy: Copy) -> str:
    return copy.digest[:19] if copy.digest else "-"


def _named(use: Use, where: str) -> str:
    return f"{where}: {use.image.written}"


def _missing(use: Use, where: str) -> str:
    hint = f"; {use.finding.hint}" if use.finding.hint else ""
    return f"{_named(use, where)}: {use.finding.reason}{hint}"


def _refused(refused: Refusal) -> str:
    written = f" {refused.written}:" if refused.written else ""
    hint = f"; {refused.hint}" if refused.hint else ""
    return f"{refused.place}:{written} {refused.reason}{hint}"


def _summary(covered: Covered, lost: int) -> str:
    coverage = covered.coverage
    counts = {
        "mirrored": len(coverage.mirrored) - lost,
        "not mirrored": len(coverage.missing),
        "by the list and not there": lost,
        "not read": len(coverage.refused),
        "excepted": len(coverage.excepted),
    }
    said = [f"{words}: {count}" for words, count in counts.items() if count or words == "mirrored"]
    unknown = f" {covered.label} could not be asked." if covered.failures else ""
    return f"Images {', '.join(said)}.{unknown}"


def _document(covered: Covered) -> dict[str, Any]:
    coverage = covered.coverage
    return {
        "formats": sorted({reading.format for reading in coverage.readings if reading.format}),
        "images": [_use_document(use, covered) for use in coverage.uses],
        "refused": [_refusal_document(refused) for refused in coverage.refused],
        "notes": [_refusal_document(note) for note in coverage.notes],
        "excepted": [_place(image.place, image.path, image.written) for image in coverage.excepted],
        "patch": covered.patch,
        "not_added": [_refusal_document(refused) for refused in covered.not_added],
        "failures": failure_documents(covered.failures),
    }


def _use_document(use: Use, covered: Covered) -> dict[str, Any]:
    image, finding = use.image, use.finding
    absent = covered.absent.get(use.key, "") if covered.absent is not None and finding.is_mirrored else None
    return {
        **_place(image.place, image.path, image.written),
        "source": str(image.source),
        **finding_document(finding),
        "absent": absent,
    }


def _refusal_document(refused: Refusal) -> dict[str, Any]:
    place = _place(refused.place, refused.path, refused.written)
    return {**place, "reason": refused.reason, "hint": refused.hint}


def _place(place: Place, path: str, written: str) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column, "path": path, "image": written}
