"""A list as the demo runs it: the same entries, with everything on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mirrorgen.demo import upstreams
from mirrorgen.demo.emulator import Emulator
from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.ecr.lifecycle import policy
from mirrorgen.errors import UsageError
from mirrorgen.model.images import Image, Lifecycle, TagRule
from mirrorgen.operations.upstream.selecting import Listings


def images_to_serve(desired: DesiredState, listings: Listings) -> dict[str, list[str]]:
    """Tags to serve, by source: what the list writes out, and for rules what the listing has.

    Raises:
        UsageError: a rule has nothing to choose from.
    """
    images: dict[str, set[str]] = {}
    for repository in desired.repositories:
        source = str(repository.source)
        if repository.is_open and source not in listings:
            hint = "give it with --from; `mirrorgen tags --save FILE` asks the real upstreams and writes it"
            raise UsageError(f"the demo does not know which tags {source} has for its rule to choose from", hint=hint)
        images.setdefault(source, set()).update(repository.tags, listings.get(source, ()))
    return {source: sorted(tags) for source, tags in images.items()}


def local_list(desired: DesiredState, images: Sequence[Image], running: Emulator) -> dict[str, Any]:
    """Rewrite a list for this machine: upstreams and target are the emulator, without credentials, pauses and pace.

    Args:
        desired: its desired state.
        images: its entries.
        running: the emulator.
    """
    registries = {
        registry.host: {
            "alias": registry.alias,
            "hostname": running.address,
            "tls": "disabled",
            "path_prefix": upstreams.path_prefix(registry.host),
            "concurrent_requests": 16,
        }
        for registry in desired.registries
    }
    target = replace(
        desired.target,
        account_id=running.account_id,
        region=running.region,
        auth="credential-helper",
        endpoint=running.endpoint,
    )
    return {
        "target": {name: getattr(target, name) for name in type(target).__dataclass_fields__},
        "registries": registries,
        "defaults": {"parallel": max(desired.parallel, 8)},
        "images": [_entry(image) for image in images],
    }


def _tags(rule: TagRule) -> Any:
    if not rule.is_mapping:
        return list(rule.exact)
    default = TagRule()
    fields = {name: getattr(rule, name) for name in TagRule.__dataclass_fields__ if name != "is_mapping"}
    written = {name: value for name, value in fields.items() if value != getattr(default, name)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in written.items()}


def _lifecycle(lifecycle: Lifecycle) -> dict[str, Any]:
    if lifecycle.rules is not None:
        return policy(lifecycle.rules)
    return {"untagged_days": lifecycle.untagged_days or False, "keep_last": lifecycle.keep_last or False}


def _entry(image: Image) -> dict[str, Any]:
    ecr = image.ecr
    entry = {
        "source": str(image.source),
        "tags": _tags(image.tags),
        "platforms": image.copying.platform or "all",
        "referrers": image.copying.referrers,
        "digest_tags": image.copying.digest_tags,
        "pin": image.copying.pin,
        "repository": image.repository,
        "ecr": {
            "tag_mutability": ecr.tag_mutability,
            "scan_on_push": ecr.scan_on_push,
            "encryption": {"type": ecr.encryption.type, "kms_key": ecr.encryption.kms_key},
            "lifecycle": _lifecycle(ecr.lifecycle),
            "tags": dict(ecr.tags),
        },
    }
    return {key: value for key, value in entry.items() if value is not None}
