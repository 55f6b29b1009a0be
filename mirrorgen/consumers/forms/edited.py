"""YAML files themselves, in which only the names of images change: comments, order, quotes and line ends stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mirrorgen.consumers.forms.contract import Form, Left, Order, Takes, Use, Written, left_of
from mirrorgen.consumers.forms.fields import Field, fields_of
from mirrorgen.consumers.forms.renaming import not_pinned
from mirrorgen.consumers.forms.spelling import name_part, renamed, scheme_of
from mirrorgen.problems import format_path
from mirrorgen.readers.contract import Place

# What may stand before the text of a scalar, and around it.
_SCALAR = re.compile(r"(?P<before>(?:[&!]\S*[ \t]+)*)(?P<quote>['\"]?)(?P<text>.*)(?P=quote)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Edit:
    """What takes the place of some characters of a text."""

    start: int
    end: int
    text: str


def write(order: Order) -> Written:
    """Return the files that change, with their new text."""
    files: dict[str, str] = {}
    left = list(left_of(order))
    for file, text in order.texts.items():
        uses = [use for use in order.uses if use.image.place.file == file and use.finding.is_mirrored]
        edits, staying = _edits(text, file, uses, pin=order.pin)
        left += staying
        edited = _edited(text, edits)
        if edited != text:
            files[file] = edited
    return Written(files=files, left=tuple(sorted(left, key=lambda each: each.place or Place("", 0))))


def _edits(text: str, file: str, uses: list[Use], *, pin: bool) -> tuple[dict[int, _Edit], list[Left]]:
    fields = fields_of(text, file)
    at: dict[Place, list[Use]] = {}
    for use in uses:
        at.setdefault(use.image.place, []).append(use)
    edits: dict[int, _Edit] = {}
    left: list[Left] = []
    for place, here in at.items():
        trouble = _trouble(here, fields.get(place, []))
        found = None if trouble else _edit(text, fields[place][0], here[0], pin=pin)
        if found is None:
            reason = trouble or "its text is written over several lines, or with escapes"
            left.append(Left(here[0].image.written, f"{reason}; change it by hand", place))
            continue
        edits[found.start] = found
        left += (not_pinned(use.image.written, use, use.finding.copy) for use in here if pin and not _digest(use))
    return edits, left


def _digest(use: Use) -> str | None:
    return use.finding.copy.digest


def _trouble(uses: list[Use], fields: list[Field]) -> str | None:
    """Why what stands at a place cannot be changed without changing something else, or meaning something else."""
    if not fields:
        return "it does not stand in a field of YAML"
    if fields[0].text != uses[0].image.written:
        return "it is made of several fields, or stands within a longer text"
    if "$" in name_part(uses[0].image.written):
        return "its name is made with a variable"
    paths = {use.image.path for use in uses}
    for field in fields:
        path = format_path(field.path)
        # Only to be shared do fields stand under `x-`.
        if path not in paths and not path.startswith("x-"):
            return f"its text is shared with {path}, which names no image"
    return None


def _edit(text: str, field: Field, use: Use, *, pin: bool) -> _Edit | None:
    start, end = field.document.extent(field.path)
    match = _SCALAR.fullmatch(text[start:end])
    if not match or match["text"] != field.text:
        return None
    copy = use.finding.copy
    written, scheme = use.image.written, scheme_of(use.image.written)
    new = scheme + (copy.pinned if pin and copy.digest else renamed(written.removeprefix(scheme), copy.name))
    # What starts with the bracket of an address would be a list.
    quote = match["quote"] or ('"' if new.startswith("[") else "")
    return _Edit(start, end, f"{match['before']}{quote}{new}{quote}")


def _edited(text: str, edits: Mapping[int, _Edit]) -> str:
    return "".join(_pieces(text, edits))


def _pieces(text: str, edits: Mapping[int, _Edit]) -> Iterator[str]:
    done = 0
    for start in sorted(edits):
        yield text[done:start]
        yield edits[start].text
        done = edits[start].end
    yield text[done:]


FORM = Form("files", "the files themselves, in place", Takes.FILES, write)
