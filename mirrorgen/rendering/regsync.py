"""What regsync.yaml must say; the field names are regclient's (cmd/regsync/config.go and config/host.go)."""

from __future__ import annotations

from typing import Any

from mirrorgen.desired.state import DesiredState, Repository
from mirrorgen.master_list.model import Registry, Target

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
        "defaults": {"parallel": state.parallel, **({"referrers": True} if state.referrers else {})},
        "sync": [
            _entry(repository, registries[repository.source.host], host, state.platform)
            for repository in state.repositories
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


def _entry(repository: Repository, registry: Registry, host: str, platform: str | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "source": str(repository.source),
        "target": f"{host}/{repository.name}",
        "type": "repository",
    }
    if registry.rate_limit:
        entry["ratelimit"] = {"min": registry.rate_limit.min, "retry": registry.rate_limit.retry}
    if platform:
        entry["platform"] = platform
    entry["tags"] = {"allow": [tag_pattern(tag) for tag in repository.tags]}
    return entry
