"""The state of the mirror."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mirrorgen.destinations.port import SettingDifference
from mirrorgen.operations.holding.status import RepositoryStatus, Status, TagState, TagStatus
from mirrorgen.outcomes import Kind
from mirrorgen.reporting.amounts import pulled, pushed, size
from mirrorgen.reporting.running import consumers, running_documents, running_table
from mirrorgen.reporting.scans import findings, scan
from mirrorgen.reporting.strays import STRAY_HEAD, stray_documents, stray_note, stray_rows, stray_sum
from mirrorgen.reporting.views import Line, Table, View, failure_documents

WHAT_A_SIZE_COUNTS = (
    "The size of a multi-platform image counts every image that its index names, once; layers shared between them "
    "count for each, as the registry counts them."
)

_HEAD = ("repository", *map(str, TagState), "untagged", "size", "settings")
_TAG_HEAD = ("image", "state", "digest", "size", "pushed", "pulled", "findings", "expires")


def view_status(status: Status) -> View:
    """Return what is wrong first, then every repository, then every image, then a line that counts."""
    document = {
        "at": status.at.isoformat(timespec="seconds"),
        "registry": status.target.host,
        "in_sync": status.is_in_sync,
        "registry_settings": [asdict(setting) for setting in status.registry],
        "counts": {str(state): status.count(state) for state in TagState},
        "repositories": [_repository_document(repository) for repository in status.repositories],
        "strays": stray_documents(status.strays),
        "running": running_documents(status.running),
        "failures": failure_documents(status.failures),
    }
    tags = [_tag_row(repository, tag) for repository in status.repositories for tag in repository.tags]
    strays = status.strays or ()
    return View(
        document,
        [
            Table(("problem", "where", "what"), problem_rows(status)),
            Table(_HEAD, [_row(repository) for repository in status.repositories]),
            Table((*_TAG_HEAD, "used by") if status.running is not None else _TAG_HEAD, tags),
            running_table(status.running or ()),
            Line(WHAT_A_SIZE_COUNTS),
            Table(STRAY_HEAD, stray_rows(strays)),
            Line(stray_note(strays, status.target)),
            Line(status_summary(status)),
        ],
    )


def status_summary(status: Status) -> str:
    """Return one line that counts."""
    counts = ", ".join(f"{state}: {status.count(state)}" for state in TagState)
    other = sum(bool(repository.settings) for repository in status.repositories)
    absent = sum(not repository.exists for repository in status.repositories)
    line = f"Tags {counts}. Repositories: {len(status.repositories)}, missing: {absent}, with other settings: {other}."
    if status.registry:
        line += f" Other settings of the registry: {len(status.registry)}."
    if status.strays is None:
        refused = "the registry does not let us list them"
        why = refused if status.target.prefix else "without a path they may be anybody's"
        line += f" Repositories that are not in the list: not known, {why}."
    elif status.strays:
        line += f" Not in the list: {stray_sum(status.strays)}."
    if status.failures:
        line += f" Could not be looked at: {len(status.failures)}."
    return f"{line} {status.target.label} holds what the list asks for." if status.is_in_sync else line


def problem_rows(status: Status) -> list[tuple[str, str, str]]:
    """Return what is wrong: which problem, where, and what about it."""
    rows = [
        ("rule" if failure.kind is Kind.RULE else "not looked at", str(failure.ref), failure.reason)
        for failure in status.failures
    ]
    rows += [
        ("runs, not held", running.use.image, f"used by {consumers(running.use.consumers)}")
        for running in status.running_without
    ]
    rows += [("setting of the registry", status.target.host, _said(setting)) for setting in status.registry]
    for repository in status.repositories:
        name = repository.repository.name
        if not repository.exists:
            rows.append(("repository missing", name, "run `mirrorgen plan` and `mirrorgen apply`"))
        rows += [("setting", name, _said(setting)) for setting in repository.settings]
        rows += [("tag missing", f"{name}:{tag.tag}", tag.owner) for tag in repository.of(TagState.MISSING)]
        rows += [
            ("tag archived", f"{name}:{tag.tag}", "restore it with `aws ecr update-image-storage-class`")
            for tag in repository.of(TagState.ARCHIVED)
        ]
        rows += [
            ("digest differs", f"{name}:{tag.tag}", f"{_digest(tag)}, wanted {(tag.wanted_digest or '')[:19]}")
            for tag in repository.of(TagState.DIFFERS)
        ]
        rows += [
            ("would expire", f"{name}:{tag.tag}", f"by lifecycle rule {tag.expires_by}")
            for tag in repository.tags
            if tag.expires_by is not None and tag.state is not TagState.EXTRA
        ]
    return rows


def _said(setting: SettingDifference) -> str:
    return f"{setting.setting}: {setting.found}, wanted {setting.wanted}"


def _row(repository: RepositoryStatus) -> tuple[str, ...]:
    counts = (str(len(repository.of(state))) for state in TagState)
    differing = ", ".join(setting.setting for setting in repository.settings)
    settings = differing or ("as asked" if repository.exists else "-")
    return (repository.repository.name, *counts, str(repository.untagged), size(repository.size_bytes), settings)


def _tag_row(repository: RepositoryStatus, tag: TagStatus) -> tuple[str, ...]:
    image = tag.image
    return (
        f"{repository.repository.name}:{tag.tag}",
        str(tag.state),
        _digest(tag) or "-",
        size(image.size_bytes) if image else "-",
        pushed(image) if image else "-",
        pulled(image) if image else "-",
        findings(image) if image else "-",
        f"by rule {tag.expires_by}" if tag.expires_by is not None else "-",
        *(() if tag.consumers is None else (consumers(tag.consumers),)),
    )


def _digest(tag: TagStatus) -> str:
    return tag.image.digest[:19] if tag.image else ""


def _repository_document(status: RepositoryStatus) -> dict[str, Any]:
    return {
        "name": status.repository.name,
        "sources": [str(entry.source) for entry in status.repository.entries],
        "exists": status.exists,
        "size_bytes": status.size_bytes,
        "untagged": status.untagged,
        "settings": [asdict(setting) for setting in status.settings],
        "tags": [_tag_document(tag) for tag in status.tags],
    }


def _tag_document(tag: TagStatus) -> dict[str, Any]:
    image = tag.image
    return {
        "tag": tag.tag,
        "state": str(tag.state),
        "source": tag.source or None,
        "owner": tag.owner or None,
        "digest": image.digest if image else None,
        "wanted_digest": tag.wanted_digest,
        "size_bytes": image.size_bytes if image else None,
        "pushed_at": image.pushed_at.isoformat() if image and image.pushed_at else None,
        "pulled_at": image.pulled_at.isoformat() if image and image.pulled_at else None,
        "findings": dict(image.findings) if image and image.findings is not None else None,
        "scan": scan(image) if image else None,
        "expires_by": tag.expires_by,
        "consumers": None if tag.consumers is None else list(tag.consumers),
    }
