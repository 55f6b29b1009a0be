"""The state of the mirror as a page: one file that needs no network, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jinja2

from mirrorgen.operations.holding.status import RepositoryStatus, Status, TagState, TagStatus
from mirrorgen.reporting.status import SEVERITIES, day, findings, problem_rows, pushed, size
from mirrorgen.resources import resource

_HEADS = ("repository", "tag", "state", "digest", "size", "pushed", "pulled", "findings", "expires", "owner")
_KINDS = {
    TagState.PRESENT: "good",
    TagState.MISSING: "bad",
    TagState.DIFFERS: "bad",
    TagState.ARCHIVED: "bad",
    TagState.EXTRA: "warn",
}
_AGES = ((7, "a week"), (30, "a month"), (90, "three months"), (365, "a year"))


def format_page(status: Status, *, registry: str) -> str:
    """Return the page.

    Args:
        status: what was found.
        registry: the ECR registry, for the reader.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
    in_sync = status.is_in_sync
    return environment.get_template("status.html.j2").render(
        headline="in sync" if in_sync else "not in sync",
        in_sync=in_sync,
        registry=registry,
        at=status.at.isoformat(timespec="seconds"),
        cards=list(_cards(status)),
        problems=problem_rows(status),
        charts=list(_charts(status)),
        states=[str(state) for state in TagState],
        heads=_HEADS,
        rows=[_row(one, tag) for one in status.repositories for tag in one.tags],
    )


def _cards(status: Status) -> Iterator[tuple[str, str, str]]:
    yield "repositories", f"{len(status.repositories):,}", ""
    for state in TagState:
        count = status.count(state)
        yield f"tags {state}", f"{count:,}", _KINDS[state] if count else ""
    other = sum(bool(one.settings) or not one.exists for one in status.repositories)
    yield "other settings", f"{other:,}", "bad" if other else ""
    yield "size", size(sum(one.size_bytes or 0 for one in status.repositories)), ""


def _row(one: RepositoryStatus, tag: TagStatus) -> Mapping[str, Any]:
    image = tag.image
    counts = image.findings if image else None
    return {
        "repository": one.repository.name,
        "tag": tag.tag,
        "state": str(tag.state),
        "kind": _KINDS[tag.state],
        "digest": image.digest[:19] if image else "",
        "size": size(image.size_bytes) if image else "",
        "size_bytes": (image.size_bytes or 0) if image else -1,
        "pushed": pushed(image) if image else "",
        "pulled": day(image.pulled_at) if image else "",
        "findings": findings(image) if image else "",
        # Sorts the worst together: a group of figures for each severity.
        "severity": ".".join(str((counts or {}).get(severity, 0)) for severity in SEVERITIES),
        "expires": f"by rule {tag.expires_by}" if tag.expires_by is not None else "",
        "owner": tag.owner,
    }


def _charts(status: Status) -> Iterator[tuple[str, str]]:
    images = [tag.image for one in status.repositories for tag in one.tags if tag.image]
    by_registry = Counter(
        tag.source.partition("/")[0] for one in status.repositories for tag in one.tags if tag.image and tag.source
    )
    yield _bars("Images by registry", by_registry.most_common(10))
    ages = Counter(_age((status.at - image.pushed_at).days) for image in images if image.pushed_at)
    names = [f"up to {name}" for _, name in _AGES] + ["older"]
    yield _bars("Images by age", [(name, ages[name]) for name in names])
    largest = sorted(status.repositories, key=lambda one: (-(one.size_bytes or 0), one.repository.name))[:10]
    yield _bars("Largest repositories, MiB", [(one.repository.name, (one.size_bytes or 0) / 2**20) for one in largest])
    months = Counter(image.pushed_at.strftime("%Y-%m") for image in images if image.pushed_at)
    total, growth = 0, []
    for month in sorted(months):
        total += months[month]
        growth.append((month, total))
    yield _bars("Images by month, growing", growth[-12:])


def _age(days: int) -> str:
    return next((f"up to {name}" for limit, name in _AGES if days <= limit), "older")


def _bars(title: str, values: Sequence[tuple[str, float]]) -> tuple[str, str]:
    import pygal
    from pygal.style import CleanStyle

    chart = pygal.HorizontalBar(
        title=title,
        style=CleanStyle(
            font_family="system-ui, sans-serif",
            title_font_size=16,
            label_font_size=13,
            major_label_font_size=13,
            value_font_size=13,
        ),
        width=560,
        truncate_label=34,
        show_legend=False,
        print_values=True,
        value_formatter=lambda value: f"{value:,.0f}",
        height=300,
        js=[],
        disable_xml_declaration=True,
        no_data_text="nothing yet",
    )
    chart.x_labels = [name for name, _ in reversed(values)]
    chart.add("", [value for _, value in reversed(values)])
    return title, chart.render(is_unicode=True)
