"""Hints that can be pasted: what a value of the wrong form was likely meant to be, written as the format wants it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from mirrorgen.model.patterns import pattern_trouble
from mirrorgen.model.references import Source, is_tag, parse_source
from mirrorgen.model.spelling import nearest
from mirrorgen.model.versions import parse_range
from mirrorgen.problems import KeyPath

_LONGEST = 100
_RULE_KEYS = ("exact", "match", "semver", "exclude")


def written_as_wanted(path: KeyPath, text: str) -> str | None:
    """Return what to write instead of a text that stands where a list or a mapping is needed; None if it is unclear.

    Args:
        path: where it stands.
        text: as it is written, without quotes.
    """
    match path:
        case ("images", int()):
            return _entry(text)
        case ("images", int(), "tags"):
            return _tags(text)
        case ("images", int(), "tags", str() as key) if key in _RULE_KEYS and text:
            return f"write {key}: {_flow([text])}"
    return None


def is_range(text: str) -> bool:
    """Whether a text is a range of versions and cannot be a tag."""
    return not is_tag(text) and text.strip() != "" and not isinstance(parse_range(text), str)


def semver_rule(text: str) -> str:
    """Return how a range stands under `tags`."""
    return f"tags: {{semver: {_flow([text])}}}"


def _entry(text: str) -> str:
    name, _, digest = text.partition("@")
    last = name.rpartition("/")[2]
    tag = last.partition(":")[2]
    source = name.removesuffix(f":{tag}") if tag else name
    if not isinstance(parse_source(source, ()), Source) or (tag and not is_tag(tag)):
        return 'an entry looks like {source: docker.io/library/nginx, tags: ["1.25"]}'
    if digest:
        return f"write {{source: {source}, tags: {{digests: {{{json.dumps(tag or 'NAME')}: {json.dumps(digest)}}}}}}}"
    return f"write {{source: {source}, tags: {_flow([tag or 'latest'])}}}"


def _tags(text: str) -> str | None:
    if is_tag(text):
        return f"write tags: {_flow([text])}"
    if is_range(text):
        return f"write {semver_rule(text)}"
    if all(is_tag(tag) for tag in text.replace(",", " ").split()) and text.strip():
        return f"write tags: {_flow(text.replace(',', ' ').split())}"
    if text and pattern_trouble(text) is None:
        return f"write tags: {{match: {_flow([text])}}}"
    return None


def _flow(texts: list[str]) -> str:
    """A list as YAML; single quotes take a backslash as it is."""
    return "[" + ", ".join(_quoted(text) for text in texts) + "]"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'" if "\\" in text else json.dumps(text, ensure_ascii=False)


Home = tuple[str, ...]
"""The keys that lead to a place further in."""


def hint_for_unknown_key(key: str, value: Any, schema: Mapping[str, Any], validator: Any) -> str:
    """Return what to do with a key that a mapping does not have.

    Args:
        key: the key.
        value: what stands under it.
        schema: of the mapping.
        validator: of the whole schema.
    """
    homes = {home: inner for home, inner in _homes(schema, validator.schema) if _could_hold(inner, value)}
    exact = [home for home in homes if home[-1] == key]
    known = schema.get("properties", ())
    near_here = () if exact else nearest(key, known)
    if near_here:
        return f"did you mean {near_here[0]!r}?"
    near_deeper = () if exact else nearest(key, {home[-1] for home in homes})
    deeper = exact or [home for home in homes if home[-1] in near_deeper]
    if deeper:
        home = deeper[0]
        return f"it goes under `{home[0]}`: {_nested(home, value, validator.evolve(schema=homes[home]))}"
    return f"known keys here: {', '.join(known)}" if known else str(schema.get("x-hint", "remove it"))


def _homes(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[tuple[Home, Mapping[str, Any]]]:
    """Yield the place and the schema of every key below a mapping, the nearest first."""
    waiting: deque[tuple[Home, Mapping[str, Any]]] = deque([((), schema)])
    while waiting:
        home, outer = waiting.popleft()
        for name, inner in outer.get("properties", {}).items():
            inner = _resolved(inner, root)
            waiting.append(((*home, name), inner))
            if home:
                yield (*home, name), inner


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = root if "$ref" in schema else schema
    for step in schema.get("$ref", "#").split("/")[1:]:
        found = found[step]
    resolved: Mapping[str, Any] = found
    return resolved


def _could_hold(schema: Mapping[str, Any], value: Any) -> bool:
    kind = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else None
    return kind is None or kind in schema.get("type", kind)


def _nested(home: Home, value: Any, validator: Any) -> str:
    import yaml

    # What is not of the form wanted there may be anything, a secret too.
    if validator.schema.get("x-secret") or not validator.is_valid(value):
        value = "..."
    for step in reversed(home):
        value = {step: value}
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    text = text.strip().replace("'...'", "...")
    return text[1:-1] if len(text) <= _LONGEST and text.isprintable() else f"{home[0]}: {{{home[-1]}: ...}}"
