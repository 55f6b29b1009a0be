"""What regsync.yaml must say; the field names are regclient's (cmd/regsync/config.go and config/host.go)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mirrorgen.desired.state import DesiredState, Repository
from mirrorgen.model.images import Entry, Registry, TagRule
from mirrorgen.model.targets import Target


def document(state: DesiredState) -> dict[str, Any]:
    """Return the content of regsync.yaml as plain data."""
    registries = {registry.host: registry for registry in state.registries}
    # The target may be an upstream as well; of two entries for one host regsync would take the settings of both.
    hosts = {registry.host: _upstream(registry) for registry in state.registries}
    hosts[state.target.host] = {
        **hosts.get(state.target.host, {"registry": state.target.host}),
        **state.target.sign_in(),
    }
    return {
        "version": 1,
        "creds": [entry for entry in hosts.values() if entry.keys() > {"registry"}],
        "defaults": {"parallel": state.parallel},
        "sync": [
            entry
            for repository, brought in state.entries
            for entry in _entries(repository, brought, registries[brought.host], state.target.host)
        ],
    }


def within(target: Target, parallel: int, copies: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return a configuration that copies from repositories of a target to others of it, and reaches nothing else.

    Args:
        target: the registry.
        parallel: how many images are copied at once.
        copies: from where to where: repositories with a tag, `name:tag`, or with a digest, `name@digest`.
    """
    host = {"registry": target.host, **target.sign_in()}
    return {
        "version": 1,
        "creds": [host] if host.keys() > {"registry"} else [],
        "defaults": {"parallel": parallel},
        "sync": [
            {"source": f"{target.host}/{old}", "target": f"{target.host}/{new}", "type": "image"} for old, new in copies
        ],
    }


def tag_pattern(tag: str) -> str:
    """Return the pattern that matches one tag; regsync puts `^` and `$` around it, and `.` needs escaping."""
    return tag.replace(".", r"\.")


def tag_sets(rule: TagRule) -> list[dict[str, list[str]]]:
    """Return two sets, of which a tag must fit one: the exact tags, and the rest of the rule, where all must hold."""
    exact = {"allow": [tag_pattern(tag) for tag in sorted(rule.exact)]}
    rest = {
        "allow": [f"(?:{pattern})" for pattern in sorted(rule.match)],
        "deny": [f"(?:{pattern})" for pattern in sorted(rule.exclude)],
        "semverRange": sorted(rule.semver),
    }
    return [*([exact] if rule.exact else []), {key: value for key, value in rest.items() if value}]


def _env(name: str) -> str:
    return f'{{{{env "{name}"}}}}'


def _upstream(registry: Registry) -> dict[str, Any]:
    entry: dict[str, Any] = {"registry": registry.host}
    if registry.helper:
        entry["credHelper"] = registry.helper
    if registry.credentials:
        entry["user"] = _env(registry.credentials.username_env)
        entry["pass"] = _env(registry.credentials.password_env)
    if registry.hostname:
        entry["hostname"] = registry.hostname
    if registry.tls != "enabled":
        entry["tls"] = registry.tls
    if registry.path_prefix:
        entry["pathPrefix"] = registry.path_prefix
    if registry.requests_per_second is not None:
        entry["reqPerSec"] = registry.requests_per_second
    if registry.concurrent_requests is not None:
        entry["reqConcurrent"] = registry.concurrent_requests
    return entry


def _entries(repository: Repository, entry: Entry, registry: Registry, host: str) -> Iterator[dict[str, Any]]:
    """One entry for all tags that are read by name, and one for each digest that is pinned."""
    target = f"{host}/{repository.name}"
    common = _common(entry, registry)
    by_name = []
    for tag in entry.tags:
        digest = entry.pinned(tag)
        if digest is None:
            by_name.append(tag)
        else:
            yield {"source": f"{entry.location}@{digest}", "target": f"{target}:{tag}", "type": "image", **common}
    if entry.is_open:
        sets = tag_sets(entry.rule)
        yield {"source": entry.location, "target": target, "type": "repository", **common, "tagSets": sets}
    elif by_name:
        # Without any pattern regsync would copy every tag there is.
        allow = {"allow": [tag_pattern(tag) for tag in by_name]}
        yield {"source": entry.location, "target": target, "type": "repository", **common, "tags": allow}


def _common(entry: Entry, registry: Registry) -> dict[str, Any]:
    copying = entry.copying
    common: dict[str, Any] = {}
    if registry.rate_limit:
        common["ratelimit"] = {"min": registry.rate_limit.min, "retry": registry.rate_limit.retry}
    if entry.picks:
        common["platform"] = entry.picks
    if copying.referrers:
        common["referrers"] = True
    if copying.digest_tags:
        common["digestTags"] = True
    return common
