"""The state of the mirror as a page: one file that needs no network, for people."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import jinja2
from markupsafe import Markup

from mirrorgen.operations.holding.status import RepositoryStatus, Status, TagState, TagStatus
from mirrorgen.operations.stand_in import StandIn
from mirrorgen.reporting.amounts import pulled, pushed, size
from mirrorgen.reporting.charts import charts_of
from mirrorgen.reporting.escaping import printable
from mirrorgen.reporting.running import consumers
from mirrorgen.reporting.scans import findings, severity_key
from mirrorgen.reporting.status import WHAT_A_SIZE_COUNTS, problem_rows
from mirrorgen.reporting.strays import STRAY_HEAD, STRAYS, stray_note, stray_rows, stray_sum
from mirrorgen.resources import resource

_HEADS = ("repository", "tag", "state", "source", "digest", "size", "pushed", "pulled", "findings", "expires", "owner")
_USED_BY = "used by"
_COPY = "copy"
_KINDS = {
    TagState.PRESENT: "good",
    TagState.MISSING: "bad",
    TagState.DIFFERS: "bad",
    TagState.ARCHIVED: "bad",
    TagState.EXTRA: "warn",
}


def format_page(status: Status, *, stand_in: StandIn | None = None) -> str:
    """Return the page; it says so if a stand-in was looked at."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("templates/status")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        finalize=_printable,
    )
    strays = status.strays or ()
    heads = (*_HEADS, _USED_BY) if status.running is not None else _HEADS
    style, script = environment.get_template("page.css").render(heads=(*heads, _COPY)), _own("page.js")
    return environment.get_template("page.html.j2").render(
        style=Markup(style),  # noqa: S704 - ours, without a word of the user
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        stand_in=stand_in.note if stand_in else "",
        in_sync=status.is_in_sync,
        headline="in sync" if status.is_in_sync else "not in sync",
        label=status.target.label,
        registry=status.target.host,
        at=status.at.isoformat(timespec="seconds"),
        cards=list(_cards(status)),
        problems=problem_rows(status),
        stray_title=STRAYS,
        stray_heads=STRAY_HEAD,
        strays=stray_rows(strays),
        stray_note=stray_note(strays, status.target),
        charts=list(charts_of(status)),
        states=[str(state) for state in TagState],
        heads=heads,
        size_note=WHAT_A_SIZE_COUNTS,
        copy=_COPY,
        rows=[
            _row(status.target.host, repository, tag) for repository in status.repositories for tag in repository.tags
        ],
    )


def _own(name: str) -> Markup:
    """A file of ours, which stands in the page as it is."""
    return Markup((resource("templates/status") / name).read_text(encoding="utf-8"))  # noqa: S704


def _hash(text: str) -> str:
    """What the page's policy knows an inline style or script by: https://www.w3.org/TR/CSP3/#framework-directive-source-list."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _printable(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _cards(status: Status) -> Iterator[tuple[str, str, str]]:
    yield "repositories", f"{len(status.repositories):,}", ""
    for state in TagState:
        count = status.count(state)
        yield f"tags {state}", f"{count:,}", _KINDS[state] if count else ""
    other = sum(bool(repository.settings) or not repository.exists for repository in status.repositories)
    other += bool(status.registry)
    yield "other settings", f"{other:,}", "bad" if other else ""
    strays = status.strays
    yield "not in the list", "not known" if strays is None else stray_sum(strays), "warn" if strays else ""
    sizes = [repository.size_bytes for repository in status.repositories]
    yield "size", size(None if None in sizes else sum(count or 0 for count in sizes)), ""


def _row(host: str, repository: RepositoryStatus, tag: TagStatus) -> Mapping[str, Any]:
    image = tag.image
    name = repository.repository.name
    return {
        "repository": name,
        "tag": tag.tag,
        "state": str(tag.state),
        "kind": _KINDS[tag.state],
        "source": tag.source,
        "digest": image.digest[:19] if image else "",
        "size": size(image.size_bytes) if image else "",
        "size_bytes": (image.size_bytes or 0) if image else -1,
        "pushed": pushed(image) if image else "",
        "pulled": pulled(image) if image else "",
        "findings": findings(image) if image else "",
        "severity": severity_key(image),
        "expires": f"by rule {tag.expires_by}" if tag.expires_by is not None else "",
        "owner": tag.owner,
        "consumers": tag.consumers,
        "used_by": consumers(tag.consumers) if tag.consumers else "",
        "copies": list(_copies(f"{host}/{name}", tag)),
    }


def _copies(target: str, tag: TagStatus) -> Iterator[tuple[str, str]]:
    """What can be copied of a row: references that docker, kubectl and the like take as they are."""
    if tag.source:
        yield "source", f"{tag.source}:{tag.tag}"
    if tag.image:
        yield "image:tag", f"{target}:{tag.tag}"
        yield "image@digest", f"{target}@{tag.image.digest}"
