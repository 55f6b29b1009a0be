"""Metrics: whatever names and severities hold, a parser of Prometheus' format reads back labels that say the same."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from mirrorgen.destinations.registry.target import RegistryTarget
from mirrorgen.operations.holding.status import Status
from mirrorgen.reporting.metrics import format_metrics
from tests.fuzz.hostile import batches, hold
from tests.fuzz.readers import visible
from tests.statuses import NOW, repository_status, stored

# What the text format reads: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
PIECES = (
    *('"', "\\", "\\n", '\\"', "\n", "\r", "{", "}", ",", "=", "#", " ", '"} 1', '{a="b"}'),
    *("# EOF", "# HELP ", "# TYPE x gauge", "\u00e9"),
)  # fmt: skip

SEVERITIES = 50
"""Of each repository; there are more samples of its own."""


def labels_and_values(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(text)
    }


def check(texts: list[str]) -> None:
    groups = {
        texts[at]: {severity: count for count, severity in enumerate(texts[at + 1 : at + 1 + SEVERITIES])}
        for at in range(0, len(texts), 1 + SEVERITIES)
    }
    found = tuple(repository_status(name, [stored(findings=findings)]) for name, findings in groups.items())
    status = Status(NOW, RegistryTarget("harbor.example.com"), found, (), (), ())
    read = labels_and_values(format_metrics(status))
    assert read["mirrorgen_repository_exists"] == {(visible(name),): 1 for name in groups}
    assert read["mirrorgen_findings"] == {
        (visible(name), visible(severity)): count
        for name, findings in groups.items()
        for severity, count in findings.items()
    }


def test_labels_of_metrics() -> None:
    for texts in batches("metrics", PIECES):
        hold(check, texts)
