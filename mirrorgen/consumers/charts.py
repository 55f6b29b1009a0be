"""Charts of Helm: what the manifests that they make name, each image at the template that it comes from."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

from mirrorgen.readers import kubernetes
from mirrorgen.readers.contract import Around, Place, Reading

# helm writes it before each document: pkg/action/action.go, renderResources.
_SOURCE = re.compile(r"# Source: [^/\n]+/(.+)")


def read_chart(manifests: str, chart: Path, *, deep: bool = False) -> Reading:
    """Read what helm has made of a chart.

    Args:
        manifests: as `helm template` prints them.
        chart: the folder, or the archive, of the chart.
        deep: as of `Around`.

    Returns:
        What the manifests name, at the template of each. On which line an image stands there nobody knows.
    """
    reading = kubernetes.FORMAT.read(manifests, Around(str(chart), deep))
    lines = enumerate(manifests.splitlines(), start=1)
    templates = [(number, found[1].strip()) for number, line in lines if (found := _SOURCE.fullmatch(line))]

    def placed(place: Place) -> Place:
        before = bisect_right(templates, place.line, key=itemgetter(0))
        return Place(str(chart / templates[before - 1][1] if before else chart), 0)

    return replace(
        reading,
        images=tuple(replace(image, place=placed(image.place)) for image in reading.images),
        refused=tuple(replace(refused, place=placed(refused.place)) for refused in reading.refused),
        notes=tuple(replace(note, place=placed(note.place)) for note in reading.notes),
    )
