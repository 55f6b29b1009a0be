"""Kubernetes objects, as files or as a cluster gives them: containers, image volumes, and fields of custom resources.

Objects are known by their fields, not by their kind, so that a Pod template is found wherever it stands, and in a List.
What is left out: metadata, the status, Secrets, and ConfigMaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers.contract import Around, Format, Reading
from mirrorgen.readers.gathering import Gathering
from mirrorgen.readers.taking import is_template, parse
from mirrorgen.readers.yaml_documents import Document, Tagged

CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
"""Keys of a Pod's specification whose items run an image."""

_HAS_API_VERSION = re.compile(r"""^(?:\s*[{,])?\s*["']?apiVersion["']?\s*:""", re.MULTILINE)
_HAS_KIND = re.compile(r"""^(?:\s*[{,])?\s*["']?kind["']?\s*:""", re.MULTILINE)
_JSON_MARK = re.compile(r'"apiVersion"\s*:')
_LOOKED_AT = 100_000
"""Characters in which the marks of the format are looked for."""

# Fields that always hold an image, such as often hold one, and what may stand beside an image that is written in parts.
_IMAGE_KEYS = frozenset({"image", "imageName", "containerImage"})
_LIKE_IMAGE_KEY = re.compile(r"[a-z0-9]+Images?|images?", re.IGNORECASE)
_REGISTRY, _TAG, _DIGEST = "registry", "tag", "digest"
_NOT_LOOKED_INTO = frozenset({"metadata", "status"})
_KINDS_OF_TEXT = frozenset({"ConfigMap", "Secret"})


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether it has objects with `apiVersion` and `kind`."""
    start = text[:_LOOKED_AT]
    if start.lstrip("\ufeff \t\r\n").startswith("{"):
        return bool(_JSON_MARK.search(start))
    return bool(_HAS_API_VERSION.search(start) and _HAS_KIND.search(start))


def read(text: str, around: Around) -> Reading:
    """Take the images of all objects."""
    gathering = Gathering(FORMAT.name, around)
    for document in gathering.documents(text):
        take_fields(document, gathering)
    return gathering.reading()


def take_fields(document: Document, gathering: Gathering) -> None:
    """Take what stands in the fields of a document's objects that hold images."""
    for path, items in mappings(document.data):
        is_container = len(path) > 1 and path[-2] in CONTAINERS
        for key, value in items.items():
            if key in _IMAGE_KEYS:
                _take_image(document, (*path, key), items, gathering, is_container=is_container)
            elif key == "repository" and _is_image_in_parts(path, items):
                gathering.take(_joined(items, key), document.place((*path, key)), format_path(path))
            elif _LIKE_IMAGE_KEY.fullmatch(key):
                _take_likely(document, (*path, key), value, gathering)


def mappings(data: Any) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """Yield every mapping of an object with its path, without its metadata, its status and its texts."""
    waiting: list[tuple[KeyPath, Any]] = [((), data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(((*path, index), value[index]) for index in range(len(value) - 1, -1, -1))
        elif isinstance(value, dict):
            if value.get("kind") in _KINDS_OF_TEXT and "apiVersion" in value:
                continue
            yield path, value
            inner = ((key, child) for key, child in reversed(value.items()) if isinstance(child, dict | list))
            waiting.extend(((*path, key), child) for key, child in inner if key not in _NOT_LOOKED_INTO)


def _take_image(
    document: Document, path: KeyPath, items: dict[str, Any], gathering: Gathering, *, is_container: bool
) -> None:
    key, value = str(path[-1]), items[str(path[-1])]
    if is_container:
        gathering.take_from(document, path, value)
    elif isinstance(value, dict) and isinstance(value.get("reference"), str):
        # The volume of a Pod that is an image.
        gathering.take_from(document, (*path, "reference"), value["reference"])
    elif value and isinstance(value, str | Tagged):
        gathering.take(_joined(items, key), document.place(path), format_path(path))


def _take_likely(document: Document, path: KeyPath, value: Any, gathering: Gathering) -> None:
    """Take texts, alone or in a list, if they are images: that a field is called so is not enough."""
    for inner, text in (
        [((*path, i), item) for i, item in enumerate(value)] if isinstance(value, list) else [(path, value)]
    ):
        if isinstance(text, str) and (is_template(text) or is_explicit(text)):
            gathering.take_from(document, inner, text)


def is_explicit(text: str) -> bool:
    """Whether a text is an image even where none is expected: it has a slash, and a tag or a digest."""
    reference = parse(text)
    return reference is not None and "/" in text and bool(reference.tag or reference.digest)


def _is_image_in_parts(path: KeyPath, items: dict[str, Any]) -> bool:
    """Whether a mapping with a `repository` is an image: repositories of Git and of charts have that key, too."""
    name = items["repository"]
    if not isinstance(name, str):
        return False
    if path and _LIKE_IMAGE_KEY.fullmatch(str(path[-1])):
        return True
    return "://" not in name and any(isinstance(items.get(part), str) for part in (_REGISTRY, _TAG, _DIGEST))


def _joined(items: dict[str, Any], key: str) -> Any:
    """The image whose name stands under a key, with the registry, tag and digest that stand beside it."""
    name = items[key]
    if not isinstance(name, str):
        return name
    registry, tag, digest = (
        value if isinstance(value := items.get(part), str) else "" for part in (_REGISTRY, _TAG, _DIGEST)
    )
    known = parse(name)
    if key != "repository" and known and (known.tag or known.digest):
        tag = digest = ""
    if registry and not name.startswith(f"{registry}/"):
        name = f"{registry.rstrip('/')}/{name}"
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


FORMAT = Format("kubernetes", "Kubernetes objects", recognizes, read)
