"""Choosing: what the rules of a list stand for now, from the upstreams or from a saved listing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirrorgen.desired.choices import Choice, choose
from mirrorgen.desired.state import Repository
from mirrorgen.errors import InputError
from mirrorgen.model.references import Source, parse_source
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.asking import Upstreams

Listings = Mapping[str, Sequence[str]]
"""The tags that upstream has, by source."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What entries stand for.

    Attributes:
        choices: of each entry that could be asked for.
        listings: what upstream has.
        failures: why a source could not be asked, by source.
    """

    choices: tuple[Choice, ...]
    listings: Listings
    failures: Mapping[str, str]


def ask_upstreams(runtime: Runtime, repositories: Sequence[Repository]) -> Chosen:
    """Let entries choose from what their upstreams list now.

    Raises:
        ToolUnusable, UsageError: nothing can be asked.
    """
    runtime.say("asking the upstream registries for their tags")
    listed = Upstreams(runtime).tags(repository.source for repository in repositories)
    listings = {str(source): tags for source, tags in listed.answers.items()}
    failures = {str(source): reason for source, reason in listed.failures.items()}
    return Chosen(choose(repositories, listings), listings, failures)


def from_listing(listings: Listings, repositories: Sequence[Repository]) -> Chosen:
    """Let entries choose from a saved listing; one that is not in it is a failure."""
    absent = {str(one.source) for one in repositories} - listings.keys()
    failures = dict.fromkeys(sorted(absent), "the saved listing does not have this source")
    return Chosen(choose(repositories, listings), listings, failures)


def read_listing(path: Path) -> Listings:
    """Read what `write_listing` wrote: a JSON object from source to its list of tags; short forms are understood.

    Raises:
        InputError: the file cannot be read or says something else.
    """
    hint = 'it must be {"docker.io/library/nginx": ["1.25", "latest"]}, as `mirrorgen tags --save FILE` writes it'
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
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
    return tags


def format_listing(listings: Listings) -> str:
    """Return listings as `read_listing` reads them, sorted."""
    return json.dumps({source: sorted(listings[source]) for source in sorted(listings)}, indent=2) + "\n"
