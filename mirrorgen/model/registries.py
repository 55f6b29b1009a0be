"""Registries that everybody knows: what stands for them in names, and hosts that are mistaken for them."""

from __future__ import annotations

import re

from mirrorgen.model.references import DOCKER_HUB, is_host, normalize_host
from mirrorgen.model.spelling import slips_between

# Default path segments for registries; any other host stands for itself.
_ALIASES = {
    DOCKER_HUB: "docker-hub",
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

# Registries with names near to those above, and rightly so.
_OTHERS = ("icr.io", "lscr.io")

# Where people look at Docker Hub, or think that it is; no images are served there.
_NOT_DOCKER_HUB = frozenset({"dockerhub.com", "dockerhub.io", "docker.com", "hub.docker.com", "hub.docker.io"})


def default_alias(host: str) -> str:
    """Return the path segment that stands for a registry when the list names none."""
    return _ALIASES.get(host, host.replace(":", "-"))


def hosts_called(alias: str) -> list[str]:
    """Return the registries that are called so as long as no list calls them otherwise.

    Args:
        alias: the path segment that stands for the registry.
    """
    # Only a colon is written otherwise, and only before a port.
    with_port = re.sub(r"-(?=[0-9]{1,5}$)", ":", alias)
    candidates = dict.fromkeys((*_ALIASES, alias, with_port))
    return [
        host for host in candidates if default_alias(host) == alias and normalize_host(host) == host and is_host(host)
    ]


def hosts_meant(host: str) -> list[str]:
    """Return the well-known registries that a host is one slip away from, sorted; none for one that is known itself."""
    if host in _NOT_DOCKER_HUB:
        return [DOCKER_HUB]
    if host in _ALIASES or host in _OTHERS:
        return []
    return sorted(known for known in _ALIASES if slips_between(host, known, most=1) is not None)
