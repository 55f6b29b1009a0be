"""Which fields of an object name an image, in one text or in parts, and which of them leave open what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mirrorgen.model.references import is_digest, is_host
from mirrorgen.problems import KeyPath
from mirrorgen.readers.taking import is_template, parse
from mirrorgen.readers.yaml_documents import Tagged

# Fields that always hold an image, such as often hold one, and what may stand beside an image that is written in parts.
_IMAGE_KEYS = frozenset({"image", "imageName", "containerImage"})
_LIKE_IMAGE_KEY = re.compile(r"[a-z0-9]+Images?|images?", re.IGNORECASE)
_REGISTRY, _TAG, _DIGEST = "registry", "tag", "digest"
# What charts of Elastic call a tag, and those of Grafana and Prometheus a digest.
_OTHER_TAG, _OTHER_DIGEST = "imageTag", "sha"
PARTS = frozenset({_REGISTRY, _TAG, _DIGEST, _OTHER_TAG, _OTHER_DIGEST})
"""What may stand beside the name of an image that is written in parts."""

_OTHER_REPOSITORY = "imageRepository"
_FILE = re.compile(r"\.(?:png|jpe?g|gif|svg|ico|webp|iso|img|qcow2|vmdk|vhdx?|ova|raw|tar|gz|xz|zip)$")


def is_new_name_alone(path: KeyPath, items: dict[str, Any]) -> bool:
    """Whether a mapping is one of the `images` of a kustomization that leaves each its tag."""
    return path[-2:-1] == ("images",) and bool(_text(items, "newName")) and _kustomized(items) is None


def is_only_a_part(path: KeyPath, items: dict[str, Any]) -> bool:
    """Whether a mapping under `image` has a tag or a digest, and no name."""
    if not path or path[-1] not in _IMAGE_KEYS or any(items.get(key) for key in ("repository", "name", *_IMAGE_KEYS)):
        return False
    return any(_text(items, part) for part in (_TAG, _DIGEST))


def written(
    path: KeyPath, items: dict[str, Any], key: str, value: Any, *, is_container: bool
) -> Iterator[tuple[KeyPath, Any]]:
    """Yield what a field of a mapping says of images, with the path to it.

    Args:
        path: to the mapping.
        items: the mapping.
        key: of the field.
        value: of the field.
        is_container: whether the mapping is a container, whose image is one whatever it looks like.
    """
    if key in _IMAGE_KEYS:
        yield from _in_image(path, items, key, is_container=is_container)
    elif key == "repository":
        if _is_image_in_parts(path, items):
            yield (*path, key), _joined(items, key)
    elif key == "name":
        if _is_named_in_parts(path, items):
            yield (*path, key), _joined(items, key)
    elif key == _OTHER_REPOSITORY:
        if value and isinstance(value, str | Tagged):
            yield (*path, key), _joined(items, key)
    elif _LIKE_IMAGE_KEY.fullmatch(key):
        yield from _in_others((*path, key), value)


def _in_others(path: KeyPath, value: Any) -> Iterator[tuple[KeyPath, Any]]:
    """Yield what looks like an image in a field that is called like one, which is not enough."""
    for where, item in _items(path, value):
        # Argo CD has `old=new` for kustomize.
        text = item.rpartition("=")[2] if isinstance(item, str) else None
        if isinstance(item, dict) and (renamed := _kustomized(item)):
            yield (*where, "name"), renamed
        elif text and (_can_hardly_be_another_thing(text) or (isinstance(where[-1], int) and _is_one_of_many(item))):
            yield where, text


def _can_hardly_be_another_thing(text: str) -> bool:
    return is_template(text) or _is_explicit(text) or _names_registry(text)


def _is_one_of_many(item: str) -> bool:
    """Whether an item of a list of images says a tag, or a new name as Argo CD has it for kustomize."""
    old, equals, new = item.rpartition("=")
    reference = parse(new)
    return reference is not None and bool(reference.tag or reference.digest or (equals and parse(old)))


def _items(path: KeyPath, value: Any) -> Iterator[tuple[KeyPath, Any]]:
    """A text, or those of a list or a mapping of images; what has a name of its own there is found by that."""
    if isinstance(value, list):
        yield from (((*path, index), item) for index, item in enumerate(value))
    elif isinstance(value, dict):
        others = ((key, item) for key, item in value.items() if not (_is_part(key) or _LIKE_IMAGE_KEY.fullmatch(key)))
        for key, item in others:
            if isinstance(item, list):
                texts = enumerate(item)
                yield from (((*path, key, index), text) for index, text in texts if isinstance(text, str))
            elif isinstance(item, str):
                yield (*path, key), item
    else:
        yield path, value


def _is_part(key: str) -> bool:
    """Whether a field of this name is one part of an image that is written in several."""
    return key in {*_IMAGE_KEYS, *PARTS, "repository", "name", _OTHER_REPOSITORY}


def leaves_tag_open(items: dict[str, Any], key: str) -> bool:
    """Whether what makes something of a field may put a tag behind an image that has none there."""
    return key not in _IMAGE_KEYS or bool(_text(items, "version"))


def _names_registry(text: str) -> bool:
    """Whether a text starts with a registry, and is no file that can be got there."""
    first, slash, rest = text.partition("/")
    return bool(slash) and is_host(first) and parse(text) is not None and not _FILE.search(rest)


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
        if not (isinstance(value, dict) and value.get("repository")):
            yield (*path, key), value
    elif isinstance(value, dict) and isinstance(value.get("reference"), str):
        # The volume of a Pod that is an image.
        yield (*path, key, "reference"), value["reference"]
    elif value and isinstance(value, str | Tagged):
        yield (*path, key), _joined(items, key)


def _is_explicit(text: str) -> bool:
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
    is_image = bool(path) and (path[-1] in _IMAGE_KEYS or path[-2:-1] == ("images",))
    if not is_image or items.keys() & {"repository", *_IMAGE_KEYS} or _kustomized(items):
        return False
    return bool(_text(items, "name")) and any(_text(items, part) for part in (_REGISTRY, _TAG, _DIGEST))


def tag_in(items: Mapping[str, Any]) -> str:
    """Return the tag that stands beside a name; nothing where there is none."""
    return _text(items, _TAG) or _text(items, _OTHER_TAG)


def digest_in(items: Mapping[str, Any]) -> str:
    """Return the digest that stands beside a name; nothing where there is none."""
    bare = f"sha256:{_text(items, _OTHER_DIGEST)}"
    return _text(items, _DIGEST) or (bare if is_digest(bare) else "")


def _text(items: Mapping[str, Any], key: str) -> str:
    return value if isinstance(value := items.get(key), str) else ""


def _joined(items: dict[str, Any], key: str) -> Any:
    """The image whose name stands under a key, with the registry, tag and digest that stand beside it."""
    name = items[key]
    if not isinstance(name, str):
        return name
    registry, tag, digest = _text(items, _REGISTRY), tag_in(items), digest_in(items)
    known = parse(name)
    if key in _IMAGE_KEYS and known and (known.tag or known.digest):
        tag = digest = ""
    if registry and not name.startswith(f"{registry}/"):
        name = f"{registry.rstrip('/')}/{name}"
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
