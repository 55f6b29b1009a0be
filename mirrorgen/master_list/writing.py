"""From the model back to the data of a file: what `build_model` reads as the same model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mirrorgen.model.images import Copying, Image, MasterList, Registry, TagRule


def list_document(master_list: MasterList) -> dict[str, Any]:
    """Return the data of a list, every setting written out in its entry.

    Args:
        master_list: without errors.
    """
    return {
        "target": master_list.target.document(),
        "registries": {host: registry_document(registry) for host, registry in master_list.registries.items()},
        "defaults": {"parallel": master_list.parallel},
        "images": [_image(image, master_list) for image in master_list.images],
    }


def tags_document(rule: TagRule) -> Any:
    """Return what stands under `tags`: a list of tags, or a mapping of all that is not left to its default."""
    if not rule.is_mapping:
        return list(rule.exact)
    default = TagRule()
    fields = {name: getattr(rule, name) for name in TagRule.__dataclass_fields__ if name != "is_mapping"}
    return {name: _plain(value) for name, value in fields.items() if value != getattr(default, name)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _image(image: Image, master_list: MasterList) -> dict[str, Any]:
    entry = {
        "source": str(image.source),
        "tags": tags_document(image.tags),
        **_copying(image.copying),
        "repository": image.repository,
        **master_list.target.write_settings(image.settings),
        "owner": image.owner,
        "expires": image.expires.isoformat() if image.expires else None,
        "update": _plain(image.update),
        "labels": list(image.labels) or None,
    }
    return {key: value for key, value in entry.items() if value is not None}


def _copying(copying: Copying) -> dict[str, Any]:
    return {
        "platforms": copying.platform or "all",
        "referrers": copying.referrers,
        "digest_tags": copying.digest_tags,
        "pin": copying.pin,
    }


def registry_document(registry: Registry) -> dict[str, Any]:
    """Return what stands under `registries` for one of them."""
    names, limit = registry.credentials, registry.rate_limit
    written = {
        "alias": registry.alias,
        "keep_library": registry.keep_library or None,
        "credentials": names and names.document(),
        "requests_per_second": registry.requests_per_second,
        "concurrent_requests": registry.concurrent_requests,
        "rate_limit": limit and {"min": limit.min, "retry": limit.retry},
        "pulls_per_six_hours": registry.pulls_per_six_hours,
        "hostname": registry.hostname,
        "tls": registry.tls,
        "path_prefix": registry.path_prefix,
    }
    return {key: value for key, value in written.items() if value is not None}
