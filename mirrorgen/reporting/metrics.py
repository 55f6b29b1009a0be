"""The state of the mirror for Prometheus: a text file for node_exporter's textfile collector."""

from __future__ import annotations

from mirrorgen.operations.holding.status import Status, TagState


def format_metrics(status: Status) -> str:
    """Return the metrics; every name starts with `mirrorgen_`."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    in_sync = Gauge("mirrorgen_in_sync", "1 if ECR holds what the list asks for.", registry=registry)
    in_sync.set(status.is_in_sync)
    at = Gauge("mirrorgen_status_timestamp_seconds", "When ECR was looked at.", registry=registry)
    at.set(status.at.timestamp())
    Gauge("mirrorgen_failures", "What could not be looked at.", registry=registry).set(len(status.failures))
    tags = Gauge("mirrorgen_tags", "Tags of a repository by state.", ["repository", "state"], registry=registry)
    size = Gauge("mirrorgen_repository_size_bytes", "Size of a repository.", ["repository"], registry=registry)
    settings = Gauge(
        "mirrorgen_repository_settings_differing", "Settings that differ.", ["repository"], registry=registry
    )
    exists = Gauge("mirrorgen_repository_exists", "1 if ECR has the repository.", ["repository"], registry=registry)
    for repository in status.repositories:
        name = repository.repository.name
        for state in TagState:
            tags.labels(name, str(state)).set(len(repository.of(state)))
        if repository.size_bytes is not None:
            size.labels(name).set(repository.size_bytes)
        settings.labels(name).set(len(repository.settings))
        exists.labels(name).set(repository.exists)
    return generate_latest(registry).decode()
