"""The ImageSetConfiguration of https://github.com/openshift/oc-mirror: internal/pkg/api/v2alpha1/type_config.go there.

Only `additionalImages` names images. What else it has mirrored, such as operators and releases, oc-mirror finds out by
asking, and so does nobody here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mirrorgen.model.images import Copying
from mirrorgen.model.patterns import compile_pattern, pattern_trouble
from mirrorgen.model.references import is_path, is_tag
from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading
from mirrorgen.readers.copies import Copies, read_documents_of, source_of
from mirrorgen.readers.fields import Fields, Unfit

_VERSION = re.compile(r"""^[ \t]*["']?apiVersion["']?\s*:\s*["']?mirror\.openshift\.io/""", re.MULTILINE)
_KIND = re.compile(r"""^[ \t]*["']?kind["']?\s*:\s*["']?(?:Delete)?ImageSetConfiguration\b""", re.MULTILINE)
_DELETING = "DeleteImageSetConfiguration"
_ASK_IT = "`oc-mirror --dry-run` writes mapping.txt; what stands before each `=` there is a list to read as plain"
_NAMED_HERE = ("additionalImages", "blockedImages")
_OF_IMAGE = frozenset({"name", "targetRepo", "targetTag", "platforms"})
_ELSEWHERE = {
    "platform": ("only oc-mirror knows the images of releases", _ASK_IT),
    "operators": ("only oc-mirror knows the images of the operators in a catalog", _ASK_IT),
    "helm": ("the images of charts stand in the charts", "give what `helm template` makes of them"),
    "samples": ("oc-mirror does not know samples, either", ""),
}


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether it has the kind and the group of the format."""
    return "mirror.openshift.io" in text and bool(_VERSION.search(text) and _KIND.search(text))


def read(text: str, around: Around) -> Reading:
    """Take the additional images that are not blocked."""
    return read_documents_of(FORMAT.name, text, around, _read)


def _read(root: Fields, copies: Copies) -> None:
    if root.string("kind") == _DELETING:
        raise Unfit("it says what is to be deleted, and a list what is to be there", ("kind",))
    mirror = root.child("mirror")
    blocked = [_blocked(item, path, mirror) for item, path in mirror.items("blockedImages")]
    for item, path in mirror.items("additionalImages"):
        written = ""
        try:
            fields = mirror.of(item, path)
            copies.say_unknown(fields, _OF_IMAGE, "oc-mirror")
            written = fields.string("name")
            copies.add(_image(fields, written, blocked))
        except Unfit as error:
            copies.unfit(root, Unfit(error.reason, error.path or (*path, "name"), error.hint), written)
    for key, (reason, hint) in _ELSEWHERE.items():
        if mirror.has(key):
            copies.unfit(root, Unfit(reason, (*mirror.path, key), hint))
    for key in mirror.data.keys() - {*_NAMED_HERE, *_ELSEWHERE}:
        reason = "it is not known which images this has mirrored"
        copies.unfit(root, Unfit(reason, (*mirror.path, key), f"one of {', '.join((*_NAMED_HERE, *_ELSEWHERE))}"))
    for name, path in blocked:
        reason = "it is kept from being copied, and a list copies only what it names"
        copies.note(root.document, path, reason, written=name)


def _blocked(item: Any, path: KeyPath, mirror: Fields) -> tuple[str, KeyPath]:
    """What is blocked: a name in a mapping, or by itself, as the documentation has it."""
    if isinstance(item, str):
        return item, path
    return mirror.of(item, path).string("name"), path


def _image(fields: Fields, written: str, blocked: Sequence[tuple[str, KeyPath]]) -> NamedImage:
    named = source_of(written, fields.place("name"), format_path((*fields.path, "name")))
    for pattern, path in blocked:
        if _matches(pattern, written):
            place = fields.document.place(path)
            raise Unfit(f"it is blocked, as {place} says", (*fields.path, "name"))
    repository = fields.string("targetRepo") or None
    if repository and not is_path(repository):
        raise Unfit("the target is not a repository", (*fields.path, "targetRepo"))
    return replace(named, tag=_tag(fields, named), repository=repository, copying=Copying(platform=_platform(fields)))


def _matches(pattern: str, written: str) -> bool:
    """Whether an image is blocked; as oc-mirror 2 has it, by a pattern that fits anywhere."""
    return pattern == written or (not pattern_trouble(pattern) and bool(compile_pattern(pattern).search(written)))


def _tag(fields: Fields, named: NamedImage) -> str | None:
    wanted, path = fields.string("targetTag"), (*fields.path, "targetTag")
    if not wanted or wanted == named.tag:
        return named.tag
    if not is_tag(wanted):
        raise Unfit(f"{wanted!r} is not a tag", path)
    if named.digest is None:
        raise Unfit(f"it gets the tag {wanted} in the target, and a list keeps the tag that upstream has", path)
    return wanted


def _platform(fields: Fields) -> str | None:
    found = [
        f"{platform.string('os') or 'linux'}/{platform.string('architecture')}"
        for platform in (fields.of(item, path) for item, path in fields.items("platforms"))
    ]
    if len(set(found)) > 1:
        hint = "ECR refuses an index with some platforms left out; write `platforms: all`, or one"
        raise Unfit("it is copied for some platforms, and a list copies one or all", (*fields.path, "platforms"), hint)
    return found[0] if found else None


FORMAT = Format("oc-mirror", "an ImageSetConfiguration of oc-mirror", recognizes, read)
