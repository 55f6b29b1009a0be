"""Images in the values of a Helm chart: as one text, or in the parts that templates join.

There is no rule for values. Most charts have `image: {registry, repository, tag, digest}`, with or without the first
and the last, and `global.imageRegistry` that stands for every registry; `image: nginx:1.25` is the other form. Some
call the repository `image` or `name`, the tag `imageTag` (Elastic), and the digest, without `sha256:`, `sha` (Grafana).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mirrorgen.consumers.forms.spelling import name_part
from mirrorgen.model.references import is_host
from mirrorgen.problems import KeyPath
from mirrorgen.readers.image_fields import PARTS, digest_in, tag_in
from mirrorgen.readers.yaml_documents import Document, walk

GLOBAL, GLOBAL_REGISTRY = "global", "imageRegistry"
_LIKE_IMAGE_KEY = re.compile(r"[A-Za-z0-9]+(?:Image|_image)")
_BESIDE_REPOSITORY = PARTS | {"pullPolicy"}


@dataclass(frozen=True, slots=True)
class ChartImage:
    """An image that values name.

    Attributes:
        path: to the text, or to the mapping of its parts.
        written: the whole reference.
        parts: the mapping; None where it is one text.
        is_joined: whether the chart puts a registry before its repository.
        name_key: under which of the parts the repository stands.
        is_tagged: whether it says which tag or digest; otherwise it is the version of the chart's application.
    """

    path: KeyPath
    written: str
    parts: Mapping[str, Any] | None = None
    name_key: str = "repository"
    is_tagged: bool = True
    is_joined: bool = False

    @property
    def place_path(self) -> KeyPath:
        """Path to the text that a message is about."""
        return self.path if self.parts is None else (*self.path, self.name_key)

    @property
    def has_registry(self) -> bool:
        """Whether the registry is a part of its own."""
        return self.parts is not None and _has_registry(self.parts)


def has_global_registry(data: Any) -> bool:
    """Whether the chart knows a registry for all images."""
    shared = data.get(GLOBAL) if isinstance(data, dict) else None
    return isinstance(shared, dict) and GLOBAL_REGISTRY in shared


def chart_images(document: Document, app_version: str | None) -> Iterator[ChartImage]:
    """Yield the images of values, in the order of the file; empty ones name none.

    Args:
        document: the values.
        app_version: the version of the chart's application, which is the tag where the values have none.
    """
    data = document.data
    everywhere = _text(data[GLOBAL].get(GLOBAL_REGISTRY)) if has_global_registry(data) else ""
    joined = set()
    for path, value in walk(data):
        if isinstance(value, dict) and (key := _name_key(path, value)):
            joined.add((*path, key))
            yield _joined(path, value, key, everywhere, app_version)
        elif isinstance(value, str) and path not in joined and _is_image(path, value):
            yield ChartImage(path, value)


def _is_image(path: KeyPath, value: str) -> bool:
    """Whether a key says that its text is an image; under others than `image`, `default` may be meant for a name."""
    if not path or not value.strip():
        return False
    key = str(path[-1])
    return key == "image" or bool(_LIKE_IMAGE_KEY.fullmatch(key) and re.search("[:/]", value))


def _name_key(path: KeyPath, value: Mapping[str, Any]) -> str | None:
    """Under which key a mapping has the repository of an image; None where it is no image in parts."""
    is_called_image = bool(path and "image" in str(path[-1]).lower())
    repository = _text(value.get("repository"))
    if repository:
        is_image = "://" not in repository and (is_called_image or bool(value.keys() & _BESIDE_REPOSITORY))
        return "repository" if is_image else None
    if not any(isinstance(value.get(part), str) for part in PARTS):
        return None
    return "image" if _text(value.get("image")) else "name" if is_called_image and _text(value.get("name")) else None


def _joined(path: KeyPath, parts: Mapping[str, Any], key: str, everywhere: str, app_version: str | None) -> ChartImage:
    repository = _text(parts[key])
    # What names its host, and has no field for it, is not joined with another by any chart.
    is_joined = _has_registry(parts) or not is_host(repository.partition("/")[0])
    registry = (everywhere or _text(parts.get("registry"))) if is_joined else ""
    name = f"{registry}/{repository}" if registry else repository
    if repository != name_part(repository):
        return ChartImage(path, name, parts, key, is_joined=is_joined)
    tag, digest = tag_in(parts), digest_in(parts)
    known = tag or ("" if digest else app_version or "")
    written = name + (f":{known}" if known else "") + (f"@{digest}" if digest else "")
    return ChartImage(path, written, parts, key, is_tagged=bool(known or digest), is_joined=is_joined)


def _has_registry(parts: Mapping[str, Any]) -> bool:
    return "registry" in parts and not isinstance(parts["registry"], dict | list)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
