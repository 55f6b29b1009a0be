"""Argo CD: `images` of an Application whose source is a kustomization."""

from __future__ import annotations

from mirrorgen.consumers.forms.contract import Form, Order, Takes, Written
from mirrorgen.consumers.forms.reached import unreached
from mirrorgen.consumers.forms.renaming import Renamed, renaming
from mirrorgen.consumers.forms.yaml_text import dump


def write(order: Order) -> Written:
    """Return what belongs into an Application."""
    found = renaming(order)
    document = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "spec": {"source": {"kustomize": {"images": [_image(name) for name in found.names]}}},
    }
    staying = (each.left("and Argo CD has no place to tell it to") for each in unreached(order, found))
    return Written(dump(document), left=(*found.left, *staying))


def _image(name: Renamed) -> str:
    """Return a new name as `kustomize edit set image` takes it, which Argo CD runs with each of them."""
    return f"{name.name}={name.new_name}" + (f"@{name.digest}" if name.digest else "")


FORM = Form("argocd", "`images` for an Application of Argo CD", Takes.ANY_FILES, write)
