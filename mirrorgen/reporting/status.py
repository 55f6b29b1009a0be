"""The state of the mirror as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mirrorgen.operations.holding.status import RepositoryStatus, Status, TagState, TagStatus
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.tables import format_markdown_table, format_table

SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED")
"""Of findings in ECR, the worst first."""

_HEAD = ("repository", "present", "missing", "differs", "extra", "untagged", "size", "settings")
_TAG_HEAD = ("image", "state", "digest", "size", "pushed", "pulled", "findings", "expires")


def format_status(status: Status, output: ResultFormat) -> str:
    """Return what is wrong first, then every repository, then every image, then a line that counts."""
    if output is ResultFormat.JSON:
        return _json(status)
    table = format_markdown_table if output is ResultFormat.MARKDOWN else format_table
    parts = []
    wrong = problem_rows(status)
    if wrong:
        parts.append(table([("problem", "where", "what"), *wrong]))
    parts.append(table([_HEAD, *(_row(one) for one in status.repositories)]))
    tags = [_tag_row(one, tag) for one in status.repositories for tag in one.tags]
    if tags:
        parts.append(table([_TAG_HEAD, *tags]))
    parts.append(status_summary(status) + "\n")
    return "\n".join(parts)


def status_summary(status: Status) -> str:
    """Return one line that counts."""
    counts = ", ".join(f"{state}: {status.count(state)}" for state in TagState)
    other = sum(bool(one.settings) for one in status.repositories)
    absent = sum(not one.exists for one in status.repositories)
    line = f"Tags {counts}. Repositories: {len(status.repositories)}, missing: {absent}, with other settings: {other}."
    if status.failures:
        line += f" Could not be looked at: {len(status.failures)}."
    return f"{line} ECR holds what the list asks for." if status.is_in_sync and not status.failures else line


def problem_rows(status: Status) -> list[tuple[str, str, str]]:
    """Return what is wrong: which problem, where, and what about it."""
    rows = [("not looked at", str(one), one.reason) for one in status.failures]
    rows += [("rule chooses nothing", "", problem.message) for problem in status.problems]
    for one in status.repositories:
        name = one.repository.name
        if not one.exists:
            rows.append(("repository missing", name, "run `mirrorgen plan` and `mirrorgen apply`"))
        rows += [
            ("setting", name, f"{setting.setting}: {setting.found}, wanted {setting.wanted}")
            for setting in one.settings
        ]
        rows += [("tag missing", f"{name}:{tag.tag}", one.repository.owner or "") for tag in one.of(TagState.MISSING)]
        rows += [
            ("digest differs", f"{name}:{tag.tag}", f"{_digest(tag)}, wanted {(tag.wanted_digest or '')[:19]}")
            for tag in one.of(TagState.DIFFERS)
        ]
        rows += [
            ("would expire", f"{name}:{tag.tag}", f"by lifecycle rule {tag.expires_by}")
            for tag in one.tags
            if tag.expires_by is not None and tag.state is not TagState.EXTRA
        ]
    return rows


def _row(one: RepositoryStatus) -> tuple[str, ...]:
    counts = (str(len(one.of(state))) for state in TagState)
    settings = ", ".join(setting.setting for setting in one.settings) or ("as asked" if one.exists else "-")
    return (one.repository.name, *counts, str(one.untagged), size(one.size_bytes), settings)


def _tag_row(one: RepositoryStatus, tag: TagStatus) -> tuple[str, ...]:
    image = tag.image
    return (
        f"{one.repository.name}:{tag.tag}",
        str(tag.state),
        _digest(tag) or "-",
        size(image.size_bytes) if image else "-",
        day(image.pushed_at) if image else "-",
        day(image.pulled_at) if image else "-",
        findings(image.findings) if image else "-",
        f"by rule {tag.expires_by}" if tag.expires_by is not None else "-",
    )


def _digest(tag: TagStatus) -> str:
    return tag.image.digest[:19] if tag.image else ""


def day(moment: datetime | None) -> str:
    """Return the day of a moment, `never` for none."""
    return moment.strftime("%Y-%m-%d") if moment else "never"


def size(count: int) -> str:
    """Return bytes as a person reads them, in powers of 1024."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def findings(counts: Mapping[str, int] | None) -> str:
    """Return the findings of a scan, the worst first."""
    if counts is None:
        return "not scanned"
    known = [severity for severity in SEVERITIES if counts.get(severity)]
    return ", ".join(f"{severity.lower()}: {counts[severity]}" for severity in known) or "none"


def _json(status: Status) -> str:
    document = {
        "version": 1,
        "at": status.at.isoformat(timespec="seconds"),
        "in_sync": status.is_in_sync and not status.failures,
        "counts": {str(state): status.count(state) for state in TagState},
        "repositories": [_repository(one) for one in status.repositories],
        "failures": [{"repository": one.repository, "tag": one.tag, "reason": one.reason} for one in status.failures],
    }
    return json.dumps(document, indent=2) + "\n"


def _repository(one: RepositoryStatus) -> dict[str, Any]:
    return {
        "name": one.repository.name,
        "source": str(one.repository.source),
        "owner": one.repository.owner,
        "exists": one.exists,
        "size_bytes": one.size_bytes,
        "untagged": one.untagged,
        "settings": [
            {"setting": setting.setting, "wanted": setting.wanted, "found": setting.found} for setting in one.settings
        ],
        "tags": [_tag(tag) for tag in one.tags],
    }


def _tag(tag: TagStatus) -> dict[str, Any]:
    image = tag.image
    return {
        "tag": tag.tag,
        "state": str(tag.state),
        "digest": image.digest if image else None,
        "wanted_digest": tag.wanted_digest,
        "size_bytes": image.size_bytes if image else None,
        "pushed_at": image.pushed_at.isoformat() if image else None,
        "pulled_at": image.pulled_at.isoformat() if image and image.pulled_at else None,
        "findings": dict(image.findings) if image and image.findings is not None else None,
        "expires_by": tag.expires_by,
    }
