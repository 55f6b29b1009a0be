"""An override for compose files: the same services with other images, to be given after the files with `-f`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mirrorgen.consumers.forms.contract import Form, Left, Order, Takes, Use, Written, left_of
from mirrorgen.consumers.forms.renaming import not_pinned
from mirrorgen.consumers.forms.yaml_text import dump
from mirrorgen.problems import format_path
from mirrorgen.readers.compose import is_reset
from mirrorgen.readers.yaml_documents import read_documents, untagged


def write(order: Order) -> Written:
    """Return the override; what cannot be overridden is left."""
    services: dict[str, Any] = {}
    left = list(left_of(order))
    giving = _giving(order)
    for use in order.uses:
        if not use.finding.is_mirrored:
            continue
        service = use.image.consumer
        is_image = use.image.path == format_path(("services", service, "image"))
        if is_image and use.image.place.file != giving.get(service):
            continue  # another file says what the service runs
        if not is_image:
            reason = "it is not what a service runs, which is all that an override changes; use `rewrite files`"
            left.append(Left(use.image.written, reason, use.image.place))
            continue
        services[service] = {"image": _image(use, pin=order.pin)}
        if order.pin and not use.finding.copy.digest:
            left.append(not_pinned(use.image.written, use, use.finding.copy))
    return Written(dump({"services": services}), left=tuple(left))


def _giving(order: Order) -> dict[str, str]:
    """Return which file gives each service the image that it runs: the last that has one; none where one is built.

    https://docs.docker.com/reference/compose-file/merge/
    """
    giving: dict[str, str] = {}
    built: dict[str, bool] = {}
    for file, text in order.texts.items():
        for name, service in _services(text, file):
            if "image" in service:
                giving[name] = file
            if "build" in service:
                built[name] = not is_reset(service["build"])
    return {name: file for name, file in giving.items() if not built.get(name)}


def _services(text: str, file: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for document in read_documents(text, file).documents:
        data = untagged(document.data)
        services = untagged(data.get("services")) if isinstance(data, dict) else None
        for name, service in services.items() if isinstance(services, dict) else ():
            if isinstance(found := untagged(service), dict):
                yield str(name), found


def _image(use: Use, *, pin: bool) -> str:
    """The image with every variable filled in: an override that reads them again could name another tag."""
    image, copy = use.image, use.finding.copy
    if pin and copy.digest:
        return copy.pinned
    return copy.name + (f":{image.tag}" if image.tag else "") + (f"@{image.digest}" if image.digest else "")


FORM = Form("compose", "an override for compose files", Takes.FILES, write)
