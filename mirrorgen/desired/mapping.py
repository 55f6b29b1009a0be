"""From an upstream repository to its place in the target."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorgen.model.images import Image, Registry
from mirrorgen.model.references import DOCKER_HUB, Source
from mirrorgen.model.registries import default_alias


def repository_name(image: Image, *, prefix: str, registries: Mapping[str, Registry]) -> str:
    """Return the target repository's full name: the entry's own, or `<prefix>/<alias>/<path>`."""
    return image.repository or derived_name(image.source, prefix=prefix, alias=alias_of(image.source.host, registries))


def derived_name(source: Source, *, prefix: str, alias: str) -> str:
    """Return `<prefix>/<alias>/<path>`; Docker Hub's `library/` is dropped, and so is an empty prefix."""
    path = source.path.removeprefix("library/") if source.host == DOCKER_HUB else source.path
    return "/".join(filter(None, (prefix, alias, path)))


def alias_of(host: str, registries: Mapping[str, Registry]) -> str:
    """Return the path segment that stands for a registry in target names."""
    registry = registries.get(host)
    return registry.alias if registry else default_alias(host)
