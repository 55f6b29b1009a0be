"""A list as the demo runs it: the same entries, with everything on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mirrorgen.demo import upstreams
from mirrorgen.demo.emulator import Emulator
from mirrorgen.desired.selection import Listings
from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.errors import UsageError
from mirrorgen.model.images import Image, MasterList, Registry


def images_to_serve(desired: DesiredState, listings: Listings) -> dict[str, list[str]]:
    """Tags to serve, by source: what the list writes out, and for rules what the listing has.

    Raises:
        UsageError: a rule has nothing to choose from.
    """
    images: dict[str, set[str]] = {}
    for _, entry in desired.entries:
        source = str(entry.source)
        if entry.is_open and source not in listings:
            hint = "give it with --from; `mirrorgen tags --save FILE` asks the real upstreams and writes it"
            raise UsageError(f"the demo does not know which tags {source} has for its rule to choose from", hint=hint)
        images.setdefault(source, set()).update(entry.tags, listings.get(source, ()))
    return {source: sorted(tags) for source, tags in images.items()}


def local_list(
    master_list: MasterList,
    registries: Iterable[Registry],
    running: Emulator,
    digests: Mapping[tuple[str, str], str],
) -> MasterList:
    """Move a list to this machine: upstreams and target are the emulator, without credentials, pauses and pace.

    Args:
        master_list: the list.
        registries: every upstream registry in use.
        running: the emulator.
        digests: of what stands in for the images, by source and tag.

    Raises:
        UsageError: the target is not in ECR.
    """
    if not isinstance(master_list.target, EcrTarget):
        raise UsageError("the demo plays ECR, and the target of this list is another registry")
    return replace(
        master_list,
        target=replace(
            master_list.target,
            account_id=running.account_id,
            region=running.region,
            auth="credential-helper",
            endpoint=running.endpoint,
        ),
        registries={registry.host: _local(registry, running) for registry in registries},
        parallel=max(master_list.parallel, 8),
        images=tuple(_with_digests(image, digests) for image in master_list.images),
    )


def _with_digests(image: Image, digests: Mapping[tuple[str, str], str]) -> Image:
    """What stands in for an image has a digest of its own."""
    found = {tag: digests[str(image.source), tag] for tag in image.tags.digests}
    return replace(image, tags=replace(image.tags, digests=found))


def _local(registry: Registry, running: Emulator) -> Registry:
    return Registry(
        host=registry.host,
        alias=registry.alias,
        hostname=running.address,
        tls="disabled",
        path_prefix=upstreams.path_prefix(registry.host),
        concurrent_requests=16,
    )
