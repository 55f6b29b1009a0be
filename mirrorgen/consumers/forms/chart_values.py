"""Images in the values of a Helm chart: as one text, or in the parts that templates join.

There is no rule for values. Most charts have `image: {registry, repository, tag, digest}`, with or without the first
and the last, and `global.imageRegistry` that stands for every registry; `image: nginx:1.25` is the other form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mirrorgen.model.references import is_host
from mirrorgen.problems import KeyPath
from mirrorgen.readers.yaml_documents import Document, walk

GLOBAL, GLOBAL_REGISTRY = "global", "imageRegistry"
_LIKE_IMAGE_KEY = re.compile(r"[A-Za-z0-9]+(?:Image|_image)")
_BESIDE_REPOSITORY = frozenset({"registry", "tag", "digest", "pullPolicy"})


@dataclass(frozen=True, slots=True)
class ChartImage:
    """An image that values name.

    Attributes:
        path: to the text, or to the mapping of its parts.
        written: the whole reference.
        parts: the mapping; None where it is one text.
        is_joined: whether the chart puts a registry before its repository.
        is_tagged: whether it says which tag or digest; otherwise it is the version of the chart's application.
    """

    path: KeyPath
    written: str
    parts: Mapping[str, Any] | None = None
    is_tagged: bool = True
    is_joined: bool = False

    @property
    def place_path(self) -> KeyPath:
        """Path to the text that a message is about."""
        return self.path if self.parts is None else (*self.path, "repository")


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
    for path, value in walk(data):
        if isinstance(value, dict) and _is_in_parts(path, value):
            yield _joined(path, value, everywhere, app_version)
        elif isinstance(value, str) and value.strip() and path and _is_image_key(str(path[-1]), value):
            yield ChartImage(path, value)


def _is_image_key(key: str, value: str) -> bool:
    """Whether a key says that its text is an image; under others than `image`, `default` may be meant for a name."""
    return key == "image" or bool(_LIKE_IMAGE_KEY.fullmatch(key) and re.search("[:/]", value))


def _is_in_parts(path: KeyPath, value: Mapping[str, Any]) -> bool:
    repository = _text(value.get("repository"))
    if not repository or "://" in repository:
        return False
    return bool(value.keys() & _BESIDE_REPOSITORY) or bool(path and "image" in str(path[-1]).lower())


def _joined(path: KeyPath, parts: Mapping[str, Any], everywhere: str, app_version: str | None) -> ChartImage:
    repository = _text(parts["repository"])
    # What names its host, and has no field for it, is not joined with another by any chart.
    is_joined = "registry" in parts or not is_host(repository.partition("/")[0])
    registry = (everywhere or _text(parts.get("registry"))) if is_joined else ""
    name = f"{registry}/{repository}" if registry else repository
    tag, digest = _text(parts.get("tag")), _text(parts.get("digest"))
    known = tag or ("" if digest else app_version or "")
    written = name + (f":{known}" if known else "") + (f"@{digest}" if digest else "")
    return ChartImage(path, written, parts, is_tagged=bool(known or digest), is_joined=is_joined)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
