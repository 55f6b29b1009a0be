"""What `rewrite` can write, and how it is asked for: the one table of all forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mirrorgen.consumers.forms import (
    argocd,
    compose,
    edited,
    flux,
    helm_values,
    k3s,
    kustomize,
    kyverno,
    kyverno_cluster_policy,
    registries_conf,
)
from mirrorgen.consumers.forms.contract import Form, Left, Order, Use
from mirrorgen.consumers.mirrored import Mirror
from mirrorgen.consumers.nodes import form as nodes
from mirrorgen.errors import UsageError
from mirrorgen.model.references import Reference
from mirrorgen.readers.contract import Reading

FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        kustomize.FORM,
        flux.KUSTOMIZATION,
        flux.HELM_RELEASE,
        argocd.FORM,
        helm_values.FORM,
        kyverno.FORM,
        kyverno_cluster_policy.FORM,
        registries_conf.PODMAN,
        registries_conf.CRIO,
        k3s.FORM,
        compose.FORM,
        edited.FORM,
        nodes.FORM,
    )
}
"""In the order in which the help has them."""

_REFUSED = {
    "docker": "Docker Engine takes mirrors for Docker Hub only, and none with a path before the name of the image, as "
    "every repository of the mirror has it"
}


def form_named(name: str) -> Form:
    """Return a form.

    Raises:
        UsageError: there is none of this name, or nothing can be written that would work.
    """
    if name in _REFUSED:
        raise UsageError(f"nothing is written for {name}: {_REFUSED[name]}", hint="name the images by the mirror")
    if name not in FORMS:
        raise UsageError(f"{name!r} is not a form", hint=f"one of: {', '.join(FORMS)}")
    return FORMS[name]


def order_for(
    mirror: Mirror, texts: Mapping[str, str], readings: Iterable[Reading], *, pin: bool, tls: str = "enabled"
) -> tuple[Order, tuple[Left, ...]]:
    """Return what is asked of a form, and what of the files could not be read.

    Args:
        mirror: what the list mirrors.
        texts: what the files say, by name.
        readings: the same as readers have it; none for a form that reads its file itself.
        pin: whether images are named by digest, too.
        tls: how the mirror is reached; see `Order`.
    """
    uses: list[Use] = []
    left: list[Left] = []
    for reading in readings:
        left += (Left(each.written, each.reason, each.place, each.hint) for each in reading.refused)
        for image in reading.images:
            use = Use(image, mirror.find(Reference(image.source, image.tag, image.digest)))
            if image.rule is not None:
                left.append(Left(image.written, "it names more than one image", image.place))
            elif not mirror.is_at(image.source) or not use.finding.is_mirrored:
                uses.append(use)
    return Order(mirror, texts, tuple(uses), pin, tls), tuple(left)
