"""The one table of all formats, and the way to read a text as one of them."""

from __future__ import annotations

from mirrorgen.problems import format_path
from mirrorgen.readers import (
    compose,
    dockerfile,
    dregsy,
    ecs,
    hauler,
    image_syncer,
    kubernetes,
    oc_mirror,
    plain,
    rancher,
    regsync,
    sinker,
    skopeo,
    zarf,
)
from mirrorgen.readers.contract import Around, Format, Place, Reading, Refusal

AUTO = "auto"
"""The name under which a format is guessed."""

FORMATS: tuple[Format, ...] = (
    regsync.FORMAT,
    rancher.FORMAT,
    dregsy.FORMAT,
    sinker.FORMAT,
    skopeo.FORMAT,
    image_syncer.FORMAT,
    oc_mirror.FORMAT,
    hauler.FORMAT,
    zarf.FORMAT,
    kubernetes.PODS,
    kubernetes.FORMAT,
    ecs.FORMAT,
    compose.FORMAT,
    dockerfile.FORMAT,
    plain.FORMAT,
)
"""In the order in which they are guessed: what is certain of its mark before what takes almost everything."""

NAMES = (AUTO, *sorted(known.name for known in FORMATS))
"""What `--from` takes."""


def guess(text: str, file: str) -> Format | None:
    """Return the format that a text looks like; None where it is like none of them."""
    return next((known for known in FORMATS if known.recognizes(text, file)), None)


def read(text: str, around: Around, name: str = AUTO) -> Reading:
    """Read what a text names.

    Args:
        text: what the file says.
        around: what it is called, and what it is read with.
        name: of a format, or `auto`.

    Returns:
        What was found, with the name of the format; without one, and with the whole file refused, where none was
        named and none could be guessed.

    Raises:
        KeyError: there is no format of this name.
    """
    known = guess(text, around.file) if name == AUTO else {known.name: known for known in FORMATS}[name]
    if known is None:
        reason = "it cannot be told which format this is" if text.strip() else "the file is empty"
        refusal = Refusal("", Place(around.file, 0), format_path(()), reason, "name the format with --from")
        return Reading("", refused=(refusal,))
    return known.read(text, around)
