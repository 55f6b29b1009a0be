"""From an upstream repository to its place in the target."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mirrorgen.model.images import Image, MasterList, Registry
from mirrorgen.model.references import DOCKER_HUB, Source, parse_source
from mirrorgen.model.registries import default_alias, hosts_called


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


def sources_called(
    name: str, *, prefix: str, registries: Mapping[str, Registry], hosts: Collection[str]
) -> tuple[Source, ...]:
    """Return the sources that would have this target repository if no entry gave them another: `usual_name` inverted.

    Args:
        name: of the repository.
        prefix: first path segments of its name, which are no part of the rule.
        registries: by host, those that the list configures.
        hosts: of the registries in use. Another of the same alias could not be, so these leave no doubt.

    Returns:
        Nothing where the rule gives no source this name, several where a host cannot be told from its alias.
    """
    alias, _, path = name.removeprefix(f"{prefix}/").partition("/")
    known = [host for host in sorted({*registries, *hosts}) if alias_of(host, registries) == alias]
    # A name on Docker Hub has two parts, of which the rule drops the first of an official image.
    official = f"library/{path}" if "/" not in path else path
    possible = [Source(host, official if host == DOCKER_HUB else path) for host in known or hosts_called(alias)]
    return tuple(
        source
        for source in possible
        if parse_source(str(source), ()) == source and usual_name(source, prefix=prefix, registries=registries) == name
    )


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
