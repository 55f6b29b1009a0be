"""The charts of the status page: names with values, and how long the bar of each is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mirrorgen.operations.holding.status import Status
from mirrorgen.reporting.amounts import size
from mirrorgen.reporting.scans import Scan, scan_of

_AGES = ((7, "up to a week"), (30, "up to a month"), (90, "up to three months"), (365, "up to a year"))
_OLDER = "older"
_MOST = 10
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its value as a person reads it, and its length in percent of the longest."""

    name: str
    value: str
    length: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars below a title; none where there is nothing to show."""

    title: str
    bars: Sequence[Bar]


def charts_of(status: Status) -> Iterator[Chart]:
    """Yield the charts of a status: where images come from, their scans and ages, sizes, and growth."""
    tags = [tag for repository in status.repositories for tag in repository.tags]
    images = [tag.image for tag in tags if tag.image]
    registries = Counter(tag.source.partition("/")[0] for tag in tags if tag.image and tag.source)
    yield _chart("Images by registry", registries.most_common(_MOST))
    scans = Counter(scan_of(image) for image in images)
    yield _chart("Images by result of their scan", [(str(scan), scans[scan]) for scan in Scan])
    pushed = [image.pushed_at for image in images if image.pushed_at]
    ages = Counter(_age((status.at - moment).days) for moment in pushed)
    yield _chart("Images by age", [(name, ages[name]) for name in (*(name for _, name in _AGES), _OLDER)])
    sizes = [(held.repository.name, held.size_bytes) for held in status.repositories if held.size_bytes]
    largest = sorted(sizes, key=lambda named: (-named[1], named[0]))[:_MOST]
    yield _chart("Largest repositories", largest, size)
    yield _chart("Images at the end of each month", _growth(moment.strftime("%Y-%m") for moment in pushed))


def _age(days: int) -> str:
    return next((name for limit, name in _AGES if days <= limit), _OLDER)


def _growth(months: Iterable[str]) -> list[tuple[str, int]]:
    total, growth = 0, []
    for month, count in sorted(Counter(months).items()):
        total += count
        growth.append((month, total))
    return growth[-_MONTHS:]


def _chart(title: str, values: Sequence[tuple[str, int]], shown: Callable[[int], str] = "{:,}".format) -> Chart:
    longest = max((value for _, value in values), default=0)
    if not longest:
        return Chart(title, ())
    return Chart(title, [Bar(name, shown(value), 100 * value / longest) for name, value in values])
