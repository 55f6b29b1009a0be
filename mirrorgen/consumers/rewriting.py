"""What `rewrite` can write, and how it is asked for: the one table of all forms."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorgen.consumers.forms import argocd, edited, flux, k3s, kustomize, registries_conf
from mirrorgen.consumers.forms.contract import Form, Left, Order, Takes, Use
from mirrorgen.consumers.mirrored import Mirror
from mirrorgen.errors import UsageError
from mirrorgen.model.references import Reference
from mirrorgen.readers.contract import Around
from mirrorgen.readers.formats import NAMES, read

FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        kustomize.FORM,
        flux.KUSTOMIZATION,
        flux.HELM_RELEASE,
        argocd.FORM,
        registries_conf.PODMAN,
        registries_conf.CRIO,
        k3s.FORM,
        edited.FORM,
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
    form: Form, mirror: Mirror, texts: Mapping[str, str], *, read_as: str, pin: bool, tls: str = "enabled"
) -> tuple[Order, tuple[Left, ...]]:
    """Return what is asked of a form, and what of the files could not be read.

    Args:
        form: that is asked; one that reads its file itself gets no images.
        mirror: what the list mirrors.
        texts: what the files say, by name.
        read_as: the format that they are read as, or `auto`.
        pin: whether images are named by digest, too.
        tls: how the mirror is reached; see `Order`.

    Raises:
        UsageError: there is no such format.
    """
    if read_as not in NAMES:
        raise UsageError(f"{read_as!r} is not a format", hint=f"one of: {', '.join(NAMES)}")
    uses: list[Use] = []
    left: list[Left] = []
    for file, text in texts.items() if form.takes in {Takes.ANY_FILES, Takes.FILES} else ():
        reading = read(text, Around(file), read_as)
        left += (Left(each.written, each.reason, each.place, each.hint) for each in reading.refused)
        for image in reading.images:
            use = Use(image, mirror.find(Reference(image.source, image.tag, image.digest)))
            if image.rule is not None:
                left.append(Left(image.written, "it names more than one image", image.place))
            elif image.source.host != mirror.host or not use.finding.is_mirrored:
                uses.append(use)
    return Order(mirror, texts, tuple(uses), pin, tls), tuple(left)
