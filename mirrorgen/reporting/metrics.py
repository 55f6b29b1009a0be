"""The state of the mirror for Prometheus: a text file for node_exporter's textfile collector."""

from __future__ import annotations

from collections import Counter

from mirrorgen.destinations.port import StoredImage
from mirrorgen.operations.holding.status import RepositoryStatus, Status, TagState
from mirrorgen.reporting.escaping import printable
from mirrorgen.reporting.scans import Scan, scan_of
from mirrorgen.reporting.strays import STRAYS, stray_size


def format_metrics(status: Status) -> str:
    """Return the metrics; every name starts with `mirrorgen_`. What is not known has no sample."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()

    def gauge(name: str, documentation: str, *labels: str) -> Gauge:
        return Gauge(f"mirrorgen_{name}", documentation, labels, registry=registry)

    label = status.target.label
    gauge("in_sync", f"1 if {label} holds what the list asks for.").set(status.is_in_sync)
    gauge("status_timestamp_seconds", f"When {label} was looked at.").set(status.at.timestamp())
    gauge("failures", "What could not be looked at.").set(len(status.failures))
    gauge("registry_settings_differing", "Settings of the registry itself that differ.").set(len(status.registry))
    # A gauge without labels has a sample as soon as it is made.
    if status.strays is not None:
        gauge("strays", f"{STRAYS}.").set(len(status.strays))
        if (together := stray_size(status.strays)) is not None:
            gauge("strays_size_bytes", f"Size of the {STRAYS.lower()}.").set(together)
    tags = gauge("tags", "Tags of a repository by state.", "repository", "state")
    size = gauge("repository_size_bytes", "Size of a repository.", "repository")
    settings = gauge("repository_settings_differing", "Settings that differ.", "repository")
    exists = gauge("repository_exists", f"1 if {label} has the repository.", "repository")
    images = gauge("images", "Tagged images of a repository by the result of their scan.", "repository", "scan")
    found = gauge("findings", "Findings in tagged images of a repository by severity.", "repository", "severity")
    for repository in status.repositories:
        name = printable(repository.repository.name)
        for state in TagState:
            tags.labels(name, str(state)).set(len(repository.of(state)))
        if repository.size_bytes is not None:
            size.labels(name).set(repository.size_bytes)
        settings.labels(name).set(len(repository.settings))
        exists.labels(name).set(repository.exists)
        tagged = _images(repository)
        scans = Counter(scan_of(image) for image in tagged)
        for scan in Scan:
            images.labels(name, str(scan)).set(scans[scan])
        for severity, count in _findings(tagged).items():
            found.labels(name, printable(severity)).set(count)
    return generate_latest(registry).decode()


def _images(repository: RepositoryStatus) -> list[StoredImage]:
    """The images that have a tag, each once."""
    return list({tag.image.digest: tag.image for tag in repository.tags if tag.image}.values())


def _findings(images: list[StoredImage]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for image in images:
        counts.update(image.findings or {})
    return counts
