"""What regsync.yaml must say; the field names are regclient's (cmd/regsync/config.go and config/host.go)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mirrorgen.desired.state import DesiredState, Repository
from mirrorgen.model.images import Copying, Registry, TagRule, Target

ECR_PASSWORD_ENV = "ECR_PASSWORD"  # noqa: S105 - the name of a variable
CREDENTIAL_HELPER = "docker-credential-ecr-login"


def document(state: DesiredState) -> dict[str, Any]:
    """Return the content of regsync.yaml as plain data."""
    registries = {registry.host: registry for registry in state.registries}
    host = target_host(state.target)
    creds = [_upstream(registry) for registry in state.registries]
    return {
        "version": 1,
        "creds": [*filter(_says_something, creds), *filter(_says_something, [_target(state.target, host)])],
        "defaults": {"parallel": state.parallel},
        "sync": [
            entry
            for repository in state.repositories
            for entry in _entries(repository, registries[repository.source.host], host)
        ],
    }


def target_host(target: Target) -> str:
    """Return the host name of the ECR registry; what the list leaves out, regsync fills in when it runs."""
    account = target.account_id or _env("AWS_ACCOUNT_ID")
    region = target.region or _env("AWS_REGION")
    # https://docs.aws.amazon.com/general/latest/gr/ecr.html
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{account}.dkr.ecr.{region}.{suffix}"


def tag_pattern(tag: str) -> str:
    """Return the pattern that matches one tag; regsync puts `^` and `$` around it, and `.` needs escaping."""
    return tag.replace(".", r"\.")


def _env(name: str) -> str:
    return f'{{{{env "{name}"}}}}'


def _says_something(entry: dict[str, Any]) -> bool:
    return entry.keys() > {"registry"}


def _upstream(registry: Registry) -> dict[str, Any]:
    entry: dict[str, Any] = {"registry": registry.host}
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


def _target(target: Target, host: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"registry": host}
    if target.auth == "credential-helper":
        entry["credHelper"] = CREDENTIAL_HELPER
    elif target.auth == "environment":
        entry["user"] = "AWS"
        entry["pass"] = _env(ECR_PASSWORD_ENV)
    if target.endpoint:
        scheme, _, address = target.endpoint.partition("://")
        entry["hostname"] = address
        if scheme == "http":
            entry["tls"] = "disabled"
    return entry


def _entries(repository: Repository, registry: Registry, host: str) -> Iterator[dict[str, Any]]:
    """One entry for the repository, or one for each digest that is pinned."""
    source, target = str(repository.source), f"{host}/{repository.name}"
    common = _common(repository.copying, registry)
    if repository.pinned:
        for tag, digest in sorted(repository.pinned.items()):
            yield {"source": f"{source}@{digest}", "target": f"{target}:{tag}", "type": "image", **common}
    elif repository.is_open:
        sets = _tag_sets(repository.rule)
        yield {"source": source, "target": target, "type": "repository", **common, "tagSets": sets}
    else:
        allow = {"allow": [tag_pattern(tag) for tag in repository.tags]}
        yield {"source": source, "target": target, "type": "repository", **common, "tags": allow}


def _common(copying: Copying, registry: Registry) -> dict[str, Any]:
    common: dict[str, Any] = {}
    if registry.rate_limit:
        common["ratelimit"] = {"min": registry.rate_limit.min, "retry": registry.rate_limit.retry}
    if copying.platform:
        common["platform"] = copying.platform
    if copying.referrers:
        common["referrers"] = True
    if copying.digest_tags:
        common["digestTags"] = True
    return common


def _tag_sets(rule: TagRule) -> list[dict[str, list[str]]]:
    """Two sets, of which a tag must fit one: the exact tags, and the rest of the rule, in which all must hold."""
    exact = {"allow": [tag_pattern(tag) for tag in sorted(rule.exact)]}
    rest = {
        "allow": [f"(?:{pattern})" for pattern in sorted(rule.match)],
        "deny": [f"(?:{pattern})" for pattern in sorted(rule.exclude)],
        "semverRange": sorted(rule.semver),
    }
    return [*([exact] if rule.exact else []), {key: value for key, value in rest.items() if value}]
