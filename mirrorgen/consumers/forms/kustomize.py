"""A component of kustomize: `images`, and a transformer for each image where kustomize does not look by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mirrorgen.consumers.forms.contract import Form, Left, Order, Takes, Use, Written
from mirrorgen.consumers.forms.fields import Field, fields_of
from mirrorgen.consumers.forms.renaming import Renamed, renaming
from mirrorgen.consumers.forms.spelling import name_part
from mirrorgen.consumers.forms.yaml_text import Block, dump, text_of
from mirrorgen.problems import KeyPath
from mirrorgen.readers.contract import Place

_Spec = tuple[Renamed, tuple[tuple[str, str], ...]]
"""A new name, and the fields that it belongs into: kind of the object, and path."""

# api/filters/imagetag/legacy.go, and api/internal/konfig/builtinpluginconsts/images.go, of kustomize.
_CONTAINERS = frozenset({"containers", "initContainers"})
_VOLUMES = (("spec", "volumes"), ("spec", "template", "spec", "volumes"))


def write(order: Order) -> Written:
    """Return a component; what an overlay names under `components` is applied to all of its resources."""
    found = renaming(order)
    specs, left = _field_specs(order, {name.name: name for name in found.names})
    document: dict[str, Any] = {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "images": [name.document() for name in found.names],
    }
    if specs:
        document["transformers"] = [Block(text_of(_transformer(*spec))) for spec in enumerate(specs, 1)]
    return Written(dump(document), left=(*found.left, *left))


def _transformer(number: int, spec: _Spec) -> dict[str, Any]:
    name, fields = spec
    return {
        "apiVersion": "builtin",
        "kind": "ImageTagTransformer",
        "metadata": {"name": f"mirror-{number}"},
        "imageTag": name.document(),
        "fieldSpecs": [dict(zip(("kind", "path"), field, strict=True)) for field in fields],
    }


def _field_specs(order: Order, names: dict[str, Renamed]) -> tuple[list[_Spec], list[Left]]:
    """The fields that kustomize must be told of, by the new name that belongs there; and what no such field can be."""
    wanted: dict[Renamed, set[tuple[str, str]]] = {}
    left: list[Left] = []
    for use, fields in _fields_of_uses(order):
        name = names.get(name_part(use.image.written))
        for field in fields:
            item, path = field.in_object()
            if name is None or _is_reached(path):
                continue
            if isinstance(item.get("kind"), str) and field.text == use.image.written:
                wanted.setdefault(name, set()).add((item["kind"], _spec_path(path)))
            else:
                reason = (
                    f"kustomize does not look at {use.image.path}, and cannot be told to: it is no text of one field"
                )
                left.append(Left(use.image.written, reason, use.image.place))
    return [(name, tuple(sorted(wanted[name]))) for name in sorted(wanted, key=lambda name: name.name)], left


def _fields_of_uses(order: Order) -> Iterator[tuple[Use, list[Field]]]:
    known: dict[str, dict[Place, list[Field]]] = {}
    for use in order.uses:
        file = use.image.place.file
        if file not in known:
            known[file] = fields_of(order.texts[file], file)
        yield use, known[file].get(use.image.place, [])


def _is_reached(path: KeyPath) -> bool:
    """Whether kustomize looks at a field of an object by itself."""
    match path:
        case (*_, str(holder), int(), "image"):
            return holder in _CONTAINERS
        case (*above, int(), "image", "reference"):
            return tuple(above) in _VOLUMES
        case _:
            return False


def _spec_path(path: KeyPath) -> str:
    """Return a path as a field spec has it: `spec/jobs[]/image`; a slash in a key is escaped."""
    return "".join("[]" if isinstance(step, int) else "/" + step.replace("/", r"\/") for step in path).lstrip("/")


FORM = Form("kustomize", "a component with `images`, for `components` of an overlay", Takes.ANY_FILES, write)
