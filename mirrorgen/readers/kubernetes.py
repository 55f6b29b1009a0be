"""Kubernetes objects, as files or as a cluster gives them: containers, image volumes, and fields of custom resources.

Objects are known by their fields, not by their kind, so that a Pod template is found wherever it stands, and in a List.
What is left out: metadata, the status, Secrets, and ConfigMaps. Where texts are searched, too, `texts.py` does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mirrorgen.model.references import is_digest
from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers import pods
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading
from mirrorgen.readers.gathering import Gathering
from mirrorgen.readers.pods import running_digests
from mirrorgen.readers.taking import is_template, parse, show, take
from mirrorgen.readers.texts import take_texts
from mirrorgen.readers.yaml_documents import Document, Tagged, read_documents, untagged

CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
"""Keys of a Pod's specification whose items run an image."""

_HAS_API_VERSION = re.compile(r"""^[ \t]*(?:[{,][ \t]*)?["']?apiVersion["']?\s*:""", re.MULTILINE)
_HAS_KIND = re.compile(r"""^[ \t]*(?:[{,][ \t]*)?["']?kind["']?\s*:""", re.MULTILINE)
_JSON_MARK = re.compile(r'"apiVersion"\s*:')
_LOOKED_AT = 100_000
"""Characters in which the marks of the format are looked for."""

# Fields that always hold an image, such as often hold one, and what may stand beside an image that is written in parts.
_IMAGE_KEYS = frozenset({"image", "imageName", "containerImage"})
_LIKE_IMAGE_KEY = re.compile(r"[a-z0-9]+Images?|images?", re.IGNORECASE)
_REGISTRY, _TAG, _DIGEST = "registry", "tag", "digest"
# What charts of Elastic call a tag, and those of Grafana and Prometheus a digest.
_OTHER_TAG, _OTHER_DIGEST = "imageTag", "sha"
_PARTS = (_REGISTRY, _TAG, _DIGEST, _OTHER_TAG, _OTHER_DIGEST)
_LEFT_OUT = frozenset({"metadata", "status"})
_KINDS_OF_TEXT = frozenset({"ConfigMap", "Secret"})


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether it has objects with `apiVersion` and `kind`."""
    start = text[:_LOOKED_AT]
    if start.lstrip("\ufeff \t\r\n").startswith("{"):
        return bool(_JSON_MARK.search(start))
    return bool(_HAS_API_VERSION.search(start) and _HAS_KIND.search(start))


def read(text: str, around: Around) -> Reading:
    """Take the images of all objects."""
    return _read(text, Gathering(FORMAT.name, around))


def read_pods(text: str, around: Around) -> Reading:
    """Take the images of Pods, which are objects like others."""
    return _read(text, Gathering(PODS.name, around))


def _read(text: str, gathering: Gathering) -> Reading:
    for document in gathering.documents(text):
        taken = _take_fields(document, gathering)
        if gathering.around.deep:
            take_texts(document, text, taken, gathering, _named_in)
    return gathering.reading()


def _named_in(text: str) -> list[tuple[int, int, str]]:
    """The images in fields of a text that may be YAML: line, column, and what is written."""
    found = Gathering("", Around(""))
    for document in read_documents(text, "").documents:
        _take_fields(document, found)
    reading = found.reading()
    images = [(each.place.line, each.place.column, each.written) for each in reading.images]
    return images + [(each.place.line, each.place.column, each.written) for each in reading.refused]


def _take_fields(document: Document, gathering: Gathering) -> set[KeyPath]:
    """Take what stands in the fields of a document's objects that hold images, and say at which paths."""
    taken = set()
    for path, items, consumer, digests in _mappings(document.data):
        is_container = len(path) > 1 and path[-2] in CONTAINERS
        if _is_only_a_part(path, items):
            reason = "it is a part of an image, and its name stands in a chart or an operator"
            gathering.refuse("", document.place(path), format_path(path), reason, "give what is made of it")
        if _is_new_name_alone(path, items):
            reason = "kustomize gives it to images whose tags other files say"
            hint = "give what `kustomize build` prints"
            gathering.refuse(items["newName"], document.place((*path, "newName")), format_path(path), reason, hint)
        for key, value in items.items():
            for inner, written in _written(path, items, key, value, is_container=is_container):
                found = take(written, document.place(inner), format_path(inner))
                if isinstance(found, NamedImage):
                    digest = digests.get(str(items.get("name"))) if is_container else None
                    found = replace(found, consumer=consumer, running=digest)
                gathering.add(found)
                taken.add(inner)
    return taken


def _mappings(data: Any) -> Iterator[tuple[KeyPath, dict[str, Any], str, dict[str, str]]]:
    """Yield every mapping of an object, without its metadata, its status and its texts.

    With each: its path, what the object around it is called, and which digests its containers run.
    """
    waiting: list[tuple[KeyPath, Any, str, dict[str, str]]] = [((), data, "", {})]
    while waiting:
        path, value, consumer, digests = waiting.pop()
        value = untagged(value)
        if isinstance(value, list):
            indexes = range(len(value) - 1, -1, -1)
            waiting.extend(((*path, index), value[index], consumer, digests) for index in indexes)
        elif isinstance(value, dict):
            if "apiVersion" in value and _kind(value) in _KINDS_OF_TEXT:
                continue
            if isinstance(value.get("metadata"), dict) and ("apiVersion" in value or path[-2:-1] == ("items",)):
                consumer, digests = _called(value) or consumer, running_digests(value)
            yield path, value, consumer, digests
            inner = ((key, child) for key, child in reversed(value.items()) if isinstance(untagged(child), dict | list))
            waiting.extend(((*path, key), child, consumer, digests) for key, child in inner if key not in _LEFT_OUT)


def _is_new_name_alone(path: KeyPath, items: dict[str, Any]) -> bool:
    """Whether a mapping is one of the `images` of a kustomization that leaves each its tag."""
    return path[-2:-1] == ("images",) and bool(_text(items, "newName")) and _kustomized(items) is None


def _is_only_a_part(path: KeyPath, items: dict[str, Any]) -> bool:
    """Whether a mapping under `image` has a tag or a digest, and no name."""
    if not path or path[-1] not in _IMAGE_KEYS or any(items.get(key) for key in ("repository", "name", *_IMAGE_KEYS)):
        return False
    return any(_text(items, part) for part in (_TAG, _DIGEST))


def _kind(item: dict[str, Any]) -> str:
    kind = item.get("kind")
    return kind if isinstance(kind, str) else ""


def _called(item: dict[str, Any]) -> str:
    """What people call an object: `shop/web-0` for a Pod, `Deployment shop/web` for others."""
    metadata, kind = item["metadata"], item.get("kind", "Pod")
    names = [name for key in ("namespace", "name") if isinstance(name := metadata.get(key), str)]
    return " ".join(([] if kind == "Pod" else [show(kind)]) + ["/".join(names)]) if "name" in metadata else ""


def _written(
    path: KeyPath, items: dict[str, Any], key: str, value: Any, *, is_container: bool
) -> Iterator[tuple[KeyPath, Any]]:
    """Yield what a field of a mapping says of images, with the path to it."""
    if key in _IMAGE_KEYS:
        yield from _in_image(path, items, key, is_container=is_container)
    elif key == "repository":
        if _is_image_in_parts(path, items):
            yield (*path, key), _joined(items, key)
    elif key == "name":
        if _is_named_in_parts(path, items):
            yield (*path, key), _joined(items, key)
    elif _LIKE_IMAGE_KEY.fullmatch(key):
        # That a field is called so is not enough.
        inner = [((*path, key, i), item) for i, item in enumerate(value)] if isinstance(value, list) else []
        for where, item in inner or [((*path, key), value)]:
            # Argo CD has `old=new` for kustomize.
            text = item.rpartition("=")[2] if isinstance(item, str) else None
            if isinstance(item, dict) and (renamed := _kustomized(item)):
                yield (*where, "name"), renamed
            elif text and (is_template(text) or is_explicit(text)):
                yield where, text


def _kustomized(item: dict[str, Any]) -> str | None:
    """The image that kustomize makes of all those with a name; None where each keeps its tag, or it is another item.

    https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/
    """
    name, new_name, tag, digest = (
        value if isinstance(value := item.get(key), str) else "" for key in ("name", "newName", "newTag", "digest")
    )
    if not name or not (tag or digest):
        return None
    return (new_name or name) + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def _in_image(path: KeyPath, items: dict[str, Any], key: str, *, is_container: bool) -> Iterator[tuple[KeyPath, Any]]:
    value = items[key]
    if is_container:
        yield (*path, key), value
    elif isinstance(value, dict) and isinstance(value.get("reference"), str):
        # The volume of a Pod that is an image.
        yield (*path, key, "reference"), value["reference"]
    elif value and isinstance(value, str | Tagged):
        yield (*path, key), _joined(items, key)


def is_explicit(text: str) -> bool:
    """Whether a text is an image even where none is expected: it has a slash, and a tag or a digest."""
    reference = parse(text)
    return reference is not None and "/" in text and bool(reference.tag or reference.digest)


def _is_image_in_parts(path: KeyPath, items: dict[str, Any]) -> bool:
    """Whether a mapping with a `repository` is an image: repositories of Git and of charts have that key, too."""
    name = items["repository"]
    if not isinstance(name, str) or not name:
        return False
    if path and _LIKE_IMAGE_KEY.fullmatch(str(path[-1])):
        return True
    return "://" not in name and any(isinstance(items.get(part), str) for part in (_REGISTRY, _TAG, _DIGEST))


def _is_named_in_parts(path: KeyPath, items: dict[str, Any]) -> bool:
    """Whether a mapping is an image whose repository is called `name`."""
    if not path or path[-1] not in _IMAGE_KEYS or items.keys() & {"repository", *_IMAGE_KEYS}:
        return False
    return bool(_text(items, "name")) and any(_text(items, part) for part in (_REGISTRY, _TAG, _DIGEST))


def _text(items: dict[str, Any], key: str) -> str:
    return value if isinstance(value := items.get(key), str) else ""


def _joined(items: dict[str, Any], key: str) -> Any:
    """The image whose name stands under a key, with the registry, tag and digest that stand beside it."""
    name = items[key]
    if not isinstance(name, str):
        return name
    registry, tag, digest, other_tag, sha = (_text(items, part) for part in _PARTS)
    tag, digest = tag or other_tag, digest or (f"sha256:{sha}" if sha and is_digest(f"sha256:{sha}") else "")
    known = parse(name)
    if key != "repository" and known and (known.tag or known.digest):
        tag = digest = ""
    if registry and not name.startswith(f"{registry}/"):
        name = f"{registry.rstrip('/')}/{name}"
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


FORMAT = Format("kubernetes", "Kubernetes objects", recognizes, read)
PODS = Format("pods", "Pods of a cluster, with their status", pods.recognizes, read_pods)
