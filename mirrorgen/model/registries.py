"""Registries that everybody knows: what stands for them in names, and hosts that are mistaken for them."""

from __future__ import annotations

from mirrorgen.model.references import DOCKER_HUB
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


def hosts_meant(host: str) -> list[str]:
    """Return the well-known registries that a host is one slip away from, sorted; none for one that is known itself."""
    if host in _NOT_DOCKER_HUB:
        return [DOCKER_HUB]
    if host in _ALIASES or host in _OTHERS:
        return []
    return sorted(known for known in _ALIASES if slips_between(host, known, most=1) is not None)
