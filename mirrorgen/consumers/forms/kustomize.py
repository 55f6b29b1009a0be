"""A component of kustomize: `images`, and a transformer for each image where kustomize does not look by itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mirrorgen.consumers.forms.contract import Form, Left, Order, Takes, Written
from mirrorgen.consumers.forms.reached import Unreached, unreached
from mirrorgen.consumers.forms.renaming import Renamed, renaming
from mirrorgen.consumers.forms.yaml_text import Block, dump, text_of
from mirrorgen.problems import KeyPath

_Spec = tuple[Renamed, tuple[tuple[str, str], ...]]
"""A new name, and the fields that it belongs into: kind of the object, and path."""


def write(order: Order) -> Written:
    """Return a component; what an overlay names under `components` is applied to all of its resources."""
    found = renaming(order)
    specs, left = _field_specs(unreached(order, found))
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


def _field_specs(found: Iterable[Unreached]) -> tuple[list[_Spec], list[Left]]:
    """The fields that kustomize must be told of, by the new name that belongs there; and what no such field can be."""
    wanted: dict[Renamed, set[tuple[str, str]]] = {}
    left: list[Left] = []
    for each in found:
        if each.kind and each.is_whole:
            wanted.setdefault(each.name, set()).add((each.kind, _spec_path(each.path)))
        else:
            left.append(each.left("and cannot be told to: it is no text of one field"))
    return [(name, tuple(sorted(wanted[name]))) for name in sorted(wanted, key=lambda name: name.name)], left


def _spec_path(path: KeyPath) -> str:
    """Return a path as a field spec has it: `spec/jobs[]/image`; a slash in a key is escaped."""
    return "".join("[]" if isinstance(step, int) else "/" + step.replace("/", r"\/") for step in path).lstrip("/")


FORM = Form("kustomize", "a component with `images`, for `components` of an overlay", Takes.ANY_FILES, write)
