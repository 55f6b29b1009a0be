"""The zarf.yaml of a package of https://github.com/zarf-dev/zarf: src/api/v1alpha1 and src/api/v1beta1 there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mirrorgen.model.images import Copying
from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading
from mirrorgen.readers.copies import Copies, read_documents_of, source_of
from mirrorgen.readers.fields import Fields, Unfit

_KIND = re.compile(r"""^[ \t]*["']?kind["']?\s*:\s*["']?Zarf(?:Package|Init|Component)Config\b""", re.MULTILINE)
_TEMPLATE = re.compile(r"###ZARF_\w+###")
_ANY_ARCHITECTURE = {"", "multi"}


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether it is of a kind of zarf's."""
    return "Zarf" in text and bool(_KIND.search(text))


def read(text: str, around: Around) -> Reading:
    """Take the images of every component, whatever its flavor."""
    return read_documents_of(FORMAT.name, text, around, _read)


def _read(root: Fields, copies: Copies) -> None:
    usual = root.child("metadata").string("architecture") or root.child("build").string("architecture")
    components = [
        *root.items("components"),
        *([(root.data["component"], ("component",))] if root.has("component") else []),
    ]
    for item, path in components:
        try:
            _read_component(root.of(item, path), usual, copies)
        except Unfit as error:
            copies.unfit(root, error)
    if not usual:
        reason = "zarf copies for the architecture that a package is made for, and the list for all"
        copies.note(root.document, ("components",), reason, "write `platforms:` for one")


def _read_component(component: Fields, usual: str, copies: Copies) -> None:
    architecture = _architecture(component) or usual
    platform = None if architecture in _ANY_ARCHITECTURE else f"linux/{architecture}"
    for item, path in component.items("images"):
        written, where = "", path
        try:
            written, where = _written(item, path, component)
            named = _image(item, written, where, component)
            copies.add(replace(named, copying=Copying(platform=platform)))
        except Unfit as error:
            copies.unfit(component, Unfit(error.reason, error.path or where, error.hint), written)
    for written, where, reason in _unreachable(component):
        copies.unfit(component, Unfit(reason, where, "push it to a registry"), written)
    if component.has("import"):
        hint = "give what `zarf dev inspect definition` shows, in which every component stands in full"
        reason = "its images stand in another package, too"
        copies.unfit(component, Unfit(reason, (*component.path, "import"), hint))


def _architecture(component: Fields) -> str:
    only = component.child("only").child("cluster").string("architecture")
    return only or component.child("target").string("architecture")


def _written(item: Any, path: KeyPath, component: Fields) -> tuple[str, KeyPath]:
    """The text that names an image, and where it stands."""
    if isinstance(item, str):
        return item, path
    return component.of(item, path).string("name"), (*path, "name")


def _image(item: Any, written: str, path: KeyPath, component: Fields) -> NamedImage:
    if isinstance(item, dict) and item.get("source") not in (None, "", "registry"):
        raise Unfit("it comes out of the Docker daemon of a machine", path, "push it to a registry")
    if _TEMPLATE.search(written):
        hint = "give what `zarf dev inspect definition` shows"
        raise Unfit("it is a template that zarf fills in", path, hint)
    return source_of(written, component.document.place(path), format_path(path))


def _unreachable(component: Fields) -> Iterator[tuple[str, KeyPath, str]]:
    """Images that a package takes from elsewhere than a registry."""
    for item, path in component.items("imageArchives"):
        archive = component.of(item, path)
        reason = f"it comes out of an archive, {archive.string('path')}"
        images = archive.strings("images")
        yield from ((written, where, reason) for written, where in images)
        if not images:
            yield "", path, reason


FORMAT = Format("zarf", "the zarf.yaml of a package", recognizes, read)
