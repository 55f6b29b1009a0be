"""The status page: one file that asks nobody, says what is wrong first, and lets no text become markup."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mirrorgen.destinations.port import Footprint, StoredImage
from mirrorgen.operations.holding.status import Status, Stray
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.metrics import format_metrics
from mirrorgen.reporting.page import format_page
from mirrorgen.reporting.status import view_status
from mirrorgen.reporting.views import show
from tests.statuses import NOW, TARGET, made_up, repository_status, stored

EVIL = "<script>alert(1)</script>\"'&"


def test_the_page_asks_nobody() -> None:
    text = format_page(made_up(3, 3))
    assert not re.findall(r"""(?:src|href|url|import|action)\s*[=(]\s*["']?(?!#)([^"'\s)>]+)""", text)
    assert "default-src 'none'" in text


def test_only_the_style_and_the_script_of_the_page_are_allowed() -> None:
    text = format_page(made_up(1, 1, owner=EVIL))
    for element in ("style", "script"):
        (content,) = re.findall(f"<{element}>(.*?)</{element}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in text
    assert "unsafe" not in text
    assert not re.search(r"<[^>]+\s(?:style|on\w+)=", text)


def test_user_text_never_becomes_markup() -> None:
    text = format_page(made_up(1, 2, owner=EVIL))
    assert EVIL not in text
    assert "&lt;script&gt;alert(1)" in text


def test_problems_come_first() -> None:
    text = format_page(made_up(2, 2))
    assert text.index("connection refused") < text.index("tag missing") < text.index('id="charts"')
    assert "not in sync" in text
    assert "None: ECR holds what the list asks for." in format_page(made_up(2, 2, wrong=False))


TOLD = Stray("mirror/old", Footprint(1200, 3 * 1024**3, datetime(2026, 1, 30, 23, tzinfo=UTC)))
UNTOLD = Stray("mirror/<b>", Footprint())
NEVER_PULLED = Stray("mirror/unused", Footprint(0, 0))


@pytest.mark.parametrize(
    ("strays", "shown"),
    [((), "0"), (None, "not known"), ((TOLD, NEVER_PULLED), "2, with 3.0 GiB"), ((TOLD, UNTOLD), "2")],
)
def test_repositories_that_the_list_does_not_have_are_counted(strays: tuple[Stray, ...] | None, shown: str) -> None:
    text = format_page(replace(made_up(1, 1), strays=strays))
    assert re.search(rf"<dt>not in the list</dt><dd class=\"(?:warn)?\">{shown}</dd>", text)
    assert ('id="strays"' in text) is bool(strays)


def test_of_each_of_them_stands_what_it_weighs_and_when_it_was_pulled() -> None:
    """What is not told is not nothing."""
    text = format_page(replace(made_up(1, 1), strays=(TOLD, UNTOLD, NEVER_PULLED)))
    section = re.search(r'id="strays">.*?</section>', text, re.DOTALL)
    assert section
    rows = re.findall(r"<tr><td><code>(.*?)</code></td>(.*?)</tr>", section.group())
    assert [(name, re.findall(r"<td.*?>(.*?)</td>", cells)) for name, cells in rows] == [
        ("mirror/old", ["1,200", "3.0 GiB", "2026-01-30"]),
        ("mirror/&lt;b&gt;", ["not told"] * 3),
        ("mirror/unused", ["0", "0 B", "never"]),
    ]
    assert "shared layers count for each" in section.group()


def bars(text: str) -> dict[str, list[tuple[str, str, str]]]:
    """Name, value and length of each bar by the title of its chart."""
    return {
        title: re.findall(r'<li><span>(.*?)</span> <b>(.*?)</b>.*?width="(.*?)"', chart)
        for title, chart in re.findall(r"<figcaption>(.*?)</figcaption>(.*?)</figure>", text, re.DOTALL)
    }


def test_a_bar_says_its_value_in_the_unit_that_fits() -> None:
    images = {"small": 700, "large": 3 * 2**20}
    found = tuple(repository_status(name, [stored(size_bytes=size)]) for name, size in images.items())
    charts = bars(format_page(Status(NOW, TARGET, found, (), (), ())))
    assert charts["Largest repositories"] == [("large", "3.0 MiB", "100.00%"), ("small", "700 B", "0.02%")]
    assert charts["Images by registry"] == [("quay.io", "2", "100.00%")]


def test_a_chart_without_anything_to_show_says_so() -> None:
    image = StoredImage("sha256:0", ("v1.0",), None)
    found = replace(repository_status("mirror/app", [image]), size_bytes=None)
    text = format_page(Status(NOW, TARGET, (found,), (), (), ()))
    assert bars(text)["Largest repositories"] == bars(text)["Images by age"] == []
    assert text.count("nothing is known yet") == 3
    assert '<dt>size</dt><dd class="">not told</dd>' in text


def copies(text: str) -> list[list[str]]:
    """What can be copied of each row."""
    return [re.findall(r'value="(.*?)"', row) for row in re.findall(r"<tr data-state.*?</tr>", text)]


def test_source_and_image_of_a_row_are_references_as_tools_take_them() -> None:
    missing, present = copies(format_page(made_up(1, 2)))
    assert missing == ["quay.io/org/app:v1.0"]
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mirror/quay/org/app0"
    assert present == ["quay.io/org/app:v1.1", f"{image}:v1.1", f"{image}@sha256:{0:032}{1:032}"]


SCANS = [
    (stored(findings={"HIGH": 2, "LOW": 1}), "findings", "high: 2, low: 1"),
    (stored(findings={"HIGH": 0}), "no findings", "no findings"),
    (stored(findings={}), "no findings", "no findings"),
    (stored(scan="not scanned"), "not scanned", "not scanned"),
    (stored(scan="unknown"), "unknown", "unknown"),
    (stored(scan="scan in progress"), "unknown", "scan in progress"),
    (stored(findings={"NEW": 3}), "findings", "new: 3"),
]


@pytest.mark.parametrize(("image", "scan", "shown"), SCANS)
def test_no_findings_no_scan_and_not_known_are_different_things(image: StoredImage, scan: str, shown: str) -> None:
    status = Status(NOW, TARGET, (repository_status("mirror/app", [image]),), (), (), ())
    page = format_page(status)
    assert re.search(rf'<td data-key="[\d.]+">{shown}</td>', page)
    assert {name for name, value, _ in bars(page)["Images by result of their scan"] if value == "1"} == {scan}
    view = view_status(status)
    (tag,) = view.document["repositories"][0]["tags"]
    assert tag["findings"] == image.findings
    assert tag["scan"] == (shown if image.findings is None else scan)
    assert f"| `{shown}` |" in show(view, ResultFormat.MARKDOWN)
    samples = samples_of(status, "mirrorgen_images")
    assert {labels["scan"]: value for labels, value in samples if value} == {scan: 1}


def samples_of(status: Status, name: str) -> list[tuple[dict[str, str], float]]:
    families = {family.name: family for family in text_string_to_metric_families(format_metrics(status))}
    return [(sample.labels, sample.value) for sample in families[name].samples]


def test_metrics_can_be_read_by_prometheus() -> None:
    status = made_up(2, 3)
    assert samples_of(status, "mirrorgen_in_sync") == [({}, 0)]
    missing = {
        labels["repository"]: value
        for labels, value in samples_of(status, "mirrorgen_tags")
        if labels["state"] == "missing"
    }
    assert missing == {"mirror/quay/org/app0": 1, "mirror/quay/org/app1": 0}


def test_a_size_that_is_not_told_is_no_metric() -> None:
    found = replace(repository_status("mirror/app"), size_bytes=None)
    assert samples_of(Status(NOW, TARGET, (found,), (), (), ()), "mirrorgen_repository_size_bytes") == []


def test_findings_are_counted_by_severity() -> None:
    images = [stored(findings={"HIGH": 2}), stored(t=1, findings={"HIGH": 1, "LOW": 4}), stored(t=2)]
    status = Status(NOW, TARGET, (repository_status("mirror/app", images),), (), (), ())
    found = {labels["severity"]: value for labels, value in samples_of(status, "mirrorgen_findings")}
    assert found == {"HIGH": 3, "LOW": 4}


def test_who_uses_an_image_has_a_column_where_it_is_known() -> None:
    repository = repository_status("mirror/app", [stored()])
    used = replace(repository, tags=(replace(repository.tags[0], consumers=("shop/<web>", "shop/web-1")),))
    page = format_page(Status(NOW, TARGET, (used,), (), (), (), ()))
    assert '<td title="shop/&lt;web&gt;\nshop/web-1">shop/&lt;web&gt; and 1 more</td>' in page
    assert ">used by</button>" in page
    assert "used by" not in format_page(Status(NOW, TARGET, (repository,), (), (), ()))
