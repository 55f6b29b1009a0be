"""`registries.conf` of the containers project: what podman, buildah, skopeo and CRI-O read.

Source: containers-registries.conf(5). The longest prefix counts, and stands for names that go on with `/`, `:` or `@`.
"""

from __future__ import annotations

from mirrorgen.consumers.forms.by_repository import by_repository
from mirrorgen.consumers.forms.contract import Form, Order, Takes, Written, left_of
from mirrorgen.consumers.forms.yaml_text import BANNER
from mirrorgen.rendering.files import render_text


def write(order: Order) -> Written:
    """Return a file for `registries.conf.d`, with an entry for each repository, so that others are not led anywhere."""
    targets, left = by_repository(order)
    registries = [{"source": str(source), "target": target} for source, target in targets.items()]
    text = render_text(
        "consumers/registries.conf.j2", banner=BANNER, registries=registries, insecure=order.tls != "enabled"
    )
    return Written(text, left=(*left_of(order), *left))


PODMAN = Form("podman", "`registries.conf` for podman, buildah and skopeo", Takes.ANY_FILES, write)
CRIO = Form("crio", "`registries.conf` for CRI-O", Takes.ANY_FILES, write)
