"""From checked data to the model: references parsed, defaults filled in, settings merged key by key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from mirrorgen.destinations.ecr.written_rules import build_lifecycle, lifecycle_problems
from mirrorgen.master_list.rules import build_rule
from mirrorgen.model.images import (
    Copying,
    Credentials,
    EcrSettings,
    Encryption,
    Image,
    MasterList,
    RateLimit,
    Registry,
    Target,
)
from mirrorgen.model.references import normalize_host, parse_source
from mirrorgen.problems import KeyPath, Problem

# Default path segments for registries; any other host stands for itself.
_ALIASES = {
    "docker.io": "docker-hub",
    "quay.io": "quay",
    "gcr.io": "gcr",
    "ghcr.io": "ghcr",
    "registry.k8s.io": "k8s",
    "public.ecr.aws": "ecr-public",
    "mcr.microsoft.com": "mcr",
    "nvcr.io": "nvcr",
    "registry.gitlab.com": "gitlab",
    "docker.elastic.co": "elastic",
}

# https://docs.docker.com/docker-hub/usage/
_PULLS: dict[Any, int] = {"anonymous": 100, "free": 200}

# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
_RESOURCE_TAG = re.compile(r"[\w\s.:/=+\-@]*")
_MAX_RESOURCE_TAGS = 50


def default_alias(host: str) -> str:
    """Return the path segment that stands for a registry when the list names none."""
    return _ALIASES.get(host, host.replace(":", "-"))


def build_model(data: Mapping[str, Any]) -> tuple[MasterList, list[Problem]]:
    """Build the model from data that `check_shape` has been through.

    Entries without a usable source are left out; the problems say why.
    """
    builder = _Builder()
    master_list = builder.master_list(data)
    return master_list, builder.problems


class _Builder:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def master_list(self, data: Mapping[str, Any]) -> MasterList:
        defaults = data.get("defaults") or {}
        raw_ecr = defaults.get("ecr", {})
        self.problems += _ecr_problems(raw_ecr, ("defaults", "ecr"))
        ecr = _merge_ecr(EcrSettings(), raw_ecr)
        registries = dict(self._registries(data.get("registries", {})))
        return MasterList(
            target=Target(**{key: value for key, value in data.get("target", {}).items() if key in _TARGET_KEYS}),
            registries=registries,
            parallel=defaults.get("parallel", 4),
            images=tuple(self._images(data.get("images") or [], ecr, _merge_copying(Copying(), defaults))),
        )

    def _registries(self, data: Mapping[str, Any]) -> Iterator[tuple[str, Registry]]:
        first: dict[str, str] = {}
        for written, settings in data.items():
            path = ("registries", written)
            host = normalize_host(written)
            if host is None:
                hint = "write the host name alone, such as quay.io"
                self.problems.append(
                    Problem("bad-reference", f"{written!r} is not a host name", path, hint, on_key=True)
                )
                continue
            if host in first:
                message = f"{written!r} and {first[host]!r} are the same registry"
                related = ("registries", first[host])
                hint = f"put the settings of both under {host}"
                self.problems.append(Problem("duplicate-registry", message, path, hint, on_key=True, related=related))
                continue
            first[host] = written
            yield host, self._registry(host, settings, path)

    def _registry(self, host: str, data: Mapping[str, Any], path: KeyPath) -> Registry:
        credentials = data.get("credentials", {})
        for key, name in credentials.items():
            if key in {"username_env", "password_env"} and _looks_like_secret(name):
                message = "this looks like a secret itself, not like the name of a variable"
                hint = "write the name of an environment variable, such as DOCKER_TOKEN, and change the secret"
                self.problems.append(Problem("credentials-not-names", message, (*path, "credentials", key), hint))
        complete = {"username_env", "password_env"} <= credentials.keys()
        rate_limit = data.get("rate_limit", {})
        pulls = data.get("pulls_per_six_hours")
        return Registry(
            host=host,
            alias=data.get("alias", default_alias(host)),
            credentials=Credentials(credentials["username_env"], credentials["password_env"]) if complete else None,
            requests_per_second=data.get("requests_per_second"),
            concurrent_requests=data.get("concurrent_requests"),
            rate_limit=RateLimit(rate_limit["min"], rate_limit.get("retry", "5m")) if "min" in rate_limit else None,
            pulls_per_six_hours=_PULLS.get(pulls, pulls),
            hostname=data.get("hostname"),
            tls=data.get("tls", "enabled"),
            path_prefix=data.get("path_prefix"),
        )

    def _images(self, data: list[Any], defaults: EcrSettings, copying: Copying) -> Iterator[Image]:
        for index, entry in enumerate(data):
            if entry is None:
                continue
            path: KeyPath = ("images", index)
            tags = build_rule(entry.get("tags"), (*path, "tags"), self.problems)
            raw_ecr = entry.get("ecr")
            if raw_ecr:
                self.problems += _ecr_problems(raw_ecr, (*path, "ecr"))
            if "source" not in entry:
                continue
            source = parse_source(entry["source"], (*path, "source"))
            if isinstance(source, Problem):
                self.problems.append(source)
                continue
            yield Image(
                index=index,
                source=source,
                tags=tags,
                copying=_merge_copying(copying, entry),
                repository=entry.get("repository"),
                ecr=_merge_ecr(defaults, raw_ecr) if raw_ecr else defaults,
                owner=entry.get("owner"),
                expires=_day(entry.get("expires")),
            )


_TARGET_KEYS = frozenset(Target.__dataclass_fields__)
_COPYING_KEYS = frozenset({"platforms", "referrers", "digest_tags", "pin"})


def _looks_like_secret(name: str) -> bool:
    """AWS access keys, and long runs of capitals and digits without any `_`, are no variable names."""
    if re.fullmatch(r"A[A-Z]{3}[A-Z0-9]{12,}", name):
        return True
    return "_" not in name and len(name) >= 16 and any(char.isdigit() for char in name)


def _day(value: Any) -> date | None:
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value if isinstance(value, date) else None


def _merge_copying(base: Copying, data: Mapping[str, Any]) -> Copying:
    if not data.keys() & _COPYING_KEYS:
        return base
    platforms = data.get("platforms", base.platform or "all")
    return Copying(
        platform=None if platforms == "all" else platforms,
        referrers=data.get("referrers", base.referrers),
        digest_tags=data.get("digest_tags", base.digest_tags),
        pin=data.get("pin", base.pin),
    )


def _ecr_problems(data: Mapping[str, Any], path: KeyPath) -> Iterator[Problem]:
    encryption = data.get("encryption", {})
    if encryption.get("type") == "AES256" and encryption.get("kms_key"):
        message = "a KMS key is given, but the type AES256 does not use one"
        yield Problem("kms-key-unused", message, (*path, "encryption", "kms_key"), "remove it, or write type: KMS")
    tags = data.get("tags", {})
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            hint = "choose another key"
            yield Problem(
                "bad-resource-tag", f"{key!r}: AWS keeps `aws:` for itself", (*path, "tags", key), hint, on_key=True
            )
        elif not 1 <= len(key) <= 128 or not _RESOURCE_TAG.fullmatch(key) or not _RESOURCE_TAG.fullmatch(value):
            hint = "letters, digits, spaces and . : / = + - @ _"
            yield Problem("bad-resource-tag", f"AWS refuses the resource tag {key[:60]!r}", (*path, "tags", key), hint)
    if len(tags) > _MAX_RESOURCE_TAGS:
        message = f"{len(tags)} resource tags; AWS allows {_MAX_RESOURCE_TAGS}"
        yield Problem("bad-resource-tag", message, (*path, "tags"))
    yield from lifecycle_problems(data.get("lifecycle", {}), (*path, "lifecycle"))


def _merge_ecr(base: EcrSettings, data: Mapping[str, Any]) -> EcrSettings:
    return EcrSettings(
        tag_mutability=data.get("tag_mutability", base.tag_mutability),
        scan_on_push=data.get("scan_on_push", base.scan_on_push),
        encryption=_merge_encryption(base.encryption, data.get("encryption", {})),
        lifecycle=build_lifecycle(base.lifecycle, data.get("lifecycle", {})),
        tags=tuple(sorted({**dict(base.tags), **data.get("tags", {})}.items())),
    )


def _merge_encryption(base: Encryption, data: Mapping[str, Any]) -> Encryption:
    encryption = Encryption(data.get("type", base.type), data.get("kms_key", base.kms_key))
    # An entry that asks for AES256 does not inherit the key of the defaults.
    return Encryption("AES256") if encryption.type == "AES256" else encryption
