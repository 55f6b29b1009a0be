"""`registries.yaml` of K3s and RKE2: the mirror for each registry, and what the path of each repository becomes there.

Source: https://docs.k3s.io/installation/private-registry. A rewrite is a pattern of Go for the path without the host.
"""

from __future__ import annotations

from typing import Any

from mirrorgen.consumers.forms.by_repository import by_repository
from mirrorgen.consumers.forms.contract import Form, Order, Takes, Written, left_of
from mirrorgen.consumers.forms.yaml_text import dump


def write(order: Order) -> Written:
    """Return the file, in which only the paths of mirrored repositories are rewritten."""
    targets, left = by_repository(order)
    endpoint = f"{'http' if order.tls == 'disabled' else 'https'}://{order.mirror.host}"
    mirrors: dict[str, Any] = {}
    for source, target in targets.items():
        mirror = mirrors.setdefault(source.host, {"endpoint": [endpoint], "rewrite": {}})
        # Nothing that a path may have is special in a pattern, but the dot.
        pattern = source.path.replace(".", r"\.")
        mirror["rewrite"][f"^{pattern}$"] = target.removeprefix(f"{order.mirror.host}/")
    configs = {"configs": {order.mirror.host: {"tls": {"insecure_skip_verify": True}}}}
    document = {"mirrors": mirrors, **(configs if order.tls == "insecure" else {})}
    return Written(dump(document), left=(*left_of(order), *left))


FORM = Form("k3s", "`registries.yaml` for K3s and RKE2", Takes.ANY_FILES, write)
