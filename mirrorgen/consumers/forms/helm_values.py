"""Values for a Helm chart that lead its images to the mirror, to be given after those of the chart with `-f`.

`global.imageRegistry` is never used for that: it is put before the repository of every image, also of subcharts that
are not seen here, and what the mirror calls an image has a path before that repository.
"""

from __future__ import annotations

from typing import Any

from mirrorgen.consumers.forms.chart_values import (
    GLOBAL,
    GLOBAL_REGISTRY,
    ChartImage,
    chart_images,
    has_global_registry,
)
from mirrorgen.consumers.forms.contract import Form, Left, Order, Takes, Written
from mirrorgen.consumers.forms.spelling import renamed
from mirrorgen.consumers.forms.yaml_text import dump
from mirrorgen.consumers.mirrored import Copy
from mirrorgen.errors import UsageError
from mirrorgen.model.references import Reference
from mirrorgen.readers.contract import NamedImage, Place
from mirrorgen.readers.taking import take
from mirrorgen.readers.yaml_documents import Document, read_documents


def write(order: Order) -> Written:
    """Return values with what must differ, and nothing else.

    Raises:
        UsageError: the files are not the values of a chart, and perhaps its Chart.yaml.
    """
    values, app_version, left = _given(order)
    if values is None:
        return Written(dump({}), left=tuple(left))
    override: dict[str, Any] = {}
    staying: list[ChartImage] = []
    for image in chart_images(values, app_version):
        changed, reasons = _Override(order, values, image).answer()
        left += reasons
        _put(override, image, changed)
        staying += [image] if changed is None else []
    everywhere = values.data[GLOBAL][GLOBAL_REGISTRY] if has_global_registry(values.data) else ""
    if override and everywhere and isinstance(everywhere, str):
        # It would take the place of every registry below, and what stays still needs it.
        for image in staying:
            _put(override, image, _with_registry(image, everywhere))
        override[GLOBAL] = {**override.get(GLOBAL, {}), GLOBAL_REGISTRY: ""}
    return Written(dump(override), left=tuple(left))


def _given(order: Order) -> tuple[Document | None, str | None, list[Left]]:
    """The values, the version of the application, and what cannot be read of both."""
    values: list[Document] = []
    versions: list[str] = []
    left: list[Left] = []
    for file, text in order.texts.items():
        read = read_documents(text, file)
        left += (Left(each.written, each.reason, each.place, each.hint) for each in read.refused)
        for document in read.documents:
            data = document.data
            if isinstance(data, dict) and {"apiVersion", "name", "version"} <= data.keys():
                versions += [data["appVersion"]] if isinstance(data.get("appVersion"), str) else []
            else:
                values.append(document)
    if len(values) > 1 or len(order.texts) > 2 or (not values and not left):
        raise UsageError("helm-values takes the values of one chart, and its Chart.yaml if you like")
    return (values[0] if values else None), (versions[0] if versions else None), left


class _Override:
    """What becomes of one image of the values."""

    def __init__(self, order: Order, values: Document, image: ChartImage) -> None:
        self._order = order
        self._image = image
        self._values = values
        self._place = values.place(image.place_path)

    def answer(self) -> tuple[Any, list[Left]]:
        """Return what takes the place of its text or of some of its parts, None if nothing does; and what is left."""
        image = self._image
        if not image.is_tagged:
            return self._stays("its tag is the version of the application; give the chart's Chart.yaml, too")
        named = take(image.written, Place("", 0), "")
        if not isinstance(named, NamedImage):
            return self._stays(named.reason, named.hint)
        finding = self._order.mirror.find(Reference(named.source, named.tag, named.digest))
        if self._order.mirror.is_at(named.source) and finding.is_mirrored:
            return None, []
        if not finding.is_mirrored:
            return self._stays(finding.reason, finding.hint)
        if any(isinstance(step, int) for step in image.path):
            return self._stays("it stands in a list, which other values replace as a whole; change it by hand")
        return self._text(finding.copy) if image.parts is None else self._parts(finding.copy, image.parts)

    def _text(self, copy: Copy) -> tuple[str, list[Left]]:
        if self._order.pin and copy.digest:
            return copy.pinned, []
        return renamed(self._image.written, copy.name), [self._left(_NO_DIGEST)] if self._order.pin else []

    def _parts(self, copy: Copy, parts: Any) -> tuple[dict[str, str], list[Left]]:
        key, image = self._image.name_key, self._image
        if image.has_registry:
            changed = {"registry": copy.host, key: renamed(parts[key], copy.repository)}
        else:
            changed = {key: renamed(parts[key], copy.name)}
        if not self._order.pin:
            return changed, []
        if copy.digest and "digest" in parts:
            return {**changed, "digest": copy.digest}, []
        if copy.digest and "sha" in parts:
            return {**changed, "sha": copy.digest.partition(":")[2]}, []
        return changed, [
            self._left(_NO_DIGEST if not copy.digest else "it is not pinned: the chart has no digest here")
        ]

    def _stays(self, reason: str, hint: str = "") -> tuple[None, list[Left]]:
        return None, [self._left(reason, hint)]

    def _left(self, reason: str, hint: str = "") -> Left:
        return Left(self._image.written, reason, self._place, hint)


def _with_registry(image: ChartImage, everywhere: str) -> dict[str, str] | None:
    """What an image needs to stay where it is without the registry for all; None where it does not need it."""
    if image.parts is None or not image.is_joined or any(isinstance(step, int) for step in image.path):
        return None
    if image.has_registry:
        return {"registry": everywhere}
    return {image.name_key: f"{everywhere}/{image.parts[image.name_key]}"}


_NO_DIGEST = "it is not pinned: neither the list nor a lock says for good which digest it has"


def _put(override: dict[Any, Any], image: ChartImage, changed: Any) -> None:
    if changed is None:
        return
    *above, last = image.path or ("",)
    if not image.path:
        override.update(changed)
        return
    for step in above:
        override = override.setdefault(step, {})
    override[last] = {**override.get(last, {}), **changed} if isinstance(changed, dict) else changed


FORM = Form("helm-values", "values for a Helm chart", Takes.OWN_FILES, write)
