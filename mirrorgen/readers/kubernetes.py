"""Kubernetes objects, as files or as a cluster gives them: containers, image volumes, and fields of custom resources.

Objects are known by their fields, not by their kind, so that a Pod template is found wherever it stands, and in a List.
What is left out: metadata, the status, Secrets, and ConfigMaps. Where texts are searched, too, `texts.py` does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers import pods
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading, Refusal
from mirrorgen.readers.gathering import Gathering
from mirrorgen.readers.image_fields import is_new_name_alone, is_only_a_part, leaves_tag_open, written
from mirrorgen.readers.pods import running_digests
from mirrorgen.readers.taking import show, take
from mirrorgen.readers.texts import take_texts
from mirrorgen.readers.yaml_documents import Document, Tagged, read_documents, untagged

CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
"""Keys of a Pod's specification whose items run an image."""

_HAS_API_VERSION = re.compile(r"""^[ \t]*(?:[{,][ \t]*)?["']?apiVersion["']?\s*:""", re.MULTILINE)
_HAS_KIND = re.compile(r"""^[ \t]*(?:[{,][ \t]*)?["']?kind["']?\s*:""", re.MULTILINE)
_JSON_MARK = re.compile(r'"apiVersion"\s*:')
_LOOKED_AT = 100_000
"""Characters in which the marks of the format are looked for."""

_NO_TAG = "it names no tag, and which one a chart or an operator takes is not known here"
_MADE = "give what is made of it"
_CHART = ("the images of its chart stand there, and are not read", "give what `helm template` makes of it")
_FILES = ("what it deploys stands in other files", "read those, too")
_BUILT = ("what it is made of stands in other files", "give what `kustomize build` prints")
_DEPLOYED = {
    ("helm.toolkit.fluxcd.io", "HelmRelease"): _CHART,
    ("helm.cattle.io", "HelmChart"): _CHART,
    ("argoproj.io", "Application"): _FILES,
    ("argoproj.io", "ApplicationSet"): _FILES,
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): _FILES,
    ("kustomize.config.k8s.io", "Kustomization"): _BUILT,
    ("kustomize.config.k8s.io", "Component"): _BUILT,
}
_COLLECTIONS = (dict, list, Tagged)
_LEFT_OUT = frozenset({"metadata", "status"})
_PATTERNS = frozenset({"validate", "verifyImages"})
"""What a rule of Kyverno says of images that others have: https://kyverno.io/docs/policy-types/cluster-policy/."""

_KINDS_OF_TEXT = frozenset({"ConfigMap", "Secret"})
_RUN_NOTHING = frozenset(
    {
        # Where Flux looks for tags: https://fluxcd.io/flux/components/image/imagerepositories/
        ("image.toolkit.fluxcd.io", "ImageRepository"),
        # Which fields other objects may have, what these mean and which text may stand there.
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)


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
        # Values of charts have mappings of containers, whose images they write in parts.
        is_container = len(path) > 1 and path[-2] in CONTAINERS and isinstance(path[-1], int)
        if "apiVersion" in items and (deployed := _DEPLOYED.get(_group_and_kind(items))):
            gathering.note(document, (*path, "kind"), *deployed)
        if is_only_a_part(path, items):
            reason = "it is a part of an image, and its name stands in a chart or an operator"
            gathering.refuse("", document.place(path), format_path(path), reason, _MADE)
        if is_new_name_alone(path, items):
            reason = "kustomize gives it to images whose tags other files say"
            hint = "give what `kustomize build` prints"
            gathering.refuse(items["newName"], document.place((*path, "newName")), format_path(path), reason, hint)
        for key, value in items.items():
            for inner, text in written(path, items, key, value, is_container=is_container):
                found = take(text, document.place(inner), format_path(inner))
                if isinstance(found, NamedImage) and not is_container and _is_open(found, items, key):
                    found = Refusal(found.written, found.place, found.path, _NO_TAG, _MADE)
                elif isinstance(found, NamedImage):
                    digest = digests.get(str(items.get("name"))) if is_container else None
                    found = replace(found, consumer=consumer, running=digest)
                gathering.add(found)
                taken.add(inner)
    return taken


def _is_open(image: NamedImage, items: dict[str, Any], key: str) -> bool:
    return not (image.tag or image.digest) and leaves_tag_open(items, key)


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
            if "apiVersion" in value and (_kind(value) in _KINDS_OF_TEXT or _group_and_kind(value) in _RUN_NOTHING):
                continue
            if isinstance(value.get("metadata"), dict) and ("apiVersion" in value or path[-2:-1] == ("items",)):
                consumer, digests = _called(value) or consumer, running_digests(value)
            yield path, value, consumer, digests
            left_out = _left_out(path, value)
            waiting.extend(
                ((*path, key), child, consumer, digests)
                for key, child in reversed(value.items())
                if isinstance(child, _COLLECTIONS) and key not in left_out
            )


def _left_out(path: KeyPath, value: dict[str, Any]) -> frozenset[str]:
    """Keys of a mapping under which no image is run."""
    if path[-2:-1] == ("rules",) and "match" in value:
        return _PATTERNS
    return _LEFT_OUT if _is_object(path, value) else frozenset()


def _is_object(path: KeyPath, item: dict[str, Any]) -> bool:
    """Whether a mapping has metadata and a status of its own: an object, or a template of one.

    What a chart or an operator calls so may be a part of a program.
    """
    return "apiVersion" in item or "spec" in item or path[-2:-1] == ("items",)


def _group_and_kind(item: dict[str, Any]) -> tuple[str, str]:
    version = item.get("apiVersion")
    return version.partition("/")[0] if isinstance(version, str) else "", _kind(item)


def _kind(item: dict[str, Any]) -> str:
    kind = item.get("kind")
    return kind if isinstance(kind, str) else ""


def _called(item: dict[str, Any]) -> str:
    """What people call an object: `shop/web-0` for a Pod, `Deployment shop/web` for others."""
    metadata, kind = item["metadata"], item.get("kind", "Pod")
    names = [name for key in ("namespace", "name") if isinstance(name := metadata.get(key), str)]
    return " ".join(([] if kind == "Pod" else [show(kind)]) + ["/".join(names)]) if "name" in metadata else ""


FORMAT = Format("kubernetes", "Kubernetes objects", recognizes, read)
PODS = Format("pods", "Pods of a cluster, with their status", pods.recognizes, read_pods)
