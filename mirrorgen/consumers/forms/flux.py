"""Flux: `images` of a Kustomization, and the same after a Helm release is rendered."""

from __future__ import annotations

from typing import Any

from mirrorgen.consumers.forms.contract import Form, Left, Order, Takes, Written
from mirrorgen.consumers.forms.reached import unreached
from mirrorgen.consumers.forms.renaming import Renaming, renaming
from mirrorgen.consumers.forms.yaml_text import dump


def write_kustomization(order: Order) -> Written:
    """Return what belongs into a Kustomization."""
    found = renaming(order)
    spec = {"images": _images(found.names)}
    return _fragment("kustomize.toolkit.fluxcd.io/v1", "Kustomization", spec, _left(order, found))


def write_helm_release(order: Order) -> Written:
    """Return what belongs into a HelmRelease: Flux renders the chart, and then has kustomize rename the images."""
    found = renaming(order)
    spec = {"postRenderers": [{"kustomize": {"images": _images(found.names)}}]}
    return _fragment("helm.toolkit.fluxcd.io/v2", "HelmRelease", spec, _left(order, found))


def _images(names: Any) -> list[dict[str, str]]:
    return [name.document() for name in names]


def _left(order: Order, found: Renaming) -> tuple[Left, ...]:
    return *found.left, *(each.left("and Flux has no place to tell it to") for each in unreached(order, found))


def _fragment(api_version: str, kind: str, spec: dict[str, Any], left: Any) -> Written:
    return Written(dump({"apiVersion": api_version, "kind": kind, "spec": spec}), left=left)


KUSTOMIZATION = Form("flux", "`images` for a Kustomization of Flux", Takes.ANY_FILES, write_kustomization)
HELM_RELEASE = Form("flux-helm", "`postRenderers` for a HelmRelease of Flux", Takes.ANY_FILES, write_helm_release)
