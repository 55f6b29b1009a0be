"""Selecting: what the rules of a list stand for now, from the upstreams or a saved listing, and the work it makes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mirrorgen.desired.selection import Listings, Selection, idle_rule_problems, resolve, select_all, unmet
from mirrorgen.desired.sharing import tags_in_two
from mirrorgen.desired.state import DesiredState, Repository
from mirrorgen.errors import InputError
from mirrorgen.files import read_named
from mirrorgen.model.images import Entry
from mirrorgen.model.references import Source, is_tag, parse_source
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.asking import Upstreams
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.problems import Problem


@dataclass(frozen=True, slots=True)
class Selected:
    """What entries stand for.

    Attributes:
        selections: of each entry that could be asked for.
        listings: what upstream has.
        failures: entries whose source could not be asked.
    """

    selections: tuple[Selection, ...]
    listings: Listings
    failures: tuple[Failure, ...]


def select_upstream(runtime: Runtime, entries: Iterable[tuple[Repository, Entry]]) -> Selected:
    """Let entries select from what their upstreams list now.

    Args:
        runtime: of the list.
        entries: each behind its repository.

    Raises:
        ToolUnusable, UsageError: nothing can be asked.
    """
    runtime.say("asking the upstream registries for their tags")
    asked = list(entries)
    listed = Upstreams(runtime).tags(entry.location for _, entry in asked)
    listings = {
        str(entry.source): listed.answers[entry.location] for _, entry in asked if entry.location in listed.answers
    }
    failures = tuple(
        Failure(
            TagRef(repository.name),
            listed.failures[entry.location].kind,
            listed.failures[entry.location].message,
            entry.owner,
            str(entry.source),
        )
        for repository, entry in asked
        if entry.location in listed.failures
    )
    return Selected(select_all(asked, listings), listings, failures)


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be looked at or copied.

    Attributes:
        desired: the desired state in which every tag is known.
        failures: rules that select nothing or share a tag, and entries whose upstream could not be asked; the latter
            are not in `desired`.
        problems: rules that select nothing, with paths in the list.
    """

    desired: DesiredState
    failures: tuple[Failure, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def uncertain(self) -> frozenset[str]:
        """Repositories of which not everything is known, so that nothing in them may be taken for unwanted."""
        return frozenset(failure.ref.repository for failure in self.failures)


def prepare(runtime: Runtime) -> Work:
    """Find out what rules stand for that no lock has settled.

    Raises:
        ToolUnusable, UsageError: upstreams have to be asked and cannot be.
    """
    waiting = [(repository, entry) for repository, entry in runtime.desired.entries if entry.is_open]
    if not waiting:
        return Work(runtime.desired)
    asked = select_upstream(runtime, waiting)
    # An exact tag that is missing is noticed where it is to be copied, which the target may make needless.
    idle = [failure for failure in unmet(asked.selections) if failure.kind is Kind.RULE]
    failures = [*asked.failures, *idle]
    repositories: list[Repository] = []
    for repository in resolve(runtime.desired, asked.selections).repositories:
        kept, found = _without_shared_tags(repository)
        failures += found
        repositories += [kept] if kept.tags else []
    desired = replace(runtime.desired, repositories=tuple(repositories))
    return Work(desired, tuple(failures), tuple(idle_rule_problems(asked.selections)))


def _without_shared_tags(repository: Repository) -> tuple[Repository, list[Failure]]:
    """Leave out a tag that rules select from two sources: nobody has said which of them is meant."""
    twice = tags_in_two(repository.entries)
    if not twice:
        return repository, []
    failures = [
        second.failure(
            TagRef(repository.name, tag),
            Kind.RULE,
            f"{first.source} and {second.source} both have this tag; exclude it from one of them",
        )
        for tag, (first, second) in sorted(twice.items())
    ]
    return repository.reduced(set(repository.tags) - twice.keys()), failures


def select_saved(listings: Listings, entries: Iterable[tuple[Repository, Entry]]) -> Selected:
    """Let entries select from a saved listing; one that is not in it is a failure."""
    asked = list(entries)
    failures = tuple(
        Failure(
            TagRef(repository.name),
            Kind.OTHER,
            "the saved listing does not have this source",
            entry.owner,
            str(entry.source),
        )
        for repository, entry in asked
        if str(entry.source) not in listings
    )
    return Selected(select_all(asked, listings), listings, failures)


def read_listing(path: Path) -> Listings:
    """Read what `write_listing` wrote: a JSON object from source to its list of tags; short forms are understood.

    Raises:
        InputError: the file cannot be read or says something else.
    """
    hint = 'it must be {"docker.io/library/nginx": ["1.25", "latest"]}, as `mirrorgen tags --save FILE` writes it'
    try:
        data = json.loads(read_named(path))
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}", hint=hint) from error
    if not isinstance(data, dict):
        raise InputError(f"{path} holds no object", hint=hint)
    return {_source(source, path, hint): _tags(source, tags, path, hint) for source, tags in data.items()}


def _source(text: str, path: Path, hint: str) -> str:
    source = parse_source(text, ())
    if not isinstance(source, Source):
        raise InputError(f"{path}: {text!r} is no source", hint=hint)
    return str(source)


def _tags(source: str, tags: Any, path: Path, hint: str) -> list[str]:
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise InputError(f"{path}: {source!r} must have a list of texts", hint=hint)
    strange = next((tag for tag in tags if not is_tag(tag)), None)
    if strange is not None:
        raise InputError(f"{path}: {source!r} has {strange[:60]!r}, which cannot be a tag", hint=hint)
    return tags


def format_listing(listings: Listings) -> str:
    """Return listings as `read_listing` reads them, sorted."""
    return json.dumps({source: sorted(listings[source]) for source in sorted(listings)}, indent=2) + "\n"
