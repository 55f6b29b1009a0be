"""From an upstream repository to its place in the target."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorgen.model.images import Image, MasterList, Registry
from mirrorgen.model.references import DOCKER_HUB, Source
from mirrorgen.model.registries import default_alias


def repository_name(image: Image, *, prefix: str, registries: Mapping[str, Registry]) -> str:
    """Return the target repository's full name: the entry's own, or `<prefix>/<alias>/<path>`."""
    return image.repository or usual_name(image.source, prefix=prefix, registries=registries)


def read_from(master_list: MasterList, image: Image) -> str:
    """Return the repository of the list's first target that has an entry already; nothing where upstream is read."""
    first = master_list.first
    if first is None or not first.share.takes(image):
        return ""
    name = repository_name(image, prefix=first.target.prefix, registries=master_list.registries)
    return f"{first.target.host}/{name}"


def usual_name(source: Source, *, prefix: str, registries: Mapping[str, Registry]) -> str:
    """Return the full name of a source's target repository where no entry gives it another."""
    registry = registries.get(source.host)
    keeps = registry is not None and registry.keep_library
    return derived_name(source, prefix=prefix, alias=alias_of(source.host, registries), keep_library=keeps)


def derived_name(source: Source, *, prefix: str, alias: str, keep_library: bool = False) -> str:
    """Return `<prefix>/<alias>/<path>`; an empty prefix is dropped, and Docker Hub's `library/` if it is not kept."""
    drops = source.host == DOCKER_HUB and not keep_library
    path = source.path.removeprefix("library/") if drops else source.path
    return "/".join(filter(None, (prefix, alias, path)))


def alias_of(host: str, registries: Mapping[str, Registry]) -> str:
    """Return the path segment that stands for a registry in target names."""
    registry = registries.get(host)
    return registry.alias if registry else default_alias(host)


def is_usual_name(name: str, source: Source) -> bool:
    """Whether a list that no longer has a source may have brought it into the target repository of this name.

    Nobody knows its prefix and its alias then, so any will do; an official image of Docker Hub has too short a path.
    """
    usual = derived_name(source, prefix="", alias=default_alias(source.host))
    return any(f"/{name}".endswith(f"/{end}") for end in (source.path, usual))
