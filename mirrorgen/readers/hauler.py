"""Manifests of https://github.com/hauler-dev/hauler: pkg/apis/hauler.cattle.io/v1/image.go there, and its sync."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mirrorgen.model.images import Copying
from mirrorgen.model.references import is_host
from mirrorgen.problems import format_path
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading
from mirrorgen.readers.copies import Copies, read_documents_of, source_of
from mirrorgen.readers.fields import Fields, Unfit
from mirrorgen.readers.taking import parse

_GROUP = re.compile(
    r"""^[ \t]*["']?apiVersion["']?\s*:\s*["']?(?:content|collection)\.hauler\.cattle\.io/""", re.MULTILINE
)
_ANNOTATION = "hauler.dev/"
_IMAGES = "Images"
_OTHERS = {
    "Charts": ("charts", "the images of charts stand in the charts", "give what `helm template` makes of them"),
    "ThickCharts": ("charts", "the images of charts stand in the charts", "give what `helm template` makes of them"),
    "ImageTxts": ("imageTxts", "the images stand in another text", "get that, and read it as plain"),
}
_FILES = "Files"
_VERIFYING = ("key", "certificate-identity", "certificate-identity-regexp")


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether it has the group of the format."""
    return "hauler.cattle.io" in text and bool(_GROUP.search(text))


def read(text: str, around: Around) -> Reading:
    """Take the images of every document of the kind Images."""
    return read_documents_of(FORMAT.name, text, around, _read)


def _read(root: Fields, copies: Copies) -> None:
    kind = root.string("kind")
    if kind == _FILES:
        return
    spec = root.child("spec")
    if kind != _IMAGES:
        key, reason, hint = _OTHERS.get(kind, ("", f"it is not known which images a {kind or 'file'} has", ""))
        raise Unfit(reason, (*spec.path, key) if key in spec.data else ("kind",), hint)
    annotations = root.child("metadata").child("annotations")
    usual = {name: annotations.string(_ANNOTATION + name) for name in ("platform", "registry")}
    _say_of_all(root, annotations, copies)
    for item, path in spec.items("images"):
        written = ""
        try:
            fields = spec.of(item, path)
            written = fields.string("name")
            copies.add(_image(fields, written, usual))
            _say_of_verifying(fields, copies)
        except Unfit as error:
            copies.unfit(root, Unfit(error.reason, error.path or (*path, "name"), error.hint), written)


def _say_of_all(root: Fields, annotations: Fields, copies: Copies) -> None:
    if annotations.string(f"{_ANNOTATION}exclude-extras") != "true" and root.child("spec").has("images"):
        reason = "hauler also copies what refers to an image, signatures for instance, and a list only where it says so"
        copies.note(root.document, ("spec", "images"), reason, "write `referrers: true`, `digest_tags: true`, or both")
    rewrite = f"{_ANNOTATION}rewrite"
    if annotations.has(rewrite):
        reason = "not every hauler knows it, and the names in the target are those of the list"
        copies.note(root.document, (*annotations.path, rewrite), reason, written=annotations.string(rewrite))
    if any(annotations.has(_ANNOTATION + key) for key in _VERIFYING):
        copies.note(root.document, annotations.path, "hauler verifies signatures first, and a list does not")


def _say_of_verifying(fields: Fields, copies: Copies) -> None:
    key = next((key for key in _VERIFYING if fields.has(key)), None)
    if key:
        reason = "hauler verifies signatures first, and a list does not"
        copies.note(fields.document, (*fields.path, key), reason, written=fields.string("name"))


def _image(fields: Fields, written: str, usual: Mapping[str, str]) -> NamedImage:
    if fields.flag("local"):
        raise Unfit("it comes out of the Docker daemon of a machine", (*fields.path, "local"), "push it somewhere")
    text = written
    if usual["registry"] and written and not is_host(written.partition("/")[0] if "/" in written else ""):
        text = f"{usual['registry'].rstrip('/')}/{written}"
    path = format_path((*fields.path, "name"))
    named = source_of(text, fields.place("name"), path, file_says=written)
    platform = fields.string("platform") or usual["platform"]
    named = replace(named, copying=Copying(platform=None if platform in {"", "all"} else platform))
    rewrite = fields.string("rewrite").strip("/")
    return _renamed(named, rewrite, fields) if rewrite else named


def _renamed(named: NamedImage, rewrite: str, fields: Fields) -> NamedImage:
    """What it is called in the store, and so in the registry that the store is copied to."""
    path = (*fields.path, "rewrite")
    first, slash, _ = rewrite.partition("/")
    target: Any = None if slash and is_host(first) else parse(f"rewritten.invalid/{rewrite}")
    if target is None or target.digest:
        raise Unfit(f"{rewrite!r} is not a repository of the target, with a tag or without", path)
    tag = target.tag or named.tag
    if tag != (named.tag or "latest") and not named.digest:
        raise Unfit(f"it gets the tag {tag} in the target, and a list keeps the tag that upstream has", path)
    return replace(named, tag=tag, repository=target.source.path)


FORMAT = Format("hauler", "a manifest of hauler", recognizes, read)
