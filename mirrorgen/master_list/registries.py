"""What the registries of a list and its images say of each other, once both are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mirrorgen.model.images import Image, Registry
from mirrorgen.model.registries import hosts_meant
from mirrorgen.model.spelling import nearest
from mirrorgen.model.targets import Target
from mirrorgen.problems import Problem, Severity


def host_problems(images: Iterable[Image], registries: Mapping[str, Registry]) -> Iterator[Problem]:
    """Yield a warning for each source on a host that looks like a slip; one that is configured is meant."""
    for image in images:
        host = image.source.host
        meant = [] if host in registries else hosts_meant(host)
        if meant:
            message = f"{host} looks like a slip for {' or '.join(meant)}"
            hint = f"write {meant[0]}, or name {host} under `registries` if it is meant"
            yield Problem("unlikely-host", message, (*image.path, "source"), hint, Severity.WARNING)


def unused_registries(
    images: Sequence[Image], registries: Mapping[str, Registry], written: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield a warning for each registry that no image comes from.

    Args:
        images: all of the list.
        registries: by host.
        written: how each host is written in the list.
    """
    used = {image.source.host for image in images}
    # Of two hosts that are near, the well-known one is not the slip.
    likely = {host for host in used if not hosts_meant(host)}
    for host in registries.keys() - used:
        near = nearest(host, likely)
        hint = f"did you mean {near[0]!r}?" if near else "remove it"
        message = f"no image comes from {written[host]}"
        yield Problem("unused-registry", message, ("registries", written[host]), hint, Severity.WARNING, on_key=True)


def target_as_upstream(
    registries: Mapping[str, Registry], target: Target, written: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield an error for each setting with which the target, as an upstream, would be reached in another way.

    regsync knows one way to reach a host, whether it reads there or writes.
    """
    registry = registries.get(target.host)
    if registry is None:
        return
    sign_in = target.sign_in()
    said = {
        "credentials": (registry.credentials, target.credentials),
        "hostname": (registry.hostname, sign_in.get("hostname")),
        "tls": (registry.tls if registry.tls != "enabled" else None, sign_in.get("tls")),
        "path_prefix": (registry.path_prefix, None),
    }
    for key, (here, there) in said.items():
        if here is not None and here != there:
            message = f"{target.host} is the target, too, and {key!r} does not say what `target` says of it"
            hint = "remove it; images from there are read as `target` says"
            yield Problem("registry-is-target", message, ("registries", written[target.host], key), hint, on_key=True)


def limit_problems(
    images: Iterable[Image], registries: Mapping[str, Registry], written: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield an error for each registry of which the limit lets no run ever copy one of its images."""
    for host, registry in registries.items():
        limit = registry.pulls_per_six_hours
        mine = [image for image in images if image.source.host == host]
        if limit is None or not mine:
            continue
        costly = max(mine, key=lambda image: image.copying.pulls())
        if costly.copying.pulls() > limit:
            message = f"{costly.source} would never be copied: one image takes about {costly.copying.pulls()} pulls"
            hint = f"write at least {costly.copying.pulls()}, or remove the limit"
            path = ("registries", written[host], "pulls_per_six_hours")
            yield Problem("limit-too-low", message, path, hint, related=(*costly.path, "source"))
